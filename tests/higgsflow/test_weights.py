from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.demo.corrections import write_corrections
from higgsflow.errors import UndeclaredColumn, UnknownName, UserError, WeightError
from higgsflow.events.lists import Lists
from higgsflow.events.objects import Chosen, Objects
from higgsflow.events.plain import PlainEvents, plain
from higgsflow.model.systematic import WeightSystematic
from higgsflow.weight_columns import input_columns, target_columns
from higgsflow.weights import (
    Factors,
    check_factors,
    check_finite,
    clamped,
    concatenated,
    evaluate,
    evaluate_early,
)

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = ak.Array(
    {
        "run": [1, 1, 1],
        "luminosityBlock": [2, 2, 2],
        "event": [7, 8, 9],
        "w": [1.0, 2.0, 3.0],
        "w_up": [1.5, 2.5, 3.5],
        "Muon": [
            [{"sf": 2.0, "sf_up": 3.0}, {"sf": 0.5, "sf_up": 1.0}],
            [],
            [{"sf": 4.0, "sf_up": 5.0}],
        ],
    }
)


def test_outside_of_a_mask_every_factor_is_one() -> None:
    """The worked example: central 2 and up 3 on the events 2 and 3 of 4."""
    made = Factors(np.full(4, 2.0), {"up": np.full(4, 3.0)})
    found = made.where(np.array([False, True, True, False]))
    assert found.central is not None
    assert found.central.tolist() == [1.0, 2.0, 2.0, 1.0]
    assert found.directions["up"].tolist() == [1.0, 3.0, 3.0, 1.0]
    assert Factors(None, made.directions).where(np.zeros(4, np.bool_)).central is None


def factors(events: Any, up: float = 1.1) -> dict[str, Any]:
    return {"central": events.w, "up": events.w * up, "down": events.w}


def per_muon(muons: Any) -> dict[str, Any]:
    return {"up": muons.sf_up, "down": muons.sf}


def an_array(events: Any) -> Any:
    return events.w


def for_one_event(events: Any) -> dict[str, Any]:
    return {"up": [1.1]}


def weight(**content: Any) -> WeightSystematic:
    return WeightSystematic.model_validate({"name": "s", **content})


def event_weight(**content: Any) -> WeightSystematic:
    return weight(branches={"central": "w", "up": "w_up"}, modify_central_weight=True, **content)


def function_weight(function: Any, **content: Any) -> WeightSystematic:
    return weight(method="from_function", function=function, **content)


def message(systematic: WeightSystematic, events: Any = EVENTS) -> str:
    with pytest.raises(UserError) as caught:
        evaluate(systematic, events)
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


def test_factors_from_columns() -> None:
    found = evaluate(event_weight(), EVENTS)
    assert found.central is not None
    assert found.central.tolist() == [1.0, 2.0, 3.0]
    assert {d: f.tolist() for d, f in found.directions.items()} == {"up": [1.5, 2.5, 3.5]}


def test_factors_of_a_function_with_its_options() -> None:
    found = evaluate(function_weight(factors, kwargs={"up": 2.0}), EVENTS)
    assert list(found.directions) == ["up", "down"]
    assert found.directions["up"].tolist() == [2.0, 4.0, 6.0]


def test_function_of_kept_events_makes_no_copy_of_what_it_does_not_look_at() -> None:
    n = 40
    lists = Lists(np.arange(0, 10 * n + 1, 10))
    columns = {name: np.linspace(0.5, 1.5, 10 * n) for name in ("sf", "sf_up", "eta")}
    every = PlainEvents(n, {"w": np.linspace(1, 2, n)}, {"Muon": Objects(lists, columns)})
    kept = every.take(np.arange(1, n, 3))
    found = evaluate(function_weight(per_muon, type="object", input_collection="Muon"), kept)
    muons = kept.collections["Muon"].columns
    assert isinstance(muons, Chosen)
    assert set(muons._made) == {"sf", "sf_up"}
    by_hand = np.prod(columns["sf_up"].reshape(n, 10)[1::3], axis=1)
    np.testing.assert_allclose(found.directions["up"], by_hand, rtol=1e-14)
    alone = evaluate(function_weight(factors), kept)
    assert alone.directions["down"].tolist() == every.flat["w"][1::3].tolist()


