from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.selection.measured import (
    Interval,
    Measures,
    above,
    at_least,
    at_most,
    below,
    between,
    equal,
    measured,
    within,
)

NUMBERS = st.floats(allow_nan=True, allow_infinity=True, width=32)


@given(value=NUMBERS, low=st.floats(-10, 10), high=st.floats(-10, 10))
def test_intervals_are_the_comparisons_that_they_say(value: float, low: float, high: float) -> None:
    expected = {
        above(low): value > low,
        at_least(low): value >= low,
        below(high): value < high,
        at_most(high): value <= high,
        equal(low): value == low,
        between(low, high): low < value < high,
        within(low, high): low <= value <= high,
    }
    found = {interval: bool(interval.has(np.array([value]))[0]) for interval in expected}
    assert found == expected


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (above(25), "> 25"),
        (at_least(0.4), ">= 0.4"),
        (below(2.5), "< 2.5"),
        (at_most(86), "<= 86"),
        (equal(1), "= 1"),
        (between(1.566, 2.5), "> 1.566 and < 2.5"),
        (within(100, 180), ">= 100 and <= 180"),
    ],
)
def test_intervals_say_what_they_are(interval: Interval, text: str) -> None:
    assert interval.text == text


def test_any_of_several_intervals_suffices() -> None:
    eta = measured([0.1, 1.5, 2.0, 2.6, math.nan], below(1.4442), between(1.566, 2.5), what="|eta|")
    assert eta.accepted.tolist() == [True, False, True, False, False]
    assert eta.condition == "|eta| < 1.4442 or > 1.566 and < 2.5"


def test_one_value_is_a_list_of_one() -> None:
    found = Measures({"n": measured(3, at_least(2))})
    assert found.cuts["n"].values.tolist() == [3.0]
    assert found.cuts["n"].condition == ">= 2"
