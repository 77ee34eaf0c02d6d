"""Code of users may do with what it is shown as it likes: nobody else notices."""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest
from hand_made import HADRONIC, JET, JETS, LEPTONIC, NO_TAG, ONE_PHOTON, event, run, systematics

from higgsflow.errors import UndeclaredColumn, VariationError
from higgsflow.taggers.function import tagger

EVENTS = (HADRONIC, NO_TAG, LEPTONIC, event(Jet=[{**JET, "pt": 28.0}, *JETS]), ONE_PHOTON, HADRONIC)


def _pt(events: Any) -> Any:
    return ak.to_numpy(ak.flatten(events.Jet.pt))


def copied(events: Any, direction: str) -> Any:
    pt = _pt(events).copy()
    pt[pt > 30] *= 1.2 if direction == "up" else 0.45
    return ak.unflatten(pt, ak.num(events.Jet.pt))


def in_place(events: Any, direction: str) -> Any:
    pt = _pt(events)
    pt[pt > 30] *= 1.2 if direction == "up" else 0.45
    return ak.unflatten(pt, ak.num(events.Jet.pt))


def heavier(events: Any, direction: str) -> Any:
    return events.Jet.mass + (5.0 if direction == "up" else 1.0)


@tagger(reads=["Jet_pt"], adds={"ht": "float64"})
def ht(events: Any) -> Any:
    return ak.num(events.Jet.pt) >= 0, {"ht": ak.sum(events.Jet.pt, axis=1)}


@tagger(reads=["Jet_pt"])
def hard_in_place(events: Any) -> Any:
    _pt(events)[:] = 0.0
    return ak.num(events.Jet.pt) == 4


@tagger(reads=["Jet_pt"])
def hard(events: Any) -> Any:
    return ak.num(events.Jet.pt) == 4


@tagger(reads=["Jet_pt", "Jet_eta"], adds={"n_seen": "int64"})
def renaming(events: Any) -> Any:
    events["Jet"] = events.Jet[events.Jet.pt > 40]
    return ak.num(events.Jet) > 99, {"n_seen": ak.num(events.Jet)}


@tagger(reads=["Jet_pt", "Jet_eta"], adds={"n_all": "int64"})
def after(events: Any) -> Any:
    return ak.num(events.Jet) >= 0, {"n_all": ak.num(events.Jet)}


def factor(events: Any) -> Any:
    events["w"] = events.w * 0 + 7.0
    return {"up": events.w}


def factor_in_place(events: Any) -> Any:
    w = ak.to_numpy(events.w)
    w *= 3.0
    return {"up": w}


def same_factor(events: Any) -> Any:
    return {"up": events.w * 1.0}


def source(function: Any, column: str, **more: Any) -> dict[str, Any]:
    name = f"{__name__}:{function.__name__}"
    return {"method": "from_function", "function": name, "branch_modified": column, **more}


def sequence(*taggers: Any) -> list[Any]:
    return ["diphoton", [f"{__name__}:{one.__name__}" for one in taggers]]


def tables(shift: Any, **changes: Any) -> dict[str, Any]:
    sources = {"fwd": source(shift, "Jet_pt"), "mass": source(heavier, "Jet_mass")}
    return run(*EVENTS, systematics=systematics(sources), **changes).tables


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, table in one.items():
        known = {column: values.tolist() for column, values in other[name].items()}
        assert {column: values.tolist() for column, values in table.items()} == known


@pytest.mark.parametrize("taggers", [None, [ht]])
def test_a_shift_that_writes_in_place_is_the_shift_and_no_other(taggers: Any) -> None:
    changes: dict[str, Any] = {}
    if taggers:
        changes = {"tag_sequence": sequence(*taggers), "variables_of_interest": ["ht"]}
    found = tables(in_place, **changes)
    same(found, tables(copied, **changes))
    assert found["fwd_up"]["event"].tolist() or taggers is None
    if taggers:
        assert found["fwd_up"]["ht"].sum() > found["nominal"]["ht"].sum()
        assert found["mass_up"]["ht"].tolist() == found["nominal"]["ht"].tolist()


def test_a_tagger_that_writes_in_place_decides_for_itself_only() -> None:
    changes = {"variables_of_interest": ["ht"]}
    one = tables(copied, tag_sequence=sequence(hard_in_place, ht), **changes)
    same(one, tables(copied, tag_sequence=sequence(hard, ht), **changes))


def test_what_a_tagger_names_in_its_events_the_next_one_does_not_see() -> None:
    changes = {"variables_of_interest": ["n_all", "n_seen"]}
    table = tables(copied, tag_sequence=sequence(renaming, after), **changes)["nominal"]
    assert table["n_all"].tolist() == [4, 0, 2, 5, 4]
    assert table["n_seen"].tolist() == [4, 0, 2, 4, 4]