OF_MUONS = {"type": "object", "branches": {"central": "sf", "up": "Muon_sf_up"}}


@pytest.mark.parametrize(
    "collection", [{"input_collection": "Muon"}, {"target_collections": "Muon"}]
)
def test_object_factors_multiply_and_an_empty_list_gives_one(collection: dict[str, Any]) -> None:
    branches = {"central": "Muon_sf", "up": "Muon_sf_up"}
    found = evaluate(weight(**{**OF_MUONS, **collection, "branches": branches}), EVENTS)
    assert found.central is not None
    assert found.central.tolist() == [1.0, 1.0, 4.0]
    assert found.directions["up"].tolist() == [3.0, 1.0, 5.0]


def test_object_factors_of_the_objects_that_a_tagger_selected() -> None:
    events = ak.with_field(EVENTS, EVENTS.Muon[EVENTS.Muon.sf > 1], "SelectedMuon")
    both = ["SelectedMuon", "Muon"]
    content = {**OF_MUONS, "input_collection": "Muon"}
    one = evaluate(weight(**content, target_collections="SelectedMuon"), events)
    assert one.directions["up"].tolist() == [3.0, 1.0, 5.0]
    two = evaluate(weight(**content, target_collections=both), events)
    assert two.directions["up"].tolist() == [9.0, 1.0, 25.0]


def test_objects_without_the_columns_of_the_factors_are_named() -> None:
    events = ak.with_field(EVENTS, [[{"pt": 1.0, "sf": 1.0}], [], []], "SelectedElectron")
    targets = ["Muon", "SelectedElectron"]
    content = weight(**OF_MUONS, input_collection="Muon", target_collections=targets)
    with pytest.raises(UnknownName, match=r"no column 'sf_up' in 'SelectedElectron'.* 's' multi"):
        evaluate(content, events)


def test_object_factors_of_a_function() -> None:
    found = evaluate(function_weight(per_muon, type="object", input_collection="Muon"), EVENTS)
    assert found.directions["down"].tolist() == [1.0, 1.0, 4.0]


def test_no_events_and_events_without_objects_give_factors() -> None:
    content = weight(**OF_MUONS, input_collection="Muon")
    assert evaluate(content, EVENTS[:0]).directions["up"].tolist() == []
    assert evaluate(content, EVENTS[1:2]).directions["up"].tolist() == [1.0]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_factor_that_is_not_finite_names_the_event(bad: float) -> None:
    events = ak.with_field(EVENTS, [1.0, bad, bad], "w_up")
    assert f"'s' up is {bad} for event 1:2:8\n  and 1 more" in message(event_weight(), events)


def test_events_of_factors_are_asked_for_only_where_one_is_not_finite() -> None:
    fine, bad = np.ones(3), np.array([1.0, math.nan, 1.0])

    def asked() -> Any:
        raise LookupError("nobody should ask")

    for finite in (Factors(None, {"up": fine}), Factors(fine, {"up": fine})):
        check_factors(event_weight(), finite, asked)
    for direction, factors in {
        "up": Factors(fine, {"up": bad}),
        "central": Factors(bad, {}),
    }.items():
        with pytest.raises(WeightError, match=f"'s' {direction} is nan for event 1:2:8"):
            check_factors(event_weight(), factors, lambda: EVENTS)


def test_missing_factor_names_the_event() -> None:
    events = ak.with_field(EVENTS, ak.Array([1.0, 1.0, None]), "w_up")
    assert "for event 1:2:9" in message(event_weight(), events)


def test_finite_values_pass_unless_their_squares_would_be_too_large() -> None:
    def asked() -> Any:
        raise LookupError("nobody should ask")

    check_finite("x", np.array([0.0, -1.0, 1e100]), asked)
    for large in (1e101, -1e101):
        with pytest.raises(WeightError, match=r"x is -?1e\+101 for event 1:2:9"):
            check_finite("x", np.array([0.0, -1.0, large]), lambda: EVENTS)


def test_jagged_factors_of_an_event_weight_are_an_error() -> None:
    found = message(weight(branches={"up": "Muon_sf"}))
    assert "'s' has more than one factor per event" in found


def test_error_about_factors_names_the_line_of_the_function() -> None:
    place = f"{__file__}, line {an_array.__code__.co_firstlineno}"
    assert message(function_weight(an_array)).splitlines()[1] == f"  {place}"


