"""Photons of the demo events: the pair, and now and then a third, soft one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.demo import padded, processes
from higgsflow.demo.kinematics import Directions, draw_diphoton

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.integer[Any]]
    Masks = NDArray[np.bool_]
    Floats = NDArray[np.float64]

PT_MIN, ETA_MAX = 10.0, 2.6  # what NanoAOD keeps at all [GeV]
THIRD_PHOTON = 0.15
TRIGGER_PT = {"2016": (30.0, 18.0), "2017": (30.0, 22.0), "2018": (30.0, 22.0)}  # GeV
TRIGGER_MASS = 90.0  # GeV


def draw_photons(
    rng: np.random.Generator, process: Integers, single: Masks
) -> tuple[Directions, Masks, Masks]:
    """Directions, existence and fakeness of the photon slots, each of shape (events, 3).

    Events marked `single` keep their first photon only.
    """
    n = len(process)
    pair = draw_diphoton(rng, process)
    soft = Directions(
        12 + rng.exponential(15.0, (n, 1)),
        1.2 * rng.standard_normal((n, 1)),
        rng.uniform(-np.pi, np.pi, (n, 1)),
    )
    photons = Directions(*(np.hstack(both) for both in zip(pair, soft, strict=True)))
    exists = (photons.pt > PT_MIN) & (np.abs(photons.eta) < ETA_MAX)
    exists[:, 2] &= rng.random(n) < THIRD_PHOTON
    exists[:, 1:] &= ~single[:, None]
    fake = np.zeros((n, 3), dtype=bool)
    fake[:, 1] = processes.of_process(process, "fake_photon") > 0
    fake[:, 2] = True
    return photons, exists, fake


def identify(rng: np.random.Generator, fake: Masks) -> Floats:
    """The photon identification score in [-1, 1]: high for photons, spread out for fakes."""
    real = 2 * rng.beta(6.0, 1.0, fake.shape) - 1
    tail = rng.random(fake.shape) < 0.05
    real = np.where(tail, rng.uniform(-1, 1, fake.shape), real)
    return np.where(fake, 2 * rng.beta(0.9, 2.0, fake.shape) - 1, real)


def photon_collection(
    rng: np.random.Generator, photons: Directions, exists: Masks, fake: Masks
) -> Any:
    """The Photon collection as jagged records, ordered by pt."""
    shape = fake.shape
    supercluster = np.abs(photons.eta + 0.01 * rng.standard_normal(shape))
    score = identify(rng, fake)
    floats = padded.float32(
        pt=photons.pt,
        eta=photons.eta,
        phi=photons.phi,
        mass=np.zeros(shape),
        mvaID=score,
        r9=np.clip(np.where(fake, 0.85, 0.95) + 0.06 * rng.standard_normal(shape), 0.2, 1.2),
        sieie=np.where(supercluster < 1.5, 0.0095, 0.027) * rng.normal(1, 0.07, shape),
        hoe=rng.exponential(np.where(fake, 0.05, 0.01), shape),
        pfRelIso03_all=rng.exponential(np.where(fake, 0.15, 0.04), shape),
        energyErr=0.02 * photons.pt * np.cosh(photons.eta),
    )
    return padded.jagged(exists, floats | _flags(rng, supercluster, score, fake))


def _flags(
    rng: np.random.Generator, supercluster: Floats, score: Floats, fake: Masks
) -> dict[str, NDArray[Any]]:
    """Integers and decisions of each photon, from |eta| of its supercluster and its score."""
    shape = fake.shape
    return {
        "electronIdx": np.full(shape, -1, dtype=np.int32),
        "jetIdx": np.full(shape, -1, dtype=np.int32),
        "pdgId": np.full(shape, 22, dtype=np.int32),
        "cutBased": np.digitize(score, (-0.5, 0.2, 0.7)).astype(np.int32),
        "electronVeto": rng.random(shape) < np.where(fake, 0.90, 0.97),
        "pixelSeed": rng.random(shape) < np.where(fake, 0.2, 0.05),
        "isScEtaEB": supercluster < 1.4442,
        "isScEtaEE": (supercluster > 1.566) & (supercluster < 2.5),
        "mvaID_WP80": score > 0.42,
        "mvaID_WP90": score > -0.02,
    }


def fires_diphoton_trigger(photons: Directions, exists: Masks, year: str) -> Masks:
    """Whether any pair passes the diphoton trigger of the year, shape (events,).

    It is looser than any sensible selection, so that asking for it costs no closure.
    """
    lead, sublead = TRIGGER_PT[year]
    fired = np.zeros(len(exists), dtype=bool)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        high = np.maximum(photons.pt[:, first], photons.pt[:, second])
        low = np.minimum(photons.pt[:, first], photons.pt[:, second])
        angles = np.cosh(photons.eta[:, first] - photons.eta[:, second]) - np.cos(
            photons.phi[:, first] - photons.phi[:, second]
        )
        heavy = 2 * high * low * angles > TRIGGER_MASS**2
        there = exists[:, first] & exists[:, second]
        fired |= there & heavy & (high > lead) & (low > sublead)
    return fired
