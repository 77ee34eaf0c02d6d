"""Lists against plain Python lists."""

from __future__ import annotations

import itertools
from typing import Any

import awkward as ak
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.events.lists import (
    first_of_largest,
    from_counts,
    joined,
    pairs_between,
    pairs_within,
    product_of_each,
    rows_within,
)

law = settings(deadline=None, max_examples=60)
counts = st.lists(st.integers(0, 4), max_size=6)


def members(n: list[int]) -> list[list[int]]:
    """The positions of the objects of each list."""
    ends = list(itertools.accumulate(n, initial=0))
    return [list(range(a, b)) for a, b in itertools.pairwise(ends)]


@law
@given(counts, st.data())
def test_lists_of_some_rows_are_those_of_the_rows(n: list[int], data: Any) -> None:
    rows = data.draw(st.lists(st.integers(0, len(n) - 1), max_size=6) if n else st.just([]))
    lists, positions = from_counts(n).take(np.array(rows, np.int64))
    assert lists.counts.tolist() == [n[row] for row in rows]
    assert positions.tolist() == [k for row in rows for k in members(n)[row]]


@law
@given(counts, st.data())
def test_objects_of_a_mask_stay_in_their_lists(n: list[int], data: Any) -> None:
    total = sum(n)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=total, max_size=total)), bool)
    lists = from_counts(n)
    chosen, positions = lists.chosen(mask)
    of_event = [[k for k in of if mask[k]] for of in members(n)]
    assert positions.tolist() == [k for of in of_event for k in of]
    assert chosen.counts.tolist() == lists.count(mask).tolist() == [len(of) for of in of_event]
    assert lists.any(mask).tolist() == [bool(of) for of in of_event]


@law
@given(counts)
def test_pairs_of_one_list(n: list[int]) -> None:
    lists, first, second = pairs_within(from_counts(n))
    expected = [list(itertools.combinations(of, 2)) for of in members(n)]
    assert lists.counts.tolist() == [len(of) for of in expected]
    assert list(zip(first, second, strict=True)) == [pair for of in expected for pair in of]


@law
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6))
def test_pairs_of_two_lists(n: list[tuple[int, int]]) -> None:
    one, other = [a for a, _ in n], [b for _, b in n]
    first, second = pairs_between(from_counts(one), from_counts(other))
    both = zip(members(one), members(other), strict=True)
    expected = [pair for a, b in both for pair in itertools.product(a, b)]
    assert list(zip(first, second, strict=True)) == expected


@law
@given(st.lists(st.lists(st.integers(0, 3).map(float), max_size=4), max_size=6))
def test_largest_of_each_list(values: list[list[float]]) -> None:
    n = [len(of) for of in values]
    flat = np.array([v for of in values for v in of], np.float64)
    expected = [of[v.index(max(v))] for of, v in zip(members(n), values, strict=True) if v]
    assert first_of_largest(flat, from_counts(n)).tolist() == expected


@law
@given(st.lists(st.lists(st.floats(), max_size=12), max_size=6))
def test_product_of_each_list_is_that_of_awkward(values: list[list[float]]) -> None:
    n, flat = [len(of) for of in values], np.array([v for of in values for v in of], np.float64)
    with np.errstate(all="ignore"):
        found = product_of_each(flat, from_counts(n))
        expected = ak.prod(ak.unflatten(flat, np.array(n, np.int64)), axis=1)
    np.testing.assert_array_equal(found, np.asarray(expected))
    np.testing.assert_array_equal(np.signbit(found), np.signbit(np.asarray(expected)))


def test_values_of_events_are_repeated_for_their_objects() -> None:
    lists = joined([from_counts([2, 0]), from_counts([1])])
    assert lists.per_object(np.array([5, 6, 7])).tolist() == [5, 5, 7]
    assert (len(lists), lists.n, lists.owners.tolist()) == (3, 3, [0, 0, 2])


@law
@given(st.sets(st.integers(0, 20)), st.lists(st.integers(0, 8), min_size=1, max_size=5))
def test_rows_of_stretches(rows: set[int], lengths: list[int]) -> None:
    """Counted from the beginning of their stretch, they are all of those before the last end."""
    ends = list(itertools.accumulate(lengths, initial=0))
    found = []
    for start, stop in itertools.pairwise(ends):
        within = rows_within(np.array(sorted(rows), np.int64), start, stop)
        assert all(0 <= row < stop - start for row in within)
        found += [start + row for row in within]
    assert found == sorted(row for row in rows if row < ends[-1])
