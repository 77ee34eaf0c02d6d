"""Kernels of moments, held to the function that they answer for, up to rounding of sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow.records import moments

kernels = pytest.importorskip("higgsflow.compiled.moments", reason="no C compiler at installation")

law = settings(deadline=None, max_examples=60)
KINDS = (np.float64, np.float32, np.int16, np.int32, np.int64, np.uint64, np.bool_)
weights = st.floats(-1e3, 1e3, width=32)
LARGE = (1e100, np.nextafter(1e100, np.inf), -1e101, np.finfo(np.float64).max)
numbers = st.sampled_from([0.0, -0.0, 1.5, -7.25, 1e6, np.nan, np.inf, -np.inf])


def alike(*args: Any) -> None:
    """The kernel says the same as the function; never that it does not know."""
    assert kernels.of_columns(*args) is not NotImplemented
    found = moments._numbers(*args)
    with np.errstate(invalid="ignore"):
        expected = moments._numbers.__wrapped__(*args)  # type: ignore[attr-defined]
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-6)
    np.testing.assert_array_equal(found[..., [0, 3, 4]], expected[..., [0, 3, 4]])


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
    alike(columns, weight, groups)


def test_moments_of_values_that_may_not_be_written_or_have_their_bytes_in_another_order() -> None:
    kept, turned = np.arange(3.0), np.arange(3.0).astype(">f8")
    kept.flags.writeable = False
    alike([kept, turned, turned[::-1]], np.ones(3), [np.array([0, 2])])


def test_moments_of_no_columns() -> None:
    assert kernels.of_columns([], np.ones(3), [np.array([0])]).shape == (1, 0, 8)


@pytest.mark.parametrize("rows", [[3], [-1], [0, 1, 2, 7]])
def test_rows_that_are_not_there_are_left_to_numpy(rows: list[int]) -> None:
    columns = [np.arange(3.0)]
    wrong, fine = np.array(rows, np.int64), np.array([0])
    assert kernels.of_columns(columns, np.ones(3), [wrong]) is NotImplemented
    assert kernels.of_columns(columns, np.ones(3), [fine, wrong]) is NotImplemented
    assert kernels.of_columns([np.arange(2.0)], np.ones(3), [fine]) is NotImplemented


def test_other_types_are_left_to_numpy() -> None:
    rows = np.array([0, 1])
    assert kernels.of_columns([np.ones(2)], np.ones(2, int), [rows]) is NotImplemented
    assert kernels.of_columns([np.ones(2)], np.ones(2), [rows.astype(np.int32)]) is NotImplemented


@pytest.mark.parametrize("large", [sign * number for number in LARGE for sign in (1, -1)])
@pytest.mark.parametrize("place", range(5))
def test_values_count_up_to_those_that_cannot_be_squared(large: float, place: int) -> None:
    column = np.insert(np.array([2.0, np.nan, -1.0, 3.0]), place, large)
    rows, weight = np.arange(5), np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    (((n, mean, m2, *_),),) = kernels.of_columns([column], weight, [rows])
    assert n == 3 + (abs(large) <= 1e100)
    assert np.isfinite([mean, m2]).all()
    with np.errstate(invalid="ignore"):
        expected = moments._numbers.__wrapped__([column], weight, [rows])  # type: ignore[attr-defined]
    np.testing.assert_allclose(kernels.of_columns([column], weight, [rows]), expected, rtol=1e-12)
