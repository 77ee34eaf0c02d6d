"""Kernels of columns, held to the functions that they answer for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow.compiled import columns as kernels
from higgsflow.events import plain
from higgsflow.taggers import contract, sequence, variants

if TYPE_CHECKING:
    from collections.abc import Callable

law = settings(deadline=None, max_examples=60)
KINDS = [np.uint8, np.uint16, np.uint32, np.uint64]


@law
@given(hnp.arrays(np.float64, 4), st.sets(st.integers(0, 5)), st.data())
def test_values_at_some_rows(agrees: Callable[..., Any], values: Any, at: Any, data: Any) -> None:
    rows = np.array(sorted(at), np.int64)
    places = hnp.arrays(np.int64, len(rows), elements=st.integers(0, len(values) - 1))
    agrees(plain.placed, values, data.draw(places), rows, 6)


@pytest.mark.parametrize(
    ("values", "positions", "rows"),
    [
        (np.zeros(2, np.float32), [0], [0]),
        (np.zeros(2), [2], [0]),
        (np.zeros(2), [0], [3]),
        (np.zeros(2), [-1], [0]),
        (np.zeros(2), [0, 1], [0]),
    ],
)
def test_other_types_and_places_are_left_to_numpy(values: Any, positions: Any, rows: Any) -> None:
    found = kernels.placed(values, np.array(positions), np.array(rows), 3)
    assert found is NotImplemented


@law
@given(st.sampled_from(KINDS), st.data())
def test_masks_as_codes(agrees: Callable[..., Any], kind: Any, data: Any) -> None:
    n = data.draw(st.integers(1, np.iinfo(kind).bits))
    masks = tuple(data.draw(hnp.arrays(np.bool_, 3)) for _ in range(n))
    agrees(contract._codes, masks, kind)


def test_masks_of_other_types_or_lengths_are_left_to_numpy() -> None:
    masks = (np.zeros(2, np.bool_), np.zeros(3, np.bool_))
    assert kernels.codes_of(masks, np.uint8) is NotImplemented
    assert kernels.codes_of((np.zeros(2),), np.uint8) is NotImplemented


@law
@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 4), st.integers(0, 5))))
def test_the_first_mask(agrees: Callable[..., Any], masks: Any) -> None:
    agrees(sequence.remove_overlap, masks)


numbers = st.one_of(st.sampled_from([0.0, -0.0, np.nan, np.inf, 1.0]), st.floats())


@law
@given(hnp.arrays(np.float64, 4, elements=numbers), st.data())
def test_where_numbers_differ(agrees: Callable[..., Any], mine: Any, data: Any) -> None:
    known = data.draw(hnp.arrays(np.float64, 4, elements=numbers))
    rows, places = (
        data.draw(hnp.arrays(np.int64, 5, elements=st.integers(0, 3))) for _ in range(2)
    )
    agrees(variants._unlike_at, mine, rows, known, places)


def test_comparing_other_types_and_places_is_left_to_numpy() -> None:
    at = np.array([0])
    assert kernels.unlike_at(np.zeros(1), at, np.zeros(1, np.int16), at) is NotImplemented
    assert kernels.unlike_at(np.zeros(1), at, np.zeros(1), at + 1) is NotImplemented
    assert kernels.unlike_at(np.zeros(1), at, np.zeros(1), np.array([0, 0])) is NotImplemented
    assert kernels.first_of(np.zeros(3, np.bool_)) is NotImplemented
    assert kernels.first_of(np.zeros((2, 3))) is NotImplemented
