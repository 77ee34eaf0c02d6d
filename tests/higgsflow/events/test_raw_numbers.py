"""Numbers put together from parts, at once or when they are looked at."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.events import raw_numbers
from higgsflow.events.baskets import OddBasket
from higgsflow.events.lists import Lists
from higgsflow.events.objects import Objects
from higgsflow.events.raw_numbers import (
    ChosenEntries,
    HeldParts,
    RawColumn,
    StoredColumn,
    StoredLists,
    joined,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = (">f4", ">f8", ">i4", ">u2", "u1", "?")
rising = st.lists(st.booleans(), min_size=12, max_size=12).map(np.flatnonzero)


def parts_of(numbers: Any, offsets: Any, borders: Sequence[int]) -> list[Any]:
    """As baskets hold them, which end between these events."""
    ends = offsets[sorted({0, *borders, len(offsets) - 1})]
    return [numbers[a:b] for a, b in pairwise(ends)]


@st.composite
def columns(draw: st.DrawFn, least: int) -> tuple[Any, Any, list[Any]]:
    """Numbers of twelve events as they are stored, where their lists begin, and parts of them."""
    counts = draw(st.lists(st.integers(least, least + 6), min_size=12, max_size=12))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    numbers = (np.arange(offsets[-1]) % 251).astype(draw(st.sampled_from(KINDS)))
    borders = draw(st.lists(st.integers(0, 12), max_size=3))
    return numbers, offsets, parts_of(numbers, offsets, borders)


def expected(numbers: Any, offsets: Any, rows: Any) -> Any:
    kind = np.float64 if numbers.dtype == ">f4" else numbers.dtype.newbyteorder("=")
    return Objects(Lists(offsets), {"x": numbers.astype(kind)}).take(rows).x


@settings(deadline=None, max_examples=60)
@given(columns(least=8), rising, st.data())
def test_what_waits_is_the_same_for_any_rows(
    column: tuple[Any, Any, list[Any]], entries: Any, data: st.DataObject
) -> None:
    numbers, offsets, parts = column
    lists = StoredLists(offsets, ChosenEntries(entries))
    found = lists.column(iter(parts), numbers.dtype)
    assert isinstance(found, StoredColumn)
    some = st.lists(st.integers(0, max(len(entries) - 1, 0)), max_size=5 * min(len(entries), 1))
    for _ in range(2):
        # in any order and several times, and as they rise
        drawn = np.array(data.draw(some), dtype=np.int64)
        for rows in (drawn, np.unique(drawn), None):
            whole = entries if rows is None else entries[rows]
            mine = found.of(rows)
            np.testing.assert_array_equal(mine, expected(numbers, offsets, whole), strict=True)
            assert mine.dtype == found.dtype
    assert found.offsets is lists.chosen_offsets
    np.testing.assert_array_equal(found.numbers, found.of(None), strict=True)


@settings(deadline=None, max_examples=60)
@given(columns(least=0), rising)
def test_few_objects_are_copied_at_once(column: tuple[Any, Any, list[Any]], entries: Any) -> None:
    numbers, offsets, parts = column
    found = StoredLists(offsets, ChosenEntries(entries)).column(iter(parts), numbers.dtype)
    assert isinstance(found, RawColumn) == (offsets[-1] < 8 * 12)
    np.testing.assert_array_equal(found.numbers, expected(numbers, offsets, entries), strict=True)


def test_all_entries_are_copied_at_once() -> None:
    offsets = np.arange(0, 50, 10)
    found = StoredLists(offsets, None).column([np.arange(40, dtype=">f4")], np.dtype(">f4"))
    assert isinstance(found, RawColumn)
    assert (found.numbers.dtype, found.offsets) == (np.dtype(np.float64), offsets)


def test_nothing_is_turned_before_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    fill = raw_numbers.Runs.fill

    def noted(self: Any, found: Any, values: Any) -> None:
        made.append(len(found))
        fill(self, found, values)

    monkeypatch.setattr(raw_numbers.Runs, "fill", noted)
    lists = StoredLists(np.arange(0, 50, 10), ChosenEntries(np.array([0, 2, 3])))
    one, other = (lists.column([np.arange(40, dtype=t)], np.dtype(t)) for t in (">f4", ">i4"))
    assert made == []
    rows = np.array([1, 2])
    assert isinstance(one, StoredColumn)
    assert one.of(rows).tolist() == [float(i) for i in range(20, 40)]
    assert made == [20]
    # what is looked at of another column lies at the same places
    known = lists.some(rows)
    assert isinstance(other, StoredColumn)
    assert other.of(rows).tolist() == list(range(20, 40))
    assert lists.some(rows)[0] is known[0]


class Watched(HeldParts):
    """Parts that note which of them were looked at."""

    def __init__(self, held: list[Any]) -> None:
        super().__init__(held)
        self.looked_at: list[int] = []

    def __getitem__(self, number: int) -> Any:
        self.looked_at.append(number)
        return super().__getitem__(number)


@pytest.mark.parametrize(
    ("rows", "looked_at"),
    [([1], [1]), ([1, 2], [1, 2]), ([2, 0, 2], [0, 2]), ([1, 1], [1]), ([2, 0, 1], [0, 1, 2])],
)
def test_only_parts_with_what_is_looked_at_are(rows: list[int], looked_at: list[int]) -> None:
    """Also in any order, as of several variations; where all parts are, it is for all entries."""
    numbers = np.arange(30, dtype=">f4")
    parts = Watched([numbers[:10], numbers[10:20], numbers[20:]])
    lists = StoredLists(np.arange(0, 40, 10), ChosenEntries(np.arange(3)))
    column = StoredColumn(lists, parts, numbers.dtype)
    expected = [float(10 * row + i) for row in rows for i in range(10)]
    assert column.of(np.array(rows)).tolist() == expected
    assert parts.looked_at == looked_at


@pytest.mark.parametrize("n", [30, 50])
def test_numbers_that_are_not_all_there_are_odd_at_once(n: int) -> None:
    lists = StoredLists(np.arange(0, 50, 10), ChosenEntries(np.array([0, 3])))
    with pytest.raises(OddBasket, match=f"{n} of 40 numbers"):
        lists.column([np.zeros(n, ">f4")], np.dtype(">f4"))


def test_numbers_that_are_not_all_there_are_odd() -> None:
    lists = StoredLists(np.array([0, 2, 4]), ChosenEntries(np.arange(2)))
    with pytest.raises(OddBasket, match="2 of 4 numbers"):
        lists.numbers([np.zeros(2, ">f4")], np.dtype(">f4"))


@pytest.mark.parametrize("parts", [[3, 2], [1, 2]])
def test_parts_that_do_not_make_up_the_whole_are_odd(parts: list[int]) -> None:
    with pytest.raises(OddBasket, match="numbers"):
        joined([np.zeros(n, ">f4") for n in parts], 4, np.dtype(">f4"))
