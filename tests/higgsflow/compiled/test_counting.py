"""Kernels of counters, held to the functions that they answer for, up to rounding of sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow.events.lists import from_counts
from higgsflow.selection import cutflow

kernels = pytest.importorskip("higgsflow.compiled.counting", reason="no C compiler at installation")

law = settings(deadline=None, max_examples=60)
weights = st.floats(-1e3, 1e3, width=32)


def alike(function: Any, *args: Any) -> None:
    """The kernel says the same as the function; never that it does not know."""
    found = function(*args)
    with np.errstate(invalid="ignore"):
        expected = function.__wrapped__(*args)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-6)
    np.testing.assert_array_equal(found[0], expected[0])


@law
@given(
    st.lists(st.tuples(st.integers(0, 6), weights), max_size=9), st.sampled_from("BH"), st.data()
)
def test_sums_of_objects_and_events(
    lists: list[tuple[int, float]], kind: str, data: st.DataObject
) -> None:
    offsets = from_counts([n for n, _ in lists]).offsets
    weight = np.array([w for _, w in lists])
    codes = data.draw(hnp.arrays(kind, int(offsets[-1]), elements=st.integers(0, 11)))
    assert kernels.by_code(codes, weight, 12, offsets) is not NotImplemented
    alike(cutflow._sums_by_code, codes, weight, 12, offsets)
    of_events = data.draw(hnp.arrays(kind, len(weight), elements=st.integers(0, 11)))
    assert kernels.by_code(of_events, weight, 12, None) is not NotImplemented
    alike(cutflow._sums_by_code, of_events, weight, 12, None)


@pytest.mark.parametrize("kind", "BH")
@pytest.mark.parametrize("longest", [8, 9, 700, 2048, 2049, 5000])
def test_sums_of_long_lists_among_short_ones(kind: str, longest: int) -> None:
    drawn = np.random.default_rng(longest)
    counts = drawn.integers(0, 12, 2000)
    counts[::97], counts[-1] = longest, longest
    offsets = from_counts(counts).offsets
    codes = drawn.integers(0, 12, int(offsets[-1])).astype(kind)
    alike(cutflow._sums_by_code, codes, drawn.normal(1, 1, len(counts)), 12, offsets)


@law
@given(st.integers(0, 12), st.lists(st.tuples(st.integers(0, 3), weights), max_size=9), st.data())
def test_combinations_of_cuts(n: int, lists: list[tuple[int, float]], data: st.DataObject) -> None:
    offsets = from_counts([n for n, _ in lists]).offsets
    weight = np.array([w for _, w in lists])
    elements = st.integers(0, (1 << n) - 1)
    codes = data.draw(hnp.arrays("B" if n <= 8 else "H", int(offsets[-1]), elements=elements))
    assert kernels.flow(n, codes, weight, offsets) is not NotImplemented
    alike(cutflow._of_combinations, n, codes, weight, offsets)


def test_many_combinations_of_cuts_are_left_to_numpy() -> None:
    codes = np.array([1 << 12], np.uint16)
    assert kernels.flow(13, codes, np.ones(1), None) is NotImplemented
    assert kernels.flow(12, codes, np.ones(1), None) is NotImplemented


@pytest.mark.parametrize(
    ("codes", "n_codes", "offsets"),
    [
        ([0, 1, 4], 4, None),
        ([0, 1], 4, None),
        ([0, 1, 2, 3], 4, [0, 1, 3, 5]),
        ([0, 1, 2, 3], 4, [0, 3, 2, 4]),
        ([0, 1, 2, 3], 4, [1, 2, 3, 4]),
        ([0, 1, 2, 3], 4, [0, 4]),
        ([0, 1, 2, 3], 4, []),
    ],
)
def test_memory_outside_is_never_touched(codes: Any, n_codes: int, offsets: Any) -> None:
    """Numpy says what is wrong."""
    edges = None if offsets is None else np.array(offsets, np.int64)
    answer = kernels.by_code(np.array(codes, np.uint8), np.ones(3), n_codes, edges)
    assert answer is NotImplemented


def test_other_types_are_left_to_numpy() -> None:
    codes = np.array([0, 1], np.int64)
    assert kernels.by_code(codes, np.ones(2), 2, None) is NotImplemented
    assert kernels.by_code(codes.astype(np.uint8), np.ones(2, int), 2, None) is NotImplemented
