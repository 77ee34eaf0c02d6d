"""Photon pairs: the Higgs boson candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from higgsflow.events.lists import Index, Lists, Mask, first_of_largest, pairs_within
from higgsflow.events.plain import Objects
from higgsflow.model.noun import Noun
from higgsflow.objects.kinematics import massless_pair_mass

Array = npt.NDArray[np.float64]
_KINEMATIC = ("pt", "eta", "phi")


class DiphotonCuts(Noun):
    """Thresholds of a photon pair."""

    lead_pt_min: float = Field(default=35.0, description="pt of the first > this [GeV]")
    sublead_pt_min: float = Field(default=25.0, description="pt of the second > this [GeV]")
    lead_pt_over_mass_min: float = Field(default=0.33, description="pt/m of the first > this")
    sublead_pt_over_mass_min: float = Field(default=0.25, description="pt/m of the second > this")
    mass_min: float = Field(default=100.0, description="m >= this [GeV]")
    mass_max: float = Field(default=180.0, description="m <= this [GeV]")


@dataclass(frozen=True, eq=False)
class PhotonPairs:
    """Pairs of photons of one event.

    Attributes:
        lists: where the pairs of each event are.
        lead, sublead: pt, eta and phi of the photon with the larger pt, and of the other.
        first, second: where these stand among the photons.
        mass: invariant mass [GeV].
    """

    lists: Lists
    lead: Objects
    sublead: Objects
    first: Index
    second: Index
    mass: Array


def photon_pairs(photons: Objects) -> PhotonPairs:
    """All pairs of the photons of each event; `lead` is the one with the larger pt."""
    lists, first, second = pairs_within(photons.lists)
    ordered = photons.pt[first] >= photons.pt[second]
    first, second = np.where(ordered, first, second), np.where(ordered, second, first)
    kinematic = Objects(photons.lists, {name: photons.columns[name] for name in _KINEMATIC})
    lead, sublead = kinematic.taken(lists, first), kinematic.taken(lists, second)
    return PhotonPairs(lists, lead, sublead, first, second, massless_pair_mass(lead, sublead))


def pair_masks(pairs: PhotonPairs, cuts: DiphotonCuts) -> dict[str, Any]:
    """Named masks of pairs, in the order in which they are applied."""
    return {
        "lead_pt": pairs.lead.pt > cuts.lead_pt_min,
        "sublead_pt": pairs.sublead.pt > cuts.sublead_pt_min,
        "lead_pt_over_mass": pairs.lead.pt / pairs.mass > cuts.lead_pt_over_mass_min,
        "sublead_pt_over_mass": pairs.sublead.pt / pairs.mass > cuts.sublead_pt_over_mass_min,
        "mass": (pairs.mass >= cuts.mass_min) & (pairs.mass <= cuts.mass_max),
    }


def best_pairs(pairs: PhotonPairs, passing: Mask) -> Index:
    """Of each event that has passing pairs the position of the one with the largest pt sum.

    The first of equals; in the order of the events.
    """
    lists, positions = pairs.lists.chosen(passing)
    sums = pairs.lead.pt[positions] + pairs.sublead.pt[positions]
    return positions[first_of_largest(sums, lists)]
