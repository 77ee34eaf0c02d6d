"""Kernels that copy whole lists, held to the function of higgsflow/events/objects.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow.events import objects
from higgsflow.events.lists import Lists, from_counts
from higgsflow.events.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Callable

kernels = pytest.importorskip("higgsflow.compiled.ranges", reason="no C compiler at installation")

law = settings(deadline=None, max_examples=60)


@law
@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=8),
    st.sampled_from(["f4", "f8", "i2", "u8", "?", "u1"]),
    st.data(),
)
def test_objects_of_some_lists(
    agrees: Callable[..., Any], counts: list[int], kind: str, data: st.DataObject
) -> None:
    lists = from_counts(counts)
    values = np.arange(lists.n).astype(kind)
    # in any order, and several times
    places = st.integers(0, len(counts) - 1)
    rows = data.draw(hnp.arrays(np.int64, st.integers(0, 9), elements=places))
    assert kernels.copied(values, lists.offsets, rows) is not NotImplemented
    found = agrees(objects.copied_lists, values, lists.offsets, rows)
    expected = [x for row in rows for x in values[lists.offsets[row] : lists.offsets[row + 1]]]
    assert found.tolist() == [x.item() for x in expected]


@pytest.mark.parametrize("n", [0, 1, 40])
def test_collections_of_long_and_short_lists_are_taken_alike(n: int) -> None:
    lists = from_counts([n, 0, n + 1, 2])
    objects = Objects(lists, {"pt": np.arange(lists.n) * 1.5, "id": np.arange(lists.n)})
    found = objects.take(np.array([2, 3, 0]))
    assert found.lists.counts.tolist() == [n + 1, 2, n]
    expected = [*range(n, 2 * n + 3), *range(n)]
    assert found.id.tolist() == expected
    assert found.pt.tolist() == [1.5 * i for i in expected]


@pytest.mark.parametrize(
    ("offsets", "rows"),
    [
        ([0, 2, 1, 3], [0]),
        # where differences are so large that their signs turn
        ([0, 2**63 - 1, -(2**63), 3], [2]),
        ([0, 2, 4], [0]),
        ([1, 3], [0]),
        ([0, 3], [1]),
        ([0, 3], [-1]),
        ([], []),
    ],
)
def test_memory_outside_is_never_read(offsets: list[int], rows: list[int]) -> None:
    arrays = np.array(offsets, np.int64), np.array(rows, np.int64)
    assert kernels.copied(np.arange(3.0), *arrays) is NotImplemented


@pytest.mark.parametrize(
    "values", [np.arange(6.0)[::2], np.array([None] * 3), [0.0, 1.0, 2.0], np.ones((3, 1))]
)
def test_anything_but_numbers_in_a_row_is_left_to_numpy(values: Any) -> None:
    offsets = Lists(np.array([0, 1, 3])).offsets
    rows = np.array([1])
    assert kernels.copied(values, offsets, rows) is NotImplemented


@pytest.mark.parametrize(
    ("offsets", "rows"),
    [([0, 2, 1], [0]), ([-2, -1, 1], [1]), ([0, 2], [1]), ([0, 2], [-1]), ([], [])],
)
def test_runs_of_lists_that_are_none_are_left_to_numpy(offsets: list[int], rows: list[int]) -> None:
    arrays = np.array(offsets, np.int64), np.array(rows, np.int64)
    assert kernels.runs_of(*arrays) is NotImplemented
