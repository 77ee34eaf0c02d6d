"""Kernels of lists, held to the functions of higgsflow/events/lists.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow.events import lists
from higgsflow.events.lists import from_counts
from higgsflow.taggers import cut_groups

if TYPE_CHECKING:
    from collections.abc import Callable

kernels = pytest.importorskip("higgsflow.compiled.lists", reason="no C compiler at installation")

law = settings(deadline=None, max_examples=60)
# also longer ones than kernels write at once
counts = st.lists(st.integers(0, 11), max_size=8)


@law
@given(counts, st.data())
def test_objects_of_a_mask(agrees: Callable[..., Any], n: list[int], data: Any) -> None:
    mask = data.draw(hnp.arrays(np.bool_, sum(n)))
    offsets = from_counts(n).offsets
    agrees(lists._edges, mask, offsets)
    _, positions = agrees(lists._chosen, mask, offsets)
    assert positions.tolist() == np.flatnonzero(mask).tolist()


@law
@given(counts)
def test_pairs_of_lists(agrees: Callable[..., Any], n: list[int]) -> None:
    agrees(lists._paired, from_counts(n).offsets)


@law
@given(counts.filter(bool), st.data())
def test_rows_of_lists(agrees: Callable[..., Any], n: list[int], data: Any) -> None:
    rows = data.draw(hnp.arrays(np.int64, st.integers(0, 9), elements=st.integers(0, len(n) - 1)))
    offsets, _ = agrees(lists._taken, from_counts(n).offsets, rows)
    assert agrees(lists.offsets_of, from_counts(n).offsets, rows).tolist() == offsets.tolist()


@pytest.mark.parametrize(
    ("offsets", "rows"),
    [
        ([0, 2, 1, 3], [0]),
        ([1, 2], [0]),
        ([0, 2, 3], [2]),
        ([0, 2, 3], [-1]),
        # where differences are so large that their signs turn
        ([0, 2**63 - 1, -(2**63), 3], [2]),
        ([0, 2, 3], [-(2**63)]),
        ([0, 2, 3], [2**63 - 1]),
        ([], []),
    ],
)
def test_memory_outside_is_never_read(offsets: list[int], rows: list[int]) -> None:
    """Numpy says what is wrong, or that counting from the end is meant."""
    arrays = np.array(offsets, np.int64), np.array(rows, np.int64)
    assert kernels.taken(*arrays) is kernels.offsets_of(*arrays) is NotImplemented


def test_what_was_looked_through_cannot_be_written() -> None:
    offsets = np.array([0, 2, 3], np.int64)
    assert kernels.are_lists(offsets)
    with pytest.raises(ValueError, match="read-only"):
        offsets[1] = 9


def test_other_offsets_in_the_same_memory_are_looked_through() -> None:
    memory = np.array([0, 2, 3], np.int64)
    for step in range(1000):
        # an array may get the identity of one that is gone
        assert kernels.are_lists(memory[:]), step
        memory[1] = -1
        assert not kernels.are_lists(memory[:]), step
        memory[1] = 2


@pytest.mark.parametrize("kind", [np.int32, np.uint64, ">i8", np.float64])
def test_other_types_are_left_to_numpy(kind: Any) -> None:
    offsets = np.array([0, 1, 3], np.int64)
    assert kernels.taken(offsets.astype(kind), np.array([0])) is NotImplemented
    assert kernels.taken(offsets, np.array([0], kind)) is NotImplemented
    assert kernels.edges(np.ones(3, kind), offsets) is NotImplemented
    assert kernels.chosen(np.ones(4, np.bool_), offsets) is NotImplemented


@law
@given(counts, counts, st.data())
def test_two_sets_of_lists(
    agrees: Callable[..., Any], n: list[int], m: list[int], data: Any
) -> None:
    codes = tuple(data.draw(hnp.arrays(np.uint8, sum(k))) for k in (n, m))
    offsets = tuple(from_counts(k).offsets for k in (n, m))
    rows = st.lists(st.integers(0, len(n + m) - 1), max_size=9) if n + m else st.just([])
    agrees(cut_groups._spliced, codes, offsets, np.array(data.draw(rows), np.int64))


def test_lists_of_larger_numbers_and_other_rows_are_left_to_numpy() -> None:
    codes, offsets, at = np.zeros(2, np.uint8), np.array([0, 2]), np.array([1])
    assert kernels.spliced((codes, codes), (offsets, offsets), at) is not NotImplemented
    assert kernels.spliced((codes, codes), (offsets, offsets), at + 1) is NotImplemented
    assert kernels.spliced((codes, codes[:1]), (offsets, offsets), at) is NotImplemented
    wide = codes.astype(np.uint16)
    assert kernels.spliced((wide, wide), (offsets, offsets), at) is NotImplemented
