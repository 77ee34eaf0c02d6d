"""Runs of stored numbers against plain Python lists, both ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow.compiled.choice import COMPILED, NUMPY, using
from higgsflow.events.lists import from_counts
from higgsflow.events.runs import Runs, runs_of, turned

law = settings(deadline=None, max_examples=80)
both_ways = pytest.mark.parametrize("way", [COMPILED, NUMPY])
# as stored, and as it is given
KINDS = {
    ">f4": "f8", ">f8": "f8", ">i4": "i4", ">u4": "u4", ">i2": "i2", ">u2": "u2", ">i8": "i8",
    "i1": "i1", "u1": "u1", "?": "?",
}  # fmt: skip


@both_ways
@law
@given(st.integers(0, 9), st.sampled_from(sorted(KINDS)), st.data())
def test_all_of_a_column(way: str, n: int, kind: str, data: Any) -> None:
    bits = data.draw(hnp.arrays(np.uint8, n * np.dtype(kind).itemsize))
    values = bits.view(kind) if kind != "?" else bits % 2 == 1
    found = np.zeros(n, KINDS[kind])
    with using(way), np.errstate(invalid="ignore"):
        turned(values, found)
        np.testing.assert_array_equal(found, values.astype(KINDS[kind]))


@both_ways
@law
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=9),
    st.sampled_from(sorted(KINDS)),
    st.data(),
)
def test_what_is_kept_of_a_column(way: str, counts: list[int], kind: str, data: Any) -> None:
    offsets = from_counts(counts).offsets
    bits = data.draw(hnp.arrays(np.uint8, int(offsets[-1]) * np.dtype(kind).itemsize))
    values = bits.view(kind) if kind != "?" else bits % 2 == 1
    rows = np.flatnonzero(data.draw(hnp.arrays(np.bool_, len(counts))))
    every = [values[at] for row in rows for at in range(offsets[row], offsets[row + 1])]
    # some bits are a NaN that numpy warns of when it is turned
    with using(way), np.errstate(invalid="ignore"):
        runs = runs_of(offsets, rows)
        found = np.zeros(runs.n, KINDS[kind])
        runs.fill(found, values)
        expected = np.array(every, values.dtype).astype(KINDS[kind])
    np.testing.assert_array_equal(found, expected)
    # as few as there can be
    assert (runs.begins[1:] > runs.ends[:-1]).all()
    assert (runs.ends > runs.begins).all()


@both_ways
def test_neighbours_are_one_run_also_across_empty_lists(way: str) -> None:
    offsets = from_counts([2, 0, 3, 1, 0, 4]).offsets
    with using(way):
        runs = runs_of(offsets, np.array([0, 1, 2, 4, 5]))
    assert (runs.begins.tolist(), runs.ends.tolist()) == ([0, 6], [5, 10])
    assert runs.n == 9


@both_ways
def test_signs_of_zero_and_numbers_that_are_none_stay(way: str) -> None:
    values = np.array([1, -0.0, np.nan, np.inf, -np.inf], ">f4")
    found = np.ones(4)
    with using(way):
        Runs(np.array([1]), np.array([5])).fill(found, values)
    np.testing.assert_array_equal(found, [-0.0, np.nan, np.inf, -np.inf])
    assert np.signbit(found[0])
