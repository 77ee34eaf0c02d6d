"""Columns that are worked out late, against those that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.taggers.late_columns import LateColumn, Places, all_worked_out, worked_out

if TYPE_CHECKING:
    from higgsflow.events.lists import Index

VALUES = np.array([10.0, 11.0, 12.0, 13.0])
places = st.lists(st.integers(-1, len(VALUES) - 1), max_size=8)


@settings(deadline=None, max_examples=60)
@given(places, st.data())
def test_rows_are_those_of_the_whole_column(index: list[int], data: st.DataObject) -> None:
    late = LateColumn(VALUES.take, Places(np.array(index, np.int64)))
    expected = np.array([VALUES[i] if i >= 0 else np.nan for i in index])
    rows = st.lists(st.integers(0, len(index) - 1), max_size=8) if index else st.just([])
    once = np.array(data.draw(rows), np.int64)
    twice = np.arange(len(once))[::-1].copy()
    for _ in ("before it is looked at", "and after that"):
        taken = late.take(once)
        np.testing.assert_array_equal(worked_out(taken), expected[once])
        np.testing.assert_array_equal(worked_out(taken.take(twice)), expected[once][::-1])
        assert len(taken) == len(once)
        np.testing.assert_array_equal(late, expected)


def test_only_rows_that_are_left_are_worked_out_and_once() -> None:
    asked: list[list[int]] = []

    def squares(at: Index) -> np.ndarray:
        asked.append(at.tolist())
        return at**2

    late = LateColumn(squares, Places(np.array([3, 1, 2])))
    some = late.take(np.array([0, 2]))
    assert asked == []
    assert (worked_out(some).tolist(), worked_out(some).tolist()) == ([9, 4], [9, 4])
    assert asked == [[3, 2]]


def test_columns_share_the_places_of_their_rows() -> None:
    shared, rows = Places(np.array([2, 0])), np.array([1])
    assert shared.take(rows) is shared.take(rows)
    assert shared.take(np.array([0])).index.tolist() == [2]
    assert shared.take(rows).index.tolist() == [0]


@pytest.mark.parametrize("values", [VALUES, [1, 2], None])
def test_what_is_there_stands_for_itself(values: object) -> None:
    assert worked_out(values) is values
    late = LateColumn(VALUES.take, Places(np.array([1])))
    both = all_worked_out({"there": values, "late": late})
    assert both["there"] is values
    assert both["late"].tolist() == [11.0]


@given(st.lists(st.booleans(), max_size=6), st.data())
def test_some_of_the_rows_have_a_place_whichever_are_taken(
    has_one: list[bool], data: st.DataObject
) -> None:
    rows, n = np.flatnonzero(has_one), len(has_one)
    positions = np.array(
        data.draw(st.lists(st.integers(0, 4), min_size=len(rows), max_size=len(rows))), np.int64
    )
    places = Places.of_some(positions, rows, n)
    expected = np.full(n, -1)
    expected[rows] = positions
    others = data.draw(st.lists(st.integers(0, n - 1), max_size=6) if n else st.just([]))
    for taken in (rows, np.array(others, np.int64), rows.copy()):
        assert places.take(taken).index.tolist() == expected[taken].tolist()
    assert len(places) == n
    assert places.index.tolist() == expected.tolist()
