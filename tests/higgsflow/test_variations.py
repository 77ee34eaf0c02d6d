from __future__ import annotations

import math
from typing import Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.errors import UnknownName, UserError
from higgsflow.events.plain import plain
from higgsflow.model.shift import MetPropagation
from higgsflow.model.systematic import IndependentCollection, Systematics
from higgsflow.variations import apply_variation, find_variation, input_columns, shift_bounds

EVENTS = ak.Array(
    {
        "MET_pt": [10.0, 20.0],
        "Jet": [[{"pt": 100.0, "pt_up": 110.0}, {"pt": 50.0, "pt_up": 55.0}], []],
    }
)


def scaled(events: Any, direction: str, shift: float = 0.1) -> Any:
    return events.Jet.pt * (1 + shift if direction == "up" else 1 - shift)


def jets_and_met(events: Any, direction: str) -> dict[str, Any]:
    return {"Jet_pt": events.Jet.pt + 1.0, "MET_pt": events.MET_pt - 1.0}


def without_some(events: Any, direction: str) -> Any:
    return events.Jet.pt[events.Jet.pt > 60]


def of_fewer_events(events: Any, direction: str) -> Any:
    return events.Jet.pt[:1]


def in_float32(events: Any, direction: str) -> Any:
    return ak.values_astype(events.Jet.pt * 1.1, np.float32)


def nothing(events: Any, direction: str) -> None:
    """One that forgets to return."""


def one_number(events: Any, direction: str) -> Any:
    return 1.1


def whole_events(events: Any, direction: str) -> Any:
    return events


def a_question(events: Any, direction: str) -> Any:
    return events.Jet.pt > 60


def out_of_nothing(events: Any, direction: str) -> Any:
    return ak.fill_none(ak.nan_to_none(events.Jet.pt), 60.0)


def source(function: Any = None, **content: Any) -> IndependentCollection:
    by_function = {"method": "from_function", "function": function} if function else {}
    columns = {"name": "s", "branch_modified": "Jet_pt", **by_function}
    return IndependentCollection.model_validate({**columns, **content})


def shifted(of: IndependentCollection, direction: str = "up", events: Any = EVENTS) -> Any:
    return apply_variation(plain(events), of, direction).view.Jet.pt.tolist()


def message(of: IndependentCollection, events: Any = EVENTS) -> str:
    with pytest.raises(UserError) as caught:
        apply_variation(plain(events), of, "up")
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


def test_column_of_the_input_replaces_another() -> None:
    assert shifted(source(branches={"up": "Jet_pt_up"})) == [[110.0, 55.0], []]


def test_column_of_the_input_may_be_a_shift() -> None:
    assert shifted(source(branches={"up": "Jet_pt_up"}, additive=True)) == [[210.0, 105.0], []]


def test_function_gets_direction_and_options() -> None:
    by_half = source(scaled, kwargs={"shift": 0.5})
    assert shifted(by_half) == [[150.0, 75.0], []]
    assert shifted(by_half, "down") == [[50.0, 25.0], []]


def test_several_columns_shift_together() -> None:
    both = source(jets_and_met, branch_modified=["Jet_pt", "MET_pt"])
    events = apply_variation(plain(EVENTS), both, "up").view
    assert (events.Jet.pt.tolist(), events.MET_pt.tolist()) == ([[101.0, 51.0], []], [9.0, 19.0])
    assert events.Jet.pt_up.tolist() == EVENTS.Jet.pt_up.tolist()


def test_nominal_events_stay_as_they_are() -> None:
    before = EVENTS.to_list()
    apply_variation(plain(EVENTS), source(scaled), "up")
    assert EVENTS.to_list() == before


def test_single_precision_becomes_double_as_when_stacked() -> None:
    shifted_events = apply_variation(plain(EVENTS), source(in_float32), "up")
    assert shifted_events.column("Jet_pt").dtype == np.float64