def test_every_event_needs_a_factor() -> None:
    """One for all of them would fit every array."""
    found = message(function_weight(for_one_event, directions=["up"]))
    assert "'s': 1 factors for 3 events" in found


def test_factors_of_some_events() -> None:
    some = Factors(np.arange(3.0), {"up": np.arange(3.0)}).take([2, 0])
    assert some.central is not None
    assert (some.central.tolist(), some.directions["up"].tolist()) == ([2.0, 0.0], [2.0, 0.0])
    assert Factors(None, {}).take([0]).central is None


@pytest.fixture
def of_muons(tmp_path: Path) -> WeightSystematic:
    write_corrections(tmp_path)
    inputs = {"systematic": {"variation": True}, "eta": "Muon_eta", "pt": "pt"}
    correction = {"file": str(tmp_path / "muons.json"), "name": "id", "inputs": inputs}
    correction["variations"] = {"central": "nominal", "up": "up"}
    content = {"type": "object", "method": "correctionlib", "input_collection": "Muon"}
    return weight(**content, correction=correction, modify_central_weight=True)


MUONS = [[{"pt": 20.0, "eta": 1.0}, {"pt": 40.0, "eta": 0.1}], [], [{"pt": 500.0, "eta": 2.0}]]
# central is 0.995 - 0.004 eta and up 0.003 + 0.05 / pt more, at the centres of the bins
FACTORS = {(1, 20): (0.9908, 0.996022), (0, 40): (0.9932, 0.997311), (2, 500): (0.9884, 0.991785)}


def test_factors_from_a_file_multiply_over_objects(of_muons: WeightSystematic) -> None:
    events = ak.with_field(EVENTS, MUONS, "Muon")
    found = evaluate(of_muons, events)
    a, b, c = FACTORS.values()
    assert found.central is not None
    assert found.central.tolist() == pytest.approx([a[0] * b[0], 1.0, c[0]])
    assert found.directions["up"].tolist() == pytest.approx([a[1] * b[1], 1.0, c[1]], rel=1e-6)
    assert input_columns(of_muons) == ("Muon_eta", "Muon_pt")
    assert clamped(of_muons, events) == {"eta": 0, "pt": 1}


def test_objects_without_the_inputs_of_a_file_are_named(of_muons: WeightSystematic) -> None:
    events = PlainEvents(1, {}, {"Jet": Objects(Lists(np.array([0, 1])), {"pt": np.ones(1)})})
    of_jets = of_muons.model_copy(update={"target_collections": ("Jet",)})
    with pytest.raises(UnknownName, match="no column 'eta' in 'Jet'"):
        evaluate(of_jets, events)


def test_factors_from_a_file_for_no_events(of_muons: WeightSystematic) -> None:
    found = evaluate(of_muons, ak.with_field(EVENTS, MUONS, "Muon")[:0])
    assert len(found.directions["up"]) == 0


def test_factors_from_a_file_for_single_objects_of_the_event(of_muons: WeightSystematic) -> None:
    pair = of_muons.model_copy(update={"target_collections": ("lead", "sublead")})
    columns = {"lead_pt": [20.0] * 3, "lead_eta": [1.0] * 3, "sublead_eta": [0.1] * 3}
    events = EVENTS
    for name, values in {**columns, "sublead_pt": [40.0] * 3}.items():
        events = ak.with_field(events, values, name)
    a, b, _ = FACTORS.values()
    assert evaluate(pair, events).directions["up"].tolist() == pytest.approx([a[1] * b[1]] * 3)
    assert target_columns(pair, "lead") == ("lead_eta", "lead_pt")
    assert clamped(pair, events) == {"eta": 0, "pt": 0}
    for name in ("lead_pt", "sublead_pt"):
        events = ak.with_field(events, [500.0, 500.0, 40.0], name)
    assert clamped(pair, events) == {"eta": 0, "pt": 4}


def test_column_of_the_event_is_not_asked_of_an_object(of_muons: WeightSystematic) -> None:
    assert of_muons.correction is not None
    inputs = {**of_muons.correction.model_dump()["inputs"], "pt": {"event_column": "rho"}}
    correction = {**of_muons.correction.model_dump(), "inputs": inputs}
    mixed = WeightSystematic.model_validate({**of_muons.model_dump(), "correction": correction})
    assert target_columns(mixed, "lead") == ("lead_eta",)
    assert input_columns(mixed) == ("Muon_eta", "rho")


