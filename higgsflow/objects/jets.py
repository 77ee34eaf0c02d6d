"""Jets: acceptance, identification, b-tagging, and distance from photons and leptons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from higgsflow.compiled.choice import compiled
from higgsflow.errors import UnknownName
from higgsflow.events.lists import Index, Lists, Mask, first_of_largest
from higgsflow.events.objects import Objects
from higgsflow.model.columns import Need, required
from higgsflow.model.noun import Noun
from higgsflow.objects.kinematics import SomeDirections, pair_masses

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int16]

# medium working point of DeepFlavour per year
B_TAG_THRESHOLDS = {
    "2016": 0.3093,
    "2017": 0.3040,
    "2018": 0.2783,
    "2016UL_preVFP": 0.2598,
    "2016UL_postVFP": 0.2489,
    "2022": 0.3086,
    "2022EE": 0.3196,
}


class JetCuts(Noun):
    """Thresholds of selected jets."""

    pt_min: float = Field(default=25.0, description="pt > this [GeV]")
    eta_central_max: float = Field(default=2.4, description="|eta| < this is central")
    eta_forward_max: float = Field(default=4.7, description="|eta| < this and not central: forward")
    jet_id_min: int | None = Field(default=1, description="jetId >= this; null for no such cut")
    photon_distance: float = Field(default=0.4, description="dR from both photons >= this")
    lepton_distance: float = Field(default=0.4, description="dR from selected leptons >= this")
    b_tag_min: dict[str, float] = Field(
        default=B_TAG_THRESHOLDS, description="btagDeepFlavB > this, per year"
    )

    def b_tag_of(self, year: str) -> float:
        """The b-tagging threshold of a year.

        Raises:
            UnknownName: for a year without one.
        """
        if year not in self.b_tag_min:
            raise UnknownName("b-tagging threshold for year", year, self.b_tag_min, "b_tag_min")
        return self.b_tag_min[year]


def jet_needs(cuts: JetCuts) -> tuple[Need, ...]:
    """Columns that the jet selection reads."""
    names = ("pt", "eta", "phi", "mass", "btagDeepFlavB")
    identification = required("Jet_jetId") if cuts.jet_id_min is not None else ()
    return required(*(f"Jet_{name}" for name in names)) + identification


def direction_masks(jets: Any, cuts: JetCuts) -> dict[str, Any]:
    """Those masks that a change of momentum leaves as they are."""
    masks = {"eta": abs(jets.eta) < cuts.eta_forward_max}
    if cuts.jet_id_min is not None:
        masks["jet_id"] = jets.jetId >= cuts.jet_id_min
    return masks


@dataclass(frozen=True, eq=False)
class JetCounts:
    """Numbers of selected jets per event, and which two of the central ones lead.

    Attributes:
        central, forward, b: int16 per event.
        rows: the events that have two central jets.
        first, second: of these events the positions of the two of largest pt, of equal ones those
            that come first in the file.
    """

    central: Counts
    forward: Counts
    b: Counts
    rows: Index
    first: Index
    second: Index


def count_jets(jets: Objects, selected: Mask, is_central: Mask, is_b: Mask) -> JetCounts:
    """Counts the selected ones; b jets are central ones."""
    return JetCounts(*_counted(jets.pt, jets.lists.offsets, selected, is_central, is_b))


@compiled("jets.counted")
def _counted(
    pt: Array, offsets: Index, selected: Mask, is_central: Mask, is_b: Mask
) -> tuple[Counts, Counts, Counts, Index, Index, Index]:
    lists = Lists(offsets)
    central, positions = lists.chosen(selected & is_central)
    rows = (central.counts >= 2).nonzero()[0]
    first, second = _leading_two(Objects(central, {"pt": pt[positions]}), rows)
    counts = (central.counts, lists.count(selected & ~is_central), lists.count(selected & is_b))
    n_central, n_forward, n_b = (values.astype(np.int16) for values in counts)
    return n_central, n_forward, n_b, rows, positions[first], positions[second]


def leading_pair_masses(
    jets: Objects, counts: JetCounts, ways: SomeDirections, at: Index
) -> npt.NDArray[np.float64]:
    """Invariant masses [GeV] of the two leading central jets of events at places in `counts.rows`.

    `ways` are the directions of the jets.
    """
    first, second = counts.first.take(at), counts.second.take(at)
    return pair_masses(jets, ways.of(first, second), first, second)


def _leading_two(jets: Objects, enough: Index) -> tuple[Index, Index]:
    """Positions of the first and second jet by pt, for events that have two."""
    begins, pt = jets.lists.offsets[enough], jets.pt
    falls = np.ones(len(pt), dtype=np.bool_)
    np.less_equal(pt[1:], pt[:-1], out=falls[1:])
    falls[jets.lists.offsets[:-1][jets.lists.counts > 0]] = True
    if falls.all():
        return begins, begins + 1
    some = Objects(jets.lists, {"pt": pt}).take(enough)
    first = first_of_largest(some.pt, some.lists)
    others = np.array(some.pt)
    others[first] = -np.inf
    second = first_of_largest(others, some.lists)
    shift = begins - some.lists.offsets[:-1]
    return first + shift, second + shift
