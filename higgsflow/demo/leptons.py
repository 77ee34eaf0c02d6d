"""Electrons and muons of the demo events, and those that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from higgsflow.demo import padded
from higgsflow.demo.kinematics import Directions, draw_z_boson
from higgsflow.demo.processes import TOPOLOGIES, parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.integer[Any]]
    Masks = NDArray[np.bool_]

PT_MIN, ETA_MAX = 5.0, 2.5  # what NanoAOD keeps at all [GeV]
ELECTRON_MASS, MUON_MASS = 0.000511, 0.10566  # GeV


class Leptons(NamedTuple):
    """Prompt leptons in two slots: every array is of shape (events, 2), `number` of (events,)."""

    at: Directions
    charge: Integers
    is_muon: Masks
    exists: Masks
    number: Integers


def draw_leptons(rng: np.random.Generator, topology: Integers) -> Leptons:
    """Prompt leptons from W bosons, or a pair from a Z boson for the veto to act on."""
    n = len(topology)
    draw = rng.random(n)
    edges = np.cumsum(
        [
            parameter(topology, TOPOLOGIES, name)
            for name in ("z_boson", "two_leptons", "one_lepton")
        ],
        axis=0,
    )
    from_z = draw < edges[0]
    number = np.where(draw < edges[1], 2, (draw < edges[2]).astype(int))
    lone = Directions(
        12 + rng.exponential(40.0, (n, 2)),
        1.1 * rng.standard_normal((n, 2)),
        rng.uniform(-np.pi, np.pi, (n, 2)),
    )
    pair = draw_z_boson(rng, n)
    at = Directions(*(np.where(from_z[:, None], z, w) for z, w in zip(pair, lone, strict=True)))
    charge, is_muon = rng.choice((-1, 1), (n, 2)), rng.random((n, 2)) < 0.5
    charge[from_z, 1] = -charge[from_z, 0]
    is_muon[from_z, 1] = is_muon[from_z, 0]
    visible = (at.pt > PT_MIN) & (np.abs(at.eta) < ETA_MAX)
    return Leptons(at, charge, is_muon, visible & (np.arange(2) < number[:, None]), number)


def _with_slot(leptons: Leptons, extra: Directions) -> tuple[Directions, Integers]:
    """Directions and charges with one more slot, of shape (events, 3)."""
    at = Directions(*(np.hstack(both) for both in zip(leptons.at, extra, strict=True)))
    return at, np.hstack([leptons.charge, -leptons.charge[:, :1]])


def _impact(rng: np.random.Generator, shape: tuple[int, ...]) -> dict[str, NDArray[Any]]:
    """Impact parameters [cm], with a tail of displaced tracks."""
    width = np.where(rng.random(shape) < 0.04, 0.2, 0.008)
    return padded.float32(
        dxy=width * rng.standard_normal(shape), dz=2 * width * rng.standard_normal(shape)
    )


def electron_collection(rng: np.random.Generator, leptons: Leptons, photons: Directions) -> Any:
    """The Electron collection; a few are the leading photon, reconstructed a second time."""
    n = len(leptons.number)
    copy = Directions(photons.pt[:, :1], photons.eta[:, :1] + 0.02, photons.phi[:, :1] * (1 - 1e-3))
    at, charge = _with_slot(leptons, copy)
    is_copy = (rng.random((n, 1)) < 0.05) & (np.abs(copy.eta) < ETA_MAX) & (copy.pt > PT_MIN)
    exists = np.hstack([leptons.exists & ~leptons.is_muon, is_copy])
    shape = exists.shape
    score = 2 * rng.beta(5.0, 1.0, shape) - 1
    floats = padded.float32(
        pt=at.pt,
        eta=at.eta,
        phi=at.phi,
        mass=np.full(shape, ELECTRON_MASS),
        mvaFall17V2Iso=score,
        pfRelIso03_all=rng.exponential(0.05, shape),
        r9=np.clip(rng.normal(0.92, 0.07, shape), 0.2, 1.2),
        hoe=rng.exponential(0.02, shape),
    )
    flags = _electron_flags(rng, charge, score)
    return padded.jagged(exists, floats | _impact(rng, shape) | flags)


def _electron_flags(
    rng: np.random.Generator, charge: Integers, score: NDArray[np.float64]
) -> dict[str, NDArray[Any]]:
    """Charges and identification decisions of the electron slots."""
    return {
        "charge": charge.astype(np.int32),
        "pdgId": (-11 * charge).astype(np.int32),
        "mvaFall17V2Iso_WP80": score > 0.3,
        "mvaFall17V2Iso_WP90": score > -0.1,
        "mvaFall17V2Iso_WPL": score > -0.6,
        "convVeto": rng.random(score.shape) < 0.97,
    }


def muon_collection(rng: np.random.Generator, leptons: Leptons) -> Any:
    """The Muon collection; some are soft muons inside jets."""
    n = len(leptons.number)
    soft = Directions(
        4 + rng.exponential(10.0, (n, 1)),
        rng.normal(0, 1.1, (n, 1)),
        rng.uniform(-np.pi, np.pi, (n, 1)),
    )
    at, charge = _with_slot(leptons, soft)
    in_jet = (rng.random((n, 1)) < 0.15) & (np.abs(soft.eta) < ETA_MAX)
    exists = np.hstack([leptons.exists & leptons.is_muon, in_jet])
    shape = exists.shape
    isolation = rng.exponential((0.05, 0.05, 0.8), shape)
    floats = padded.float32(
        pt=at.pt,
        eta=at.eta,
        phi=at.phi,
        mass=np.full(shape, MUON_MASS),
        pfRelIso03_all=isolation,
        pfRelIso04_all=1.1 * isolation,
    )
    return padded.jagged(exists, floats | _impact(rng, shape) | _muon_flags(rng, charge))


def _muon_flags(rng: np.random.Generator, charge: Integers) -> dict[str, NDArray[Any]]:
    """Charges and identification decisions of the muon slots."""
    shape = charge.shape
    medium = rng.random(shape) < 0.96
    return {
        "charge": charge.astype(np.int32),
        "pdgId": (-13 * charge).astype(np.int32),
        "mediumId": medium,
        "tightId": medium & (rng.random(shape) < 0.95),
        "looseId": np.ones(shape, dtype=bool),
        "isGlobal": rng.random(shape) < 0.97,
        "isTracker": np.ones(shape, dtype=bool),
    }
