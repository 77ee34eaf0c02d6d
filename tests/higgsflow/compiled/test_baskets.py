"""Kernels of baskets, held to the functions that they answer for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.events.baskets import begin_alike, write_begins

if TYPE_CHECKING:
    from collections.abc import Callable

kernels = pytest.importorskip("higgsflow.compiled.baskets", reason="no C compiler at installation")

law = settings(deadline=None, max_examples=100)
counts = st.lists(st.integers(0, 5), max_size=40)


def stored(offsets: Any, start: int, size: int, shift: int = 0) -> Any:
    """As a basket has them, behind as many bytes."""
    values = ((offsets - offsets[:1]) * size + start).astype(">i4")
    return np.frombuffer(bytes(shift) + values.tobytes(), np.uint8)[shift:].view(">i4")


@law
@given(counts, st.integers(-5, 90), st.sampled_from([1, 4, 8]), st.data())
def test_where_lists_begin(
    agrees: Callable[..., Any], counts: list[int], start: int, size: int, data: Any
) -> None:
    offsets = data.draw(st.integers(0, 9)) + np.cumsum([0, *counts], dtype=np.int64)
    mine = stored(offsets, start, size, data.draw(st.integers(0, 3)))
    assert agrees(begin_alike, mine, offsets, start, size) is True
    other = offsets.copy()
    other[data.draw(st.integers(0, len(counts)))] += data.draw(st.sampled_from([-1, 1, 2**31]))
    assert agrees(begin_alike, mine, other, start, size) is (len(offsets) == 1)


def test_no_lists_and_other_numbers_of_lists(agrees: Callable[..., Any]) -> None:
    none, two = np.zeros(0, np.int64), np.arange(2)
    assert agrees(begin_alike, stored(none, 0, 4), none, 0, 4) is True
    assert agrees(begin_alike, stored(none, 0, 4), two, 0, 4) is False
    assert agrees(begin_alike, stored(two, 0, 4), none, 0, 4) is False


def test_other_types_are_left_to_numpy() -> None:
    offsets = np.arange(4)
    for mine in (offsets.astype("<i4"), offsets.astype(">i8"), stored(offsets, 0, 4)[::2]):
        assert kernels.begin_alike(mine, offsets[: len(mine)], 0, 1) is NotImplemented
    assert kernels.begin_alike(stored(offsets, 0, 4), offsets.astype(">i8"), 0, 4) is NotImplemented


@law
@given(counts, st.integers(-5, 90), st.sampled_from([1, 2, 4, 8, 12]), st.data())
def test_beginnings_in_numbers(
    agrees: Callable[..., Any], counts: list[int], start: int, size: int, data: Any
) -> None:
    offsets = np.cumsum([0, *counts], dtype=np.int64)
    mine = stored(offsets, start, size, data.draw(st.integers(0, 3)))
    ways = [np.empty(len(mine), np.int64) for _ in range(2)]
    assert agrees(lambda: write_begins(mine, start, size, ways[0])) is True
    assert kernels.write_begins(mine, start, size, ways[1]) in (True, NotImplemented)
    assert ways[0].tolist() == offsets.tolist()
    wrong = mine.copy()
    wrong[data.draw(st.integers(0, len(counts)))] += data.draw(st.sampled_from([-1, 1, -(2**20)]))
    is_wrong = np.divmod(wrong.astype(np.int64) - start, size)
    fine = not is_wrong[1].any() and is_wrong[0][0] == 0 and (np.diff(is_wrong[0]) >= 0).all()
    assert agrees(lambda: write_begins(wrong, start, size, ways[0])) is bool(fine)


def test_beginnings_are_written_only_where_they_fit() -> None:
    mine = stored(np.arange(4), 0, 4)
    assert kernels.write_begins(mine, 0, 4, np.zeros(3, np.int64)) is NotImplemented
    assert kernels.write_begins(mine, 0, 4, np.zeros(4)) is NotImplemented
    assert kernels.write_begins(mine.astype("<i4"), 0, 4, np.zeros(4, np.int64)) is NotImplemented


@pytest.mark.parametrize(
    ("begins", "ends", "n"), [([0], [4], 4), ([-1], [2], 3), ([2], [1], 0), ([0, 1], [2], 2)]
)
def test_runs_outside_are_never_read(begins: list[int], ends: list[int], n: int) -> None:
    where = np.array(begins, np.int64), np.array(ends, np.int64)
    assert kernels.filled(np.zeros(3, ">f4"), *where, np.zeros(max(n, 0))) is NotImplemented


@pytest.mark.parametrize("found", [np.zeros(3), np.zeros(2, np.float32), np.zeros(4)[::2], [0, 0]])
def test_runs_are_written_only_where_they_fit(found: Any) -> None:
    where = np.array([1]), np.array([3])
    assert kernels.filled(np.zeros(3, ">f4"), *where, found) is NotImplemented
    assert kernels.filled(np.zeros(3, ">i8"), *where, np.zeros(2, np.int64)) is NotImplemented
