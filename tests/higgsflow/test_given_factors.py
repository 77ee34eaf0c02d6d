"""What functions of users give as factors."""

from __future__ import annotations

import re
from typing import Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.errors import WeightError
from higgsflow.events.plain import plain
from higgsflow.given_factors import factors_of_function, one_per_event, product_of_each_event
from higgsflow.model.systematic import WeightSystematic

EVENTS = ak.Array({"w": [1.0, 2.0, 3.0], "Muon": [[{"sf": 2.0}, {"sf": 0.5}], [], [{"sf": 4.0}]]})
WEIGHT = WeightSystematic.model_validate({"name": "s", "branches": {"up": "w"}})


def factors(events: Any, up: float = 1.1) -> dict[str, Any]:
    return {"central": events.w, "up": events.w * up, "down": events.w}


def per_muon(muons: Any) -> dict[str, Any]:
    return {"up": muons.sf * 2, "down": muons.sf}


def an_array(events: Any) -> Any:
    return events.w


def only_up(events: Any, **options: Any) -> Any:
    return {"up": events.w}


def function_weight(function: Any, **content: Any) -> WeightSystematic:
    content = {"name": "s", "method": "from_function", "function": function, **content}
    return WeightSystematic.model_validate(content)


@pytest.mark.parametrize("events", [EVENTS, plain(EVENTS)])
def test_function_is_given_events_or_objects_and_its_options(events: Any) -> None:
    of_events = factors_of_function(function_weight(factors, kwargs={"up": 2.0}), events, None)
    assert of_events["up"].tolist() == [2.0, 4.0, 6.0]
    of_muons = function_weight(per_muon, type="object", input_collection="Muon")
    found = factors_of_function(of_muons, events, "Muon")
    assert found["up"].tolist() == [[4.0, 1.0], [], [8.0]]


def test_wrong_direction_names_the_nearest() -> None:
    with pytest.raises(WeightError) as caught:
        factors_of_function(function_weight(factors, directions=["dwon"]), EVENTS, None)
    assert str(caught.value) == (
        "'s' returned no direction 'dwon'\n  it returned 'down': call it 'dwon'"
    )


def test_direction_that_is_not_returned_is_told_what_to_do() -> None:
    with pytest.raises(WeightError) as caught:
        factors_of_function(function_weight(only_up), EVENTS, None)
    assert str(caught.value) == (
        "'s' returned no direction 'down'\n"
        "  return it too, or name those that there are: `directions: [up]`"
    )


def test_direction_that_is_not_declared_is_an_error() -> None:
    with pytest.raises(WeightError) as caught:
        factors_of_function(function_weight(factors, directions=["up"]), EVENTS, None)
    assert str(caught.value) == (
        "'s' returned direction 'down', which it does not declare\n"
        "  declared: up\n"
        "  name it in `directions`, or do not return it"
    )


def test_function_without_a_central_factor_cannot_modify_the_central_weight() -> None:
    of_muons = {"type": "object", "input_collection": "Muon", "modify_central_weight": True}
    with pytest.raises(WeightError, match=r"no direction 'central'\n.*or take `modify_central"):
        factors_of_function(function_weight(per_muon, **of_muons), EVENTS, "Muon")


def test_function_that_returns_an_array_is_told_what_to_return() -> None:
    with pytest.raises(WeightError, match="not factors by direction"):
        factors_of_function(function_weight(an_array), EVENTS, None)


def test_factor_that_is_missing_is_no_number() -> None:
    assert one_per_event([1.0, None, 2.0], WEIGHT).tolist() == pytest.approx(
        [1.0, np.nan, 2.0], nan_ok=True
    )


def test_factors_of_objects_multiply_and_an_empty_list_gives_one() -> None:
    assert product_of_each_event([[2.0, 3.0], [], [4.0]], WEIGHT).tolist() == [6.0, 1.0, 4.0]


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (1.1, "'s' returned float as a factor, not one for each event"),
        (None, "'s' returned nothing as a factor"),
        (EVENTS, "'s' returned records as a factor"),
        (ak.Array(["a", "b", "c"]), "'s' has factors of type <U1, not numbers"),
        ([1.0, "a", 2.0], "'s' has factors of several types"),
        ([object()] * 3, "'s' returned list that is not of numbers"),
        (np.array([1.0, None, 2.0], dtype=object), "'s' has factors of type object, not numbers"),
    ],
)
def test_factors_are_numbers_one_for_each_event(factor: Any, text: str) -> None:
    with pytest.raises(WeightError, match=re.escape(text)):
        one_per_event(factor, WEIGHT)


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (1.1, "'s' returned float, not factors of objects"),
        ([1.0, 1.0, 1.0], "'s' returned 3 * float64, not factors of objects"),
        (EVENTS.Muon, "'s' returned records, not factors of objects"),
        (ak.Array([["a"], [], ["b"]]), "'s' returned 3 * var * string, not factors of objects"),
        (np.array([1.0, None, 2.0], dtype=object), "'s' returned ndarray that is not of numbers"),
    ],
)
def test_factors_of_objects_are_lists_of_numbers(factor: Any, text: str) -> None:
    with pytest.raises(WeightError, match=re.escape(text)):
        product_of_each_event(factor, WEIGHT)
