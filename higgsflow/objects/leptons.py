"""Electrons and muons: identification, impact parameters, and distance from the photons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from higgsflow.events.lists import Lists, Mask, pairs_within
from higgsflow.events.objects import Objects
from higgsflow.model.columns import Need, first_of, optional, required
from higgsflow.model.noun import Noun
from higgsflow.objects.kinematics import isolated_from, pair_sum

if TYPE_CHECKING:
    from higgsflow.events.plain import PlainEvents

_PAIR, _PLACE = ("lead", "sublead"), ("eta", "phi")
_TRACK = ("pt", "eta", "phi", "charge", "dxy", "dz")
# the same working point in the versions of NanoAOD, best first
_WP90 = (
    "Electron_mvaFall17V2Iso_WP90",
    "Electron_mvaIso_WP90",
    "Electron_mvaIso_Fall17V2_WP90",
    "Electron_mvaFall17V1Iso_WP90",
)


class LeptonCuts(Noun):
    """Thresholds that electrons and muons share."""

    pt_min: float = Field(default=20.0, description="pt > this [GeV]")
    dxy_max: float = Field(default=0.045, description="|dxy| < this [cm]")
    dz_max: float = Field(default=0.2, description="|dz| < this [cm]")
    photon_distance: float = Field(default=0.2, description="dR from both photons >= this")


class ElectronCuts(LeptonCuts):
    """Thresholds of selected electrons."""

    eta_max: float = Field(default=2.4, description="|eta| < this")
    gap: tuple[float, float] = Field(default=(1.4442, 1.566), description="|eta| not within")


class MuonCuts(LeptonCuts):
    """Thresholds of selected muons."""

    eta_max: float = Field(default=2.5, description="|eta| < this")
    isolation_max: float = Field(default=0.3, description="pfRelIso03_all < this")


def electron_needs() -> tuple[Need, ...]:
    """Columns that the electron selection reads; the working point goes by several names."""
    return (
        required(*(f"Electron_{name}" for name in _TRACK))
        + first_of("Electron_mvaIsoWP90", *_WP90)
        + optional("Electron_mass")
    )


def muon_needs() -> tuple[Need, ...]:
    """Columns that the muon selection reads."""
    names = (*_TRACK, "pfRelIso03_all", "mediumId", "isGlobal")
    return required(*(f"Muon_{name}" for name in names)) + optional("Muon_mass")


def electron_masks(electrons: Any, cuts: ElectronCuts) -> dict[str, Any]:
    """Named masks of electrons, without the distance from photons."""
    eta = abs(electrons.eta)
    in_gap = (eta >= cuts.gap[0]) & (eta <= cuts.gap[1])
    return {
        "pt": electrons.pt > cuts.pt_min,
        "eta": (eta < cuts.eta_max) & ~in_gap,
        "dxy": abs(electrons.dxy) < cuts.dxy_max,
        "dz": abs(electrons.dz) < cuts.dz_max,
        "mva_id": electrons.mvaIsoWP90 == 1,
    }


def muon_masks(muons: Any, cuts: MuonCuts) -> dict[str, Any]:
    """Named masks of muons, without the distance from photons."""
    return {
        "pt": muons.pt > cuts.pt_min,
        "eta": abs(muons.eta) < cuts.eta_max,
        "dxy": abs(muons.dxy) < cuts.dxy_max,
        "dz": abs(muons.dz) < cuts.dz_max,
        "isolation": muons.pfRelIso03_all < cuts.isolation_max,
        "medium_id": muons.mediumId == 1,
        "global": muons.isGlobal == 1,
    }


def away_from_photons(objects: Objects, events: PlainEvents, distance: float) -> Mask:
    """Mask of objects at least `distance` in dR from both photons of the diphoton."""

    def find() -> Objects:
        lists = Lists(np.arange(0, 2 * len(events) + 1, 2))
        both = {n: np.stack([events.flat[f"{w}_{n}"] for w in _PAIR], 1).ravel() for n in _PLACE}
        return Objects(lists, both)

    inputs = tuple(events.flat[f"{w}_{n}"] for w in _PAIR for n in _PLACE)
    return isolated_from(objects, events.once("photons of the diphoton", inputs, find), distance)


def has_z_candidate(leptons: Objects, window: tuple[float, float]) -> Mask:
    """Whether two leptons of opposite charge have an invariant mass [GeV] inside the window."""
    lists, first, second = pairs_within(leptons.lists)
    lists, opposite = lists.chosen(leptons.charge[first] * leptons.charge[second] < 0)
    first, second = first[opposite], second[opposite]
    mass = pair_sum(leptons.taken(lists, first), leptons.taken(lists, second)).mass
    return lists.any((mass > window[0]) & (mass < window[1]))
