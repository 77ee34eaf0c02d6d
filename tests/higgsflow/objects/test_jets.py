from __future__ import annotations

import math
from typing import Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.errors import UnknownName
from higgsflow.events.plain_values import plain_values
from higgsflow.objects.jets import (
    JetCuts,
    count_jets,
    direction_masks,
    jet_needs,
    leading_pair_masses,
)
from higgsflow.objects.kinematics import SomeDirections
from higgsflow.taggers.base import all_of

JET = {"pt": 50.0, "eta": 1.0, "phi": 1.5, "mass": 5.0, "jetId": 6, "btagDeepFlavB": 0.9}
NAN, INF = math.nan, math.inf


def objects(*events: list[dict[str, Any]]) -> Any:
    return plain_values(ak.Array([*events]))


def passes(**change: Any) -> bool:
    return bool(all_of(direction_masks(objects([{**JET, **change}]), JetCuts()))[0])


@pytest.mark.parametrize(
    ("column", "failing", "good"),
    [
        ("eta", [4.7, -4.7, NAN, INF], -4.699),
        ("jetId", [0], 1),
    ],
)
def test_each_cut_on_jets_has_its_side_and_edge(column: str, failing: list[Any], good: Any) -> None:
    assert not any(passes(**{column: value}) for value in failing)
    assert passes(**{column: good})


def test_without_identification_its_column_is_not_read() -> None:
    cuts = JetCuts(jet_id_min=None)
    assert "Jet_jetId" not in {need.name for need in jet_needs(cuts)}
    assert "jet_id" not in direction_masks(objects([JET]), cuts)


@pytest.mark.parametrize(
    ("year", "threshold"),
    [
        ("2016", 0.3093),
        ("2017", 0.3040),
        ("2018", 0.2783),
        ("2016UL_preVFP", 0.2598),
        ("2016UL_postVFP", 0.2489),
        ("2022", 0.3086),
        ("2022EE", 0.3196),
    ],
)
def test_b_tag_threshold_of_a_year(year: str, threshold: float) -> None:
    assert JetCuts().b_tag_of(year) == threshold


def test_year_without_b_tag_threshold_is_an_error() -> None:
    with pytest.raises(UnknownName, match=r"no b-tagging threshold for year '2022F'.*'2022'"):
        JetCuts().b_tag_of("2022F")


def mass_of(jets: Any, chosen: Any = None) -> Any:
    mask = np.ones(jets.lists.n, np.bool_) if chosen is None else np.array(chosen)
    everywhere = np.ones(jets.lists.n, np.bool_)
    counts = count_jets(jets, mask, everywhere, everywhere)
    masses = np.full(len(jets.lists), np.nan)
    ways, every = SomeDirections(jets.eta, jets.phi), np.arange(len(counts.rows))
    masses[counts.rows] = leading_pair_masses(jets, counts, ways, every)
    return masses


def test_mass_is_of_chosen_jets() -> None:
    jets = [{**JET, "pt": pt, "eta": 0.0, "phi": 0.0, "mass": 0.0} for pt in (90.0, 50.0)]
    jets.append({**jets[1], "phi": math.pi})
    assert mass_of(objects(jets), [False, True, True]).tolist() == pytest.approx([100.0])
    assert math.isnan(mass_of(objects(jets), [False, True, False])[0])


def test_mass_is_of_the_two_leading_jets_whatever_their_order() -> None:
    jets = [
        {**JET, "pt": 30.0, "phi": 0.0},
        {**JET, "pt": 50.0, "eta": 0.0, "phi": 0.0, "mass": 0.0},
        {**JET, "pt": 50.0, "eta": 0.0, "phi": math.pi, "mass": 0.0},
    ]
    assert mass_of(objects(jets)).tolist() == pytest.approx([100.0])


def test_mass_is_nan_below_two_jets() -> None:
    masses = mass_of(objects([], [JET], [JET, JET])).tolist()
    assert [math.isnan(mass) for mass in masses] == [True, True, False]


def test_mass_of_jets_that_are_not_in_order_of_pt_is_found_per_event() -> None:
    back = [{**JET, "pt": pt, "eta": 0.0, "phi": 0.0, "mass": 0.0} for pt in (50.0, 20.0)]
    soft_first = [back[1], {**back[0], "phi": math.pi}, back[0]]
    masses = mass_of(objects(back, soft_first, [], [JET], soft_first)).tolist()
    assert masses[0] == pytest.approx(0.0, abs=1e-5)
    assert masses[1] == masses[4] == pytest.approx(100.0)
    assert [math.isnan(mass) for mass in masses] == [False, False, True, True, False]