def test_object_that_is_not_a_number_names_the_event(of_muons: WeightSystematic) -> None:
    bad = [*MUONS[:2], [{"pt": math.nan, "eta": 1.0}]]
    text = message(of_muons, ak.with_field(EVENTS, bad, "Muon"))
    assert "'s' central is nan for event 1:2:9" in text


def test_file_without_variations_has_a_central_factor_only(of_muons: WeightSystematic) -> None:
    inputs = {"systematic": {"value": "nominal"}, "eta": "eta", "pt": "pt"}
    assert of_muons.correction is not None
    correction = {**of_muons.correction.model_dump(), "inputs": inputs, "variations": {}}
    only = WeightSystematic.model_validate({**of_muons.model_dump(), "correction": correction})
    found = evaluate(only, ak.with_field(EVENTS, MUONS, "Muon"))
    assert found.directions == {}
    assert found.central is not None


def test_factors_from_a_vector() -> None:
    events = ak.with_field(EVENTS, ak.Array([[2.0, 1.0], [1.0], [4.0, 6.0]]), "LHEScaleWeight")
    vector = {"branch": "LHEScaleWeight", "length": 2, "nominal": 0, "names": {"up": 1}}
    found = evaluate(weight(vector=vector), events)
    assert found.directions["up"].tolist() == [0.5, 1.0, 1.5]
    assert (found.central, found.notes) == (None, {"no_variation": 1})
    assert input_columns(weight(vector=vector)) == ("LHEScaleWeight",)


def of_w_up(events: Any) -> dict[str, Any]:
    return {"up": events.w_up, "down": 1 / events.w_up}


def test_function_does_not_see_what_varies_unless_it_says_so() -> None:
    """Else it would not be asked again under the variation, and its factors would be wrong."""
    events, varying = plain(EVENTS), {"w_up", "Muon_sf"}
    with pytest.raises(UndeclaredColumn, match="w_up"):
        evaluate_early(function_weight(of_w_up), events, varying)
    declared = function_weight(of_w_up, requires_branches=["w_up"])
    assert evaluate_early(declared, events, varying).directions["up"].tolist() == [1.5, 2.5, 3.5]
    # what no variation changes is there for all
    assert evaluate_early(function_weight(of_w_up), events, {"Muon_sf"}).central is None


def test_nominal_weight_of_zero_names_the_event() -> None:
    events = ak.with_field(EVENTS, ak.Array([[2.0, 1.0], [0.0, 1.0], [4.0, 6.0]]), "S")
    vector = {"branch": "S", "length": 2, "nominal": 0, "names": {"up": 1}}
    assert "'s' up is inf for event 1:2:8" in message(weight(vector=vector), events)


def test_direction_may_be_the_central_one_under_a_variation() -> None:
    found = evaluate(event_weight(), EVENTS)
    assert found.under("up").central is found.directions["up"]
    assert found.under(None) is found


def test_factors_of_several_sets_of_events() -> None:
    found = evaluate(event_weight(), EVENTS)
    both = concatenated([found.between(0, 1), found.between(1, 3)])
    assert both.central is not None
    assert both.central.tolist() == [1.0, 2.0, 3.0]
    assert both.directions["up"].tolist() == [1.5, 2.5, 3.5]


@pytest.mark.parametrize(
    "content",
    [
        {"branches": {"central": "w", "up": "w_up", "down": "w"}},
        {"method": "from_function", "function": factors},
        {
            "type": "object",
            "branches": {"central": "sf", "up": "sf_up", "down": "sf"},
            "input_collection": "Muon",
        },
    ],
    ids=["columns", "function", "objects"],
)
def test_directions_that_nobody_wants_are_not_made(content: dict[str, Any]) -> None:
    one = weight(**content)
    every, some = evaluate(one, EVENTS), evaluate(one, EVENTS, ("up",))
    assert list(every.directions) == ["up", "down"]
    assert {d: f.tolist() for d, f in some.directions.items()} == {
        "up": every.directions["up"].tolist()
    }
    assert every.central is not None
    assert some.central is not None
    assert some.central.tolist() == every.central.tolist()
    assert evaluate(one, EVENTS, ()).directions == {}
