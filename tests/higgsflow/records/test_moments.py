from __future__ import annotations

import functools
import itertools
import math
import operator

import numpy as np
import pytest
import slow_books
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.records.moments import (
    MeasuredColumns,
    Moments,
    add_numbers,
    joined,
    measure,
    measure_all,
    numbers_of,
)

law = settings(deadline=None, max_examples=40)
values = st.floats(-1e3, 1e3).map(lambda x: round(x, 3))
weights = st.sampled_from([1.0, -1.0, 0.5, -0.5, 2.0, 0.0])
entries = st.lists(st.tuples(values, weights), max_size=12)


def of(pairs: list[tuple[float, float]]) -> Moments:
    x, w = np.array(pairs, np.float64).reshape(-1, 2).T
    return measure(x, w)


def alike(a: Moments, b: Moments) -> bool:
    first, second = a.model_dump(), b.model_dump()
    exact = ("n", "min", "max")
    return all(first[k] == second[k] for k in exact) and all(
        first[k] == pytest.approx(second[k], rel=1e-9, abs=1e-6) for k in first if k not in exact
    )


@law
@given(entries, st.lists(st.integers(0, 12), max_size=4))
def test_merging_any_parts_equals_a_single_pass(
    pairs: list[tuple[float, float]], cuts: list[int]
) -> None:
    bounds = [0, *sorted(min(c, len(pairs)) for c in cuts), len(pairs)]
    parts = [of(pairs[a:b]) for a, b in itertools.pairwise(bounds)]
    assert alike(functools.reduce(operator.add, parts), of(pairs))


@law
@given(entries, entries, entries)
def test_merging_is_associative_and_order_does_not_matter(
    a: list[tuple[float, float]], b: list[tuple[float, float]], c: list[tuple[float, float]]
) -> None:
    x, y, z = of(a), of(b), of(c)
    assert alike((x + y) + z, x + (y + z))
    assert alike(x + y, y + x)


@law
@given(entries)
def test_empty_is_the_identity(pairs: list[tuple[float, float]]) -> None:
    made = of(pairs)
    assert made + Moments() == made == Moments() + made


def test_adding_nothing_does_not_round() -> None:
    """Three times 0.1 is 0.30000000000000004, a third of which is not 0.1."""
    made = Moments(n=3, mean=0.1, m2=0.02, min=0.0, max=0.2)
    assert made + Moments() == made == Moments() + made
    some, nothing = (numbers_of({"x": one}) for one in (made, Moments()))
    for total in (add_numbers(some, nothing), add_numbers(nothing, some)):
        np.testing.assert_array_equal(total, some)


@law
@given(entries)
def test_moments_are_those_of_the_slow_books(pairs: list[tuple[float, float]]) -> None:
    slow, made = slow_books.moments_of([x for x, _ in pairs]), of(pairs)
    assert made.n == slow.n
    assert made.mean == pytest.approx(slow.mean, rel=1e-12, abs=1e-9)
    assert made.m2 == pytest.approx(slow.m2, rel=1e-9, abs=1e-9)
    if pairs:
        assert made.std == pytest.approx(slow.std, rel=1e-6, abs=1e-6)
        assert (made.min, made.max) == (slow.low, slow.high)


@law
@given(entries)
def test_weighted_moments_are_those_of_the_definition(pairs: list[tuple[float, float]]) -> None:
    made, total = of(pairs), math.fsum(w for _, w in pairs)
    if total == 0:
        assert (made.weighted_mean, made.weighted_std) == (None, None)
        return
    mean = math.fsum(w * x for x, w in pairs) / total
    m2 = math.fsum(w * (x - mean) ** 2 for x, w in pairs)
    assert made.weighted_mean == pytest.approx(mean, rel=1e-9, abs=1e-6)
    if total > 0 and m2 > 1e-3:
        assert made.weighted_std == pytest.approx(math.sqrt(m2 / total), rel=1e-4)
    if total < 0 or m2 < -1e-3:
        assert made.weighted_std is None


@law
@given(entries, st.sampled_from([2.0, -0.5, 0.0]), st.sampled_from([1.0, -4.0]))
def test_moments_of_a_multiplied_column(
    pairs: list[tuple[float, float]], factor: float, weight: float
) -> None:
    expected = of([(factor * x, weight * w) for x, w in pairs])
    assert alike(of(pairs).times(factor, weight), expected)


def test_worked_merge() -> None:
    ones = np.ones(3)
    merged = measure([0.9, 1.0, 1.1], ones) + measure([1.2, 1.4], ones[:2])
    assert (merged.n, merged.min, merged.max) == (5, 0.9, 1.4)
    assert merged.mean == pytest.approx(1.12)
    assert merged.m2 == pytest.approx(0.148)
    assert merged.std == pytest.approx(0.17205, abs=5e-6)
    assert merged.weighted_std == pytest.approx(0.17205, abs=5e-6)