def test_column_that_the_function_forgets_is_named() -> None:
    both = source(jets_and_met, branch_modified=["Jet_pt", "MET_phi"])
    assert "no column 'MET_phi' in what 's' returned. Did you mean 'MET_pt'" in message(both)


def test_column_that_is_changed_but_not_declared_is_named() -> None:
    """It would stay as it is, in silence."""
    text = message(source(jets_and_met, branch_modified="Jet_pt"))
    assert text.startswith("'s' returned column 'MET_pt', which it does not modify")


def one_each(events: Any, direction: str) -> Any:
    return [1.0] * len(events)


def texts(events: Any, direction: str) -> Any:
    return [["a"] * len(jets) for jets in events.Jet.pt]


def objects(events: Any, direction: str) -> Any:
    return np.array([None] * len(events), dtype=object)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (without_some, "'s' up of 'Jet_pt' changed the number of objects"),
        (of_fewer_events, "'s' up of 'Jet_pt' has 1 entries for 2 events"),
        (nothing, "'s' up of 'Jet_pt' is nothing\n"),
        (one_number, "'s' up of 'Jet_pt' is float\n"),
        (whole_events, "'s' up of 'Jet_pt' is records\n"),
        (a_question, "'s' up of 'Jet_pt' is of type bool, not a number"),
        (one_each, "'s' up of 'Jet_pt' is not one number for each object"),
        (texts, "'s' up of 'Jet_pt' is not one number for each object"),
        (objects, "'s' up of 'Jet_pt' holds what is no number"),
    ],
)
@pytest.mark.parametrize("follows", [{}, {"met": {}}])
def test_shape_must_stay(function: Any, text: str, follows: dict[str, Any]) -> None:
    with_phi = ak.with_field(EVENTS, EVENTS.Jet.pt, ("Jet", "phi"))
    events = ak.with_field(with_phi, EVENTS.MET_pt, "MET_phi")
    found = message(source(function, **follows), events)
    assert text in found
    assert f"\n  {__file__}, line {function.__code__.co_firstlineno}" in found


def test_broken_bound_says_by_how_much() -> None:
    found = message(source(scaled, bound=0.05))
    assert "'s' up of 'Jet_pt' shifts by up to 0.1, its bound is 0.05" in found


@pytest.mark.parametrize("at", range(3))
def test_one_object_that_leaves_the_bound_is_enough(at: int) -> None:
    """Whatever the others do: a skim would drop its event."""
    jets = [{"pt": 100.0, "pt_up": 104.0} for _ in range(3)]
    jets[at]["pt_up"] = 93.0
    events = ak.Array({"Jet": [jets[:2], [], jets[2:]]})
    found = message(source(branches={"up": "Jet_pt_up"}, bound=0.05), events)
    assert "shifts by up to 0.07, its bound is 0.05" in found


def test_kept_bound_is_fine_also_to_the_last_digit() -> None:
    shifted(source(scaled, bound=0.1))
    shifted(source(scaled, bound=0.1), "down")


@pytest.mark.parametrize(
    ("stored", "given", "found"),
    [
        (np.float64, np.int64, np.float64),
        (np.int32, np.int32, np.int32),
        (np.int32, np.float32, np.float64),
        (np.bool_, np.bool_, np.bool_),
    ],
)
def test_type_of_a_shifted_column(stored: Any, given: Any, found: Any) -> None:
    events = ak.Array({"one": np.ones(2, stored), "other": np.ones(2, given)})
    varied = apply_variation(
        plain(events), source(branch_modified="one", branches={"up": "other"}), "up"
    )
    assert varied.flat["one"].dtype == found


def test_bound_is_not_of_the_momentum_that_follows() -> None:
    """10 GeV of it become 10 + 0.1 * 100: by much more than the jet."""
    jet = {"pt": 100.0, "phi": math.pi}
    events = ak.Array({"MET_pt": [10.0], "MET_phi": [0.0], "Jet": [[jet]]})
    of_jets = source(scaled, bound=0.11, met={})
    found = apply_variation(plain(events), of_jets, "up").view
    assert found.MET_pt.tolist() == pytest.approx([20.0])


