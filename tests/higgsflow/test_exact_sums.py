from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow.exact_sums import add_terms, exact_sum, exact_sums, terms_of

# their sums stay below the largest number
NUMBERS = st.floats(-1e300, 1e300, allow_nan=False)
ARRAYS = hnp.arrays(np.float64, st.integers(0, 300), elements=NUMBERS)


def exactly(numbers: list[float]) -> Fraction:
    return sum((Fraction(one) for one in numbers), Fraction(0))


@given(values=ARRAYS)
def test_the_terms_add_up_to_the_exact_sum(values: np.ndarray) -> None:
    terms = exact_sum(values)
    assert exactly(list(terms)) == exactly(values.tolist())


@given(values=ARRAYS)
def test_each_term_is_the_nearest_to_what_those_before_it_lack(values: np.ndarray) -> None:
    left = exactly(values.tolist())
    for term in exact_sum(values):
        assert term == float(left)
        left -= Fraction(term)


@given(values=ARRAYS, data=st.data())
def test_any_cut_and_any_order_give_the_same_terms(values: np.ndarray, data: st.DataObject) -> None:
    mixed = values[data.draw(st.permutations(range(len(values))))]
    places = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=5)))
    parts = [exact_sum(part) for part in np.split(mixed, places)]
    assert terms_of(term for part in parts for term in part) == exact_sum(values)


@given(values=ARRAYS, data=st.data())
def test_each_place_has_the_sum_of_its_values(values: np.ndarray, data: st.DataObject) -> None:
    places = data.draw(hnp.arrays(np.int16, len(values), elements=st.integers(0, 3)))
    expected = [exact_sum(values[places == place]) for place in range(5)]
    assert exact_sums(places, values, 5) == expected


# within these 2^106 three terms hold every sum
@given(
    parts=st.lists(
        hnp.arrays(np.float64, 6, elements=st.floats(-1e8, 1e8).filter(lambda x: abs(x) > 1e-8)),
        max_size=9,
    )
)
def test_sums_add_without_rounding(parts: list[np.ndarray]) -> None:
    total = np.zeros((2, 3))
    for part in parts:
        sums = [(*exact_sum(half), 0.0, 0.0)[:3] for half in (part[:3], part[3:])]
        total = add_terms(total, np.array(sums))
    every = np.array(parts).reshape(-1, 6)
    for terms, values in zip(total, (every[:, :3], every[:, 3:]), strict=True):
        assert exactly(terms.tolist()) == exactly(values.ravel().tolist())


def test_added_sums_have_the_terms_of_the_whole_sum() -> None:
    """Numbers of all their bits and of many sizes, whose terms overlap until they are passed on."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(300, 6)) * 2.0 ** rng.integers(-45, 45, (300, 6))
    a, b, every = (
        np.array([(*exact_sum(row), 0.0, 0.0)[:3] for row in part])
        for part in (values[:, :3], values[:, 3:], values)
    )
    np.testing.assert_array_equal(add_terms(a, b), every)


def test_sum_that_is_not_finite_stays_so() -> None:
    (value, *_) = add_terms(np.array([np.inf, 0.0, 0.0]), np.array([1.0, 2.0**-60, 0.0])).tolist()
    assert not math.isfinite(value)


def test_weights_of_a_generator_need_one_term() -> None:
    """They are float32, and of one size but for their sign."""
    weights = np.random.default_rng(1).choice([-1.0, 1.0], 100_000) * np.float32(45.8734)
    assert exact_sum(weights) == (math.fsum(weights),)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1e308] * 100, math.inf), ([-1e308] * 100, -math.inf), ([1.0] * 99 + [math.inf], math.inf),
     ([1e308] * 3, math.inf), ([math.inf, -math.inf], math.nan), ([1.0, math.nan], math.nan),
     ([math.nan] * 100, math.nan)],
)  # fmt: skip
def test_what_has_no_sum_is_one_term_that_is_not_finite(
    values: list[float], expected: float
) -> None:
    (term,) = exact_sum(np.array(values))
    assert term == pytest.approx(expected, nan_ok=True)
    ((of_place,),) = exact_sums(np.zeros(len(values), np.intp), np.array(values), 1)
    assert of_place == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("numbers", [[math.nan], [1.0, math.inf], [math.inf, -math.inf]])
def test_terms_of_which_one_is_not_finite_are_one_that_is_not(numbers: list[float]) -> None:
    """As where jobs, each with its terms, are added."""
    (term,) = terms_of(numbers)
    assert term == pytest.approx(sum(numbers), nan_ok=True)


def test_nothing_adds_up_to_zero() -> None:
    assert exact_sum(np.zeros(0)) == (0.0,)
    assert exact_sum(np.array([1e16, 1.0, -1e16, -1.0])) == (0.0,)
