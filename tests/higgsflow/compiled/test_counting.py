"""Kernels of counters, held to the functions that they answer for, up to rounding of sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow.events.lists import from_counts
from higgsflow.records import moments
from higgsflow.selection import cutflow

kernels = pytest.importorskip("higgsflow.compiled.counting", reason="no C compiler at installation")

law = settings(deadline=None, max_examples=60)
KINDS = (np.float64, np.float32, np.int16, np.int32, np.int64, np.uint64, np.bool_)
weights = st.floats(-1e3, 1e3, width=32)
numbers = st.sampled_from([0.0, -0.0, 1.5, -7.25, 1e6, np.nan, np.inf, -np.inf])


def alike(function: Any, *args: Any) -> None:
    """The kernel says the same as the function; never that it does not know."""
    found = function(*args)
    with np.errstate(invalid="ignore"):
        expected = function.__wrapped__(*args)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-6, strict=True)
    if function in (cutflow._sums_by_code, cutflow._of_combinations):
        np.testing.assert_array_equal(found[0], expected[0])
    else:
        np.testing.assert_array_equal(found[..., [0, 3, 4]], expected[..., [0, 3, 4]])


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


@law
@given(st.lists(st.tuples(numbers, numbers, weights), max_size=12), st.data())
def test_moments_of_columns(table: list[tuple[float, float, float]], data: st.DataObject) -> None:
    array = np.array(table, np.float64).reshape(-1, 3)
    columns: list[Any] = [array[:, 0].copy(), array[:, 1].astype(np.float32)]
    with np.errstate(invalid="ignore"):
        whole = np.where(np.isfinite(array[:, 0]), array[:, 0], 1)
        columns += [whole.astype(np.int16 if kind is np.int16 else kind) for kind in KINDS[3:]]
    columns.append(np.arange(len(array), dtype=np.int16))
    # also a column whose values do not stand one behind the other
    columns.append(array[:, 1])
    chosen = data.draw(st.lists(hnp.arrays(np.bool_, len(array)), max_size=3))
    groups, weight = [np.flatnonzero(mask) for mask in chosen], array[:, 2].copy()
    assert kernels.moments(columns, weight, groups) is not NotImplemented
    alike(moments._numbers, columns, weight, groups)


def test_moments_of_values_that_may_not_be_written_or_have_their_bytes_in_another_order() -> None:
    kept, turned = np.arange(3.0), np.arange(3.0).astype(">f8")
    kept.flags.writeable = False
    alike(moments._numbers, [kept, turned, turned[::-1]], np.ones(3), [np.array([0, 2])])


def test_moments_of_no_columns() -> None:
    assert kernels.moments([], np.ones(3), [np.array([0])]).shape == (1, 0, 8)


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


@pytest.mark.parametrize("rows", [[3], [-1], [0, 1, 2, 7]])
def test_rows_that_are_not_there_are_left_to_numpy(rows: list[int]) -> None:
    columns = [np.arange(3.0)]
    wrong, fine = np.array(rows, np.int64), np.array([0])
    assert kernels.moments(columns, np.ones(3), [wrong]) is NotImplemented
    assert kernels.moments(columns, np.ones(3), [fine, wrong]) is NotImplemented
    assert kernels.moments([np.arange(2.0)], np.ones(3), [fine]) is NotImplemented


def test_other_types_are_left_to_numpy() -> None:
    codes = np.array([0, 1], np.int64)
    assert kernels.by_code(codes, np.ones(2), 2, None) is NotImplemented
    assert kernels.by_code(codes.astype(np.uint8), np.ones(2, int), 2, None) is NotImplemented
    assert kernels.moments([np.ones(2)], np.ones(2, int), [codes]) is NotImplemented
    assert kernels.moments([np.ones(2)], np.ones(2), [codes.astype(np.int32)]) is NotImplemented