@pytest.mark.parametrize("first", [factor, factor_in_place])
def test_what_a_weight_does_with_its_events_the_next_one_does_not_see(first: Any) -> None:
    def weight(function: Any) -> dict[str, Any]:
        name = f"{__name__}:{function.__name__}"
        return {"method": "from_function", "function": name, "requires_branches": ["w"],
                "directions": ["up"]}  # fmt: skip

    weighted = systematics({}, a=weight(first), b=weight(same_factor))
    table = run(*EVENTS, systematics=weighted).tables["nominal"]
    assert set(table["weight_a_up"].tolist()) == {7.0 if first is factor else 3.0}
    assert set(table["weight_b_up"].tolist()) == {1.0}


def of_maximum(events: Any, direction: str) -> Any:
    """As awkward gives it: a number that might be missing, though none is."""
    leading = ak.max(events.Jet.pt, axis=1)
    scaled = events.w * (2.0 if direction == "up" else 0.5)
    return ak.where(ak.num(events.Jet.pt) > 0, leading * 0 + scaled, events.w)


def missing(events: Any, direction: str) -> Any:
    return ak.max(events.Jet.pt, axis=1)


def masked(events: Any, direction: str) -> Any:
    return ak.to_numpy(ak.max(events.Jet.pt, axis=1), allow_missing=True)


def two_each(events: Any, direction: str) -> Any:
    return np.ones((len(events), 2))


def whole(events: Any, direction: str) -> Any:
    return ak.values_astype(events.Jet.pt, np.int64)


@tagger(reads=["w"], adds={"seen": "float64"})
def of_w(events: Any) -> Any:
    return events.w > 0, {"seen": events.w}


def shifted_w(function: Any) -> dict[str, Any]:
    return run(
        *EVENTS,
        systematics=systematics({"s": source(function, "w", requires_branches=["Jet_pt"])}),
        tag_sequence=sequence(of_w),
        variables_of_interest=["seen"],
    ).tables


def test_a_shift_of_a_type_that_knows_missing_values_counts() -> None:
    found = shifted_w(of_maximum)
    assert found["nominal"]["seen"].tolist() == [1.0] * 5
    assert found["s_up"]["seen"].tolist() == [2.0, 1.0, 2.0, 2.0, 2.0]
    assert found["s_down"]["seen"].tolist() == [0.5, 1.0, 0.5, 0.5, 0.5]


@pytest.mark.parametrize("function", [missing, masked])
def test_a_shift_that_is_missing_is_told(function: Any) -> None:
    with pytest.raises(VariationError, match="'s' up of 'w' is missing 2 times") as caught:
        shifted_w(function)
    assert "ak.fill_none" in str(caught.value)


def test_a_shift_of_several_numbers_for_an_event_is_told() -> None:
    with pytest.raises(VariationError, match="is not one number for each event"):
        shifted_w(two_each)


def test_a_shift_of_whole_numbers_is_as_real_as_what_it_replaces() -> None:
    found = tables(whole, tag_sequence=sequence(ht), variables_of_interest=["ht"])
    assert {table["ht"].dtype for table in found.values()} == {np.dtype("float64")}
    same({"s": found["fwd_up"]}, {"s": found["nominal"]})


@tagger(reads=["Jet_pt", "Jet_jetId"], adds={"leading": "float64"})
def masked_answer(events: Any) -> Any:
    found = ak.to_numpy(ak.firsts(events.Jet.jetId), allow_missing=True)
    return ak.num(events.Jet.pt) >= 0, {"leading": found}


def test_a_masked_answer_of_a_tagger_is_not_a_number_where_it_is_masked() -> None:
    table = run(
        *EVENTS, tag_sequence=sequence(masked_answer), variables_of_interest=["leading"]
    ).tables["nominal"]
    assert table["leading"].tolist()[0] == 6.0
    assert np.isnan(table["leading"][1])


def of_jets(events: Any) -> Any:
    return {"up": ak.num(events.Jet.pt) * 1.0}


def test_an_early_weight_must_declare_what_varies() -> None:
    weight = {"method": "from_function", "function": f"{__name__}:of_jets", "directions": ["up"]}
    shifts = {"fwd": source(copied, "Jet_pt")}
    with pytest.raises(UndeclaredColumn, match="no column 'Jet'"):
        run(*EVENTS, systematics=systematics(shifts, a=weight))
    declared = {**weight, "requires_branches": ["Jet_pt"]}
    run(*EVENTS, systematics=systematics(shifts, a=declared))