def test_nothing_has_no_mean_with_weights_and_no_deviation() -> None:
    empty = measure([], np.zeros(0))
    assert empty == Moments()
    assert (empty.std, empty.weighted_mean, empty.weighted_std) == (None, None, None)


def test_equal_values_have_no_spread() -> None:
    same = measure([0.1] * 3, np.ones(3)) + measure([0.1] * 7, np.ones(7))
    assert same.std == pytest.approx(0.0, abs=1e-12)


def test_undefined_values_are_left_out_with_their_weights() -> None:
    made = measure([1.0, np.nan, 3.0, np.inf], np.array([1.0, 100.0, 1.0, 100.0]))
    assert (made.n, made.mean, made.sumw) == (2, 2.0, 2.0)
    assert measure([np.nan], np.ones(1)) == Moments()


@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_number_of_all_stands_for_no_value(sign: int) -> None:
    weight = np.array([1.0, 100.0, 1.0])
    nothing = sign * np.finfo(np.float64).max
    made = measure([1.0, nothing, 3.0], weight)
    assert made == measure([1.0, np.nan, 3.0], weight)
    assert measure([nothing], np.ones(1)) + made == made
    # that of float32 is small enough to count
    assert measure([sign * np.finfo(np.float32).max], np.ones(1)).n == 1


def test_whole_numbers_and_flags_have_moments() -> None:
    assert measure(np.array([1, 2, 3], np.uint8), np.ones(3)).mean == 2.0
    assert measure(np.array([True, False]), np.ones(2)).mean == 0.5


def test_weights_that_cancel_merge_to_those_that_do_not() -> None:
    merged = measure([1.0, 3.0], np.array([1.0, -1.0])) + measure([5.0], np.array([2.0]))
    assert merged.sumw == pytest.approx(2.0)
    assert merged.weighted_mean == pytest.approx((1 - 3 + 10) / 2)


def test_negative_sum_of_weights_has_a_mean_but_no_deviation() -> None:
    made = measure([1.0, 3.0], np.array([-1.0, -1.0]))
    assert made.weighted_mean == pytest.approx(2.0)
    assert made.weighted_std is None


def test_spread_survives_a_large_offset() -> None:
    x = 1e8 + np.array([0.0, 1.0, 2.0, 3.0])
    merged = measure(x[:1], np.ones(1)) + measure(x[1:], np.ones(3))
    assert merged.std == pytest.approx(math.sqrt(1.25))


def test_merged_moments_survive_being_written() -> None:
    merged = measure([0.1, 0.2], np.ones(2)) + measure([0.4], np.ones(1))
    assert Moments.model_validate_json(merged.model_dump_json()) == merged


@law
@given(st.lists(st.tuples(values, values, st.sampled_from([1.0, np.nan, np.inf]), weights)))
def test_columns_measured_at_once_are_those_measured_alone(
    rows: list[tuple[float, float, float, float]],
) -> None:
    table = np.array(rows, np.float64).reshape(-1, 4)
    columns = {"a": table[:, 0], "b": table[:, 1].astype(np.int16), "c": table[:, 2]}
    weight = table[:, 3].copy()
    groups = {"all": np.arange(len(table)), "even": np.arange(0, len(table), 2), "no": np.arange(0)}
    found = measure_all(columns, weight, groups)
    assert list(found) == list(groups)
    for group, chosen in groups.items():
        assert list(found[group]) == list(columns)
        for name, column in columns.items():
            of_group = found[group][name]
            assert alike(of_group, measure(column[chosen], weight[chosen]))
            assert of_group == Moments.model_validate(of_group.model_dump())


def test_columns_are_joined_and_called_otherwise() -> None:
    x, ones = np.array([1.0, 3.0]), np.ones(2)
    one = measure_all({"x": x}, ones, {"t": np.arange(2)})["t"]
    both = joined([one, one.called("@0")])
    assert dict(both) == {"x": measure(x, ones), "x@0": measure(x, ones)}
    assert [name in both for name in ("x", "x@0", "x@1")] == [True, True, False]
    np.testing.assert_array_equal(numbers_of(both), numbers_of(dict(both)))


@law
@given(entries, entries)
def test_many_moments_add_as_each_of_them_does(
    a: list[tuple[float, float]], b: list[tuple[float, float]]
) -> None:
    one, two = (measured(pairs) for pairs in (a, b))
    assert dict(one + two) == {name: one[name] + two[name] for name in one}


def measured(pairs: list[tuple[float, float]]) -> MeasuredColumns:
    x, w = np.array(pairs, np.float64).reshape(-1, 2).T
    columns = {"x": x, "squared": x**2, "some": np.where(x > 0, x, np.nan)}
    return measure_all(columns, np.ascontiguousarray(w), {"": np.arange(len(x))})[""]