def rooted(events: Any, direction: str, below: float = 60.0) -> Any:
    with np.errstate(all="ignore"):
        return np.sqrt(events.Jet.pt - below)


def divided(events: Any, direction: str) -> Any:
    with np.errstate(all="ignore"):
        return events.MET_pt / (events.MET_pt - 20.0)


@pytest.mark.parametrize("bound", [None, 0.9])
def test_a_number_that_becomes_none_is_an_error(bound: float | None) -> None:
    """It would fail every cut."""
    found = message(source(rooted, bound=bound))
    assert "'s' up of 'Jet_pt' is nan 1 times, where the column is a number" in found
    of_met = source(divided, branch_modified="MET_pt", bound=bound)
    assert "'s' up of 'MET_pt' is inf 1 times" in message(of_met)


def test_what_is_no_number_may_stay_none() -> None:
    events = ak.Array({"Jet": [[{"pt": math.nan}, {"pt": 100.0}]]})
    found = shifted(source(rooted), events=events)
    assert math.isnan(found[0][0])
    assert found[0][1] == math.sqrt(40.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, 0.0])
def test_bound_says_nothing_of_what_stays_as_it_is(bad: float) -> None:
    events = ak.Array({"Jet": [[{"pt": bad}, {"pt": 1.0}]]})
    shifted(source(scaled, bound=0.1), events=events)


def test_number_out_of_nothing_breaks_a_bound() -> None:
    events = ak.Array({"Jet": [[{"pt": math.nan}]]})
    assert "its bound is 0.1" in message(source(out_of_nothing, bound=0.1), events)
    zero = ak.Array({"Jet": [[{"pt": 0.0, "pt_up": 1.0}]]})
    assert "by up to inf" in message(source(branches={"up": "Jet_pt_up"}, bound=0.1), zero)


def systematics(**sources: IndependentCollection) -> Systematics:
    return Systematics(independent_collections=sources)


def named(name: str, **content: Any) -> IndependentCollection:
    return source(scaled, name=name, **content)


def test_variation_is_found_by_its_name() -> None:
    jes = named("jes_total")
    assert find_variation(systematics(jes_total=jes), "jes_total_down") == (jes, "down")


def test_unknown_variation_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"no variation 'jes_dwon'.*'jes_down'"):
        find_variation(systematics(jes=named("jes")), "jes_dwon")


def test_bound_of_a_column_is_the_largest_or_none() -> None:
    small, large = named("small", bound=0.01), named("large", bound=0.03)
    assert shift_bounds(systematics(small=small, large=large)) == {"Jet_pt": 0.03}
    assert shift_bounds(systematics(large=large, small=small)) == {"Jet_pt": 0.03}
    unknown = systematics(a=named("a", bound=0.01), b=named("b"), c=named("c", bound=0.5))
    assert shift_bounds(unknown) == {"Jet_pt": None}


@pytest.mark.parametrize("order", [1, -1])
def test_momentum_that_follows_has_no_bound(order: int) -> None:
    of_jets = named("jets", bound=0.03).model_copy(update={"met": MetPropagation()})
    of_met = named("met", bound=0.01, branch_modified="MET_pt")
    both = {"jets": of_jets, "met": of_met}
    found = shift_bounds(systematics(**dict(list(both.items())[::order])))
    assert found == {"Jet_pt": 0.03, "MET_pt": None, "MET_phi": None}


def test_inputs_are_what_is_modified_and_what_is_needed() -> None:
    one = source(branches={"up": "Jet_up", "down": "Jet_dn"}, requires_branches=["MET_phi"])
    assert input_columns(one) == ("Jet_pt", "Jet_up", "Jet_dn", "MET_phi")
