"""Photon pairs: the Higgs boson candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from higgsflow.compiled.choice import compiled
from higgsflow.events.lists import Index, Lists, Mask, first_of_largest, pairs_within
from higgsflow.events.objects import Objects
from higgsflow.model.noun import Noun
from higgsflow.objects.kinematics import SomeDistances, angle_between

Array = npt.NDArray[np.float64]


class DiphotonCuts(Noun):
    """Thresholds of a photon pair."""

    lead_pt_min: float = Field(default=35.0, description="pt of the first > this [GeV]")
    sublead_pt_min: float = Field(default=25.0, description="pt of the second > this [GeV]")
    lead_pt_over_mass_min: float = Field(default=0.33, description="pt/m of the first > this")
    sublead_pt_over_mass_min: float = Field(default=0.25, description="pt/m of the second > this")
    mass_min: float = Field(default=100.0, description="m >= this [GeV]")
    mass_max: float = Field(default=180.0, description="m <= this [GeV]")


@dataclass(frozen=True, eq=False)
class PairAngles:
    """Pairs of photons of one event, without their momenta.

    Attributes:
        lists: where the pairs of each event are.
        first, second: where the two stand among the photons, in their order there.
        angle: cosh(d_eta) - cos(d_phi).
        distances: in the (eta, phi) plane.
    """

    lists: Lists
    first: Index
    second: Index
    angle: Array
    distances: SomeDistances


@dataclass(frozen=True, eq=False)
class PhotonPairs:
    """Pairs of photons of one event.

    Attributes:
        lists: where the pairs of each event are.
        lead, sublead: where the photon with the larger pt, and the other, stand among the photons.
        number: where the pair stands among those of which it was chosen.
        lead_pt, sublead_pt: their pt [GeV].
        mass: invariant mass [GeV].
    """

    lists: Lists
    lead: Index
    sublead: Index
    number: Index
    lead_pt: Array
    sublead_pt: Array
    mass: Array


def pair_angles(photons: Objects, among: Mask) -> PairAngles:
    """All pairs of those photons of each event that are in the mask."""
    chosen, positions = photons.lists.chosen(among)
    lists, first, second = pairs_within(chosen)
    first, second = positions.take(first), positions.take(second)
    known = Objects(photons.lists, {"eta": photons.eta, "phi": photons.phi})
    a, b = known.taken(lists, first), known.taken(lists, second)
    distances = SomeDistances(photons.eta, photons.phi, first, second)
    return PairAngles(lists, first, second, angle_between(a, b), distances)


def photon_pairs(pt: Array, pairs: PairAngles, selected: Mask) -> PhotonPairs:
    """The pairs of which both photons are selected; pt [GeV] and the mask are of all photons."""
    of_pairs = (pairs.first, pairs.second, pairs.angle)
    found = _selected(pt, selected, pairs.lists.offsets, of_pairs)
    return PhotonPairs(Lists(found[0]), *found[1:])


@compiled("pairs.selected")
def _selected(
    pt: Array, selected: Mask, offsets: Index, of_pairs: tuple[Index, Index, Array]
) -> tuple[Index, Index, Index, Index, Array, Array, Array]:
    """Where the selected pairs of each event are, and the columns of `PhotonPairs`."""
    first, second, angle = of_pairs
    lists, chosen = Lists(offsets).chosen(selected.take(first) & selected.take(second))
    first, second = first.take(chosen), second.take(chosen)
    is_ordered = pt[first] >= pt[second]
    lead = np.where(is_ordered, first, second)
    sublead = np.where(is_ordered, second, first)
    lead_pt, sublead_pt = pt[lead], pt[sublead]
    mass = np.sqrt(2 * lead_pt * sublead_pt * angle.take(chosen))
    return lists.offsets, lead, sublead, chosen, lead_pt, sublead_pt, mass


def pair_masks(pairs: PhotonPairs, cuts: DiphotonCuts) -> dict[str, Any]:
    """Named masks of pairs, in the order in which they are applied."""
    return {
        "lead_pt": pairs.lead_pt > cuts.lead_pt_min,
        "sublead_pt": pairs.sublead_pt > cuts.sublead_pt_min,
        "lead_pt_over_mass": pairs.lead_pt / pairs.mass > cuts.lead_pt_over_mass_min,
        "sublead_pt_over_mass": pairs.sublead_pt / pairs.mass > cuts.sublead_pt_over_mass_min,
        "mass": (pairs.mass >= cuts.mass_min) & (pairs.mass <= cuts.mass_max),
    }


def best_pairs(pairs: PhotonPairs, passing: Mask) -> Index:
    """Of each event that has passing pairs the position of the one with the largest pt sum.

    The first of equals; in the order of the events.
    """
    return _best(pairs.lead_pt + pairs.sublead_pt, passing, pairs.lists.offsets)


@compiled("pairs.best")
def _best(sums: Array, passing: Mask, offsets: Index) -> Index:
    """Of each list the first of the passing entries with the largest sum, where there is one."""
    lists, positions = Lists(offsets).chosen(passing)
    return positions[first_of_largest(sums[positions], lists)]
