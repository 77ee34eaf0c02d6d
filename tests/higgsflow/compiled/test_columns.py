"""Kernels of columns, held to the functions that they answer for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow import variations
from higgsflow.events.lists import from_counts
from higgsflow.taggers import cut_groups, differences, late_columns, sequence

if TYPE_CHECKING:
    from collections.abc import Callable

kernels = pytest.importorskip("higgsflow.compiled.columns", reason="no C compiler at installation")

law = settings(deadline=None, max_examples=60)
KINDS = [np.uint8, np.uint16, np.uint32, np.uint64]


@law
@given(st.sampled_from(KINDS), st.data())
def test_masks_as_codes(agrees: Callable[..., Any], kind: Any, data: Any) -> None:
    n = data.draw(st.integers(1, np.iinfo(kind).bits))
    masks = tuple(data.draw(hnp.arrays(np.bool_, 3)) for _ in range(n))
    agrees(cut_groups._codes, masks, kind)


def test_masks_of_other_types_or_lengths_are_left_to_numpy() -> None:
    masks = (np.zeros(2, np.bool_), np.zeros(3, np.bool_))
    assert kernels.codes_of(masks, np.uint8) is NotImplemented
    assert kernels.codes_of((np.zeros(2),), np.uint8) is NotImplemented
    assert kernels.codes_of((), np.uint8) is NotImplemented


@law
@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 4), st.integers(0, 5))))
def test_the_first_mask(agrees: Callable[..., Any], masks: Any) -> None:
    agrees(sequence.remove_overlap, masks)


@law
@given(hnp.arrays(np.bool_, st.integers(0, 9)), st.sampled_from([-1, np.nan]), st.data())
def test_numbers_at_some_rows(
    agrees: Callable[..., Any], some: Any, rest: float, data: st.DataObject
) -> None:
    rows = np.flatnonzero(some)
    kind = np.int64 if rest == -1 else np.float64
    values = data.draw(hnp.arrays(kind, len(rows)))
    agrees(late_columns.placed, values, rows, len(some), rest)


@pytest.mark.parametrize(
    ("values", "rows"),
    [([1.0], [3]), ([1.0], [-1]), ([1.0, 2.0], [1]), ([True], [1])],
    ids=["behind", "before", "lengths", "type"],
)
def test_rows_that_are_not_there_are_left_to_numpy(values: list[Any], rows: list[int]) -> None:
    assert kernels.placed(np.array(values), np.array(rows), 3, np.nan) is NotImplemented


numbers = st.one_of(st.sampled_from([0.0, -0.0, np.nan, np.inf, 1.0]), st.floats())


@law
@given(hnp.arrays(np.float64, 4, elements=numbers), st.data())
def test_where_numbers_differ(agrees: Callable[..., Any], mine: Any, data: Any) -> None:
    known = data.draw(hnp.arrays(np.float64, 4, elements=numbers))
    again = data.draw(hnp.arrays(np.bool_, 4))
    somewhere = hnp.arrays(np.int64, 4, elements=st.integers(0, 3))
    # rows that are marked already may have no place
    places = np.where(again, -1, data.draw(somewhere))
    agrees(differences.marked, again, mine, known, places)


@law
@given(hnp.arrays(np.int64, 4, elements=st.integers(-1, 2)), st.data())
def test_where_places_differ(agrees: Callable[..., Any], mine: Any, data: Any) -> None:
    known = data.draw(hnp.arrays(np.int64, 3, elements=st.integers(-1, 2)))
    again = data.draw(hnp.arrays(np.bool_, 4))
    places = data.draw(hnp.arrays(np.int64, 4, elements=st.integers(0, 2)))
    assert kernels.marked(again, mine, known, places) is not NotImplemented
    agrees(differences.marked, again, mine, known, places)
    # numbers of two types are left to numpy
    assert kernels.marked(again, mine, known.astype(np.float64), places) is NotImplemented


def test_comparing_other_types_and_places_is_left_to_numpy() -> None:
    again, at = np.zeros(1, np.bool_), np.array([0])
    assert kernels.marked(again, np.zeros(1), np.zeros(1), at).tolist() == [False]
    assert kernels.marked(again, np.zeros(1), np.zeros(1, np.int16), at) is NotImplemented
    assert kernels.marked(again, np.zeros(1), np.zeros(1), at + 1) is NotImplemented
    assert kernels.marked(again, np.zeros(1), np.zeros(1), np.array([0, 0])) is NotImplemented
    assert kernels.first_of(np.zeros(3, np.bool_)) is NotImplemented
    assert kernels.first_of(np.zeros((2, 3))) is NotImplemented


@law
@given(st.sampled_from([np.bool_, np.int16, np.int32, np.float32, np.float64]), st.data())
def test_two_arrays_merged(agrees: Callable[..., Any], kind: Any, data: Any) -> None:
    one, other = (data.draw(hnp.arrays(kind, n)) for n in (3, 2))
    order = data.draw(hnp.arrays(np.int64, st.integers(0, 6), elements=st.integers(0, 4)))
    agrees(cut_groups.merged, one, other, order)


@law
@given(st.lists(st.integers(0, 3), max_size=5), st.data())
def test_lists_that_differ(agrees: Callable[..., Any], n: list[int], data: Any) -> None:
    a, b = (data.draw(hnp.arrays(np.float64, sum(n), elements=numbers)) for _ in range(2))
    agrees(differences._differs, a, b, from_counts(n).offsets)


@law
@given(hnp.arrays(np.float64, 3, elements=numbers), st.sampled_from([1, 1.01, 0.99, 1.0101]))
def test_near_numbers(agrees: Callable[..., Any], before: Any, factor: float) -> None:
    with np.errstate(all="ignore"):
        after = before * factor
    agrees(variations._are_near, before, after, 0.01)


@pytest.mark.parametrize(
    ("after", "near"), [([50.5, -0.99], True), ([50.6, -0.99], False), ([50.5, np.nan], False)]
)
def test_near_is_within_the_bound(after: list[float], near: bool) -> None:
    assert variations._are_near(np.array([50.0, -1.0]), np.array(after), 0.01) is near


def test_merging_and_comparing_other_arrays_is_left_to_numpy() -> None:
    one, at = np.zeros(2), np.array([0])
    assert kernels.merged(one, one.astype(np.float32), at) is NotImplemented
    assert kernels.merged(one, one, at + 4) is NotImplemented
    assert kernels.merged(one, ["a"], at) is NotImplemented
    assert kernels.differs(one, one, np.array([0, 3])) is NotImplemented
    assert kernels.differs(one, one[:1], np.array([0, 2])) is NotImplemented
    assert kernels.are_near(one, one[:1], 0.1) is NotImplemented
    assert kernels.are_near(one.astype(int), one, 0.1) is NotImplemented


@law
@given(st.lists(st.integers(0, 2), min_size=1, max_size=4), st.data())
def test_where_lists_differ(agrees: Callable[..., Any], counts: list[int], data: Any) -> None:
    lists = from_counts(np.array(counts, np.int64))
    others = from_counts(np.array(data.draw(st.permutations(counts)), np.int64))
    elements = st.sampled_from([0.0, -0.0, np.nan, 1.0])
    mine, known = (
        tuple(data.draw(hnp.arrays(np.float64, lists.n, elements=elements)) for _ in range(2))
        for _ in range(2)
    )
    places = hnp.arrays(np.int64, 5, elements=st.integers(0, len(counts) - 1))
    at = (data.draw(places), data.draw(places))
    agrees(differences._unlike_lists, mine, known, (lists.offsets, others.offsets), at)


@pytest.mark.parametrize(
    ("mine", "ends", "rows"),
    [
        (np.zeros(2, np.float32), [0, 2], [0]),
        (np.zeros(1), [0, 2], [0]),
        (np.zeros(2), [1, 2], [0]),
        (np.zeros(2), [0, 2], [1]),
        (np.zeros(2), [0, 2], [-1]),
        (np.zeros(2), [0, 2], [0, 0]),
    ],
)
def test_other_lists_are_left_to_numpy(mine: Any, ends: Any, rows: Any) -> None:
    offsets, at = np.array([0, 2]), np.array([0])
    fine = np.zeros(2)
    assert (
        kernels.unlike_lists((fine,), (fine,), (offsets, offsets), (at, at)) is not NotImplemented
    )
    wrong = np.array(ends)
    both = (np.array(rows), at)
    assert kernels.unlike_lists((mine,), (fine,), (wrong, offsets), both) is NotImplemented
    assert kernels.unlike_lists((fine,), (mine,), (offsets, wrong), both[::-1]) is NotImplemented
