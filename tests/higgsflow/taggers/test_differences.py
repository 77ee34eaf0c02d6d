"""Rows differ in their numbers, in the number of their objects, or in one of these."""

from __future__ import annotations

import math

import awkward as ak
import numpy as np
import pytest

from higgsflow.events.objects import Objects
from higgsflow.events.plain import plain
from higgsflow.taggers.differences import unlike, unlike_rows

EVENTS = plain(
    ak.Array({"met": [1.0, 2.0, math.nan], "Jet": [[{"pt": 50.0}], [], [{"pt": 1.0}, {"pt": 2.0}]]})
)


def test_what_is_not_a_number_is_like_itself() -> None:
    assert unlike(np.array([1.0, math.nan]), np.array([2.0, math.nan])).tolist() == [True, False]


def test_objects_differ_by_their_number_or_their_columns() -> None:
    jets = EVENTS.collections["Jet"]
    other = Objects(jets.lists, {"pt": np.array([50.0, 1.0, 9.0])})
    rows = np.arange(3)
    assert unlike_rows(jets, other, rows, rows).tolist() == [False, False, True]
    assert unlike_rows(jets, jets, rows, np.array([0, 0, 2])).tolist() == [False, True, False]


def test_objects_that_differ_in_what_nobody_looks_at_are_alike() -> None:
    jets = EVENTS.collections["Jet"]
    more = Objects(jets.lists, {**jets.columns, "eta": np.array([1.0, 2.0, 3.0])})
    other = Objects(jets.lists, {**jets.columns, "eta": np.array([1.0, 2.0, 9.0])})
    rows = np.arange(3)
    assert unlike_rows(more, other, rows, rows, {"pt"}).tolist() == [False, False, False]
    assert unlike_rows(more, other, rows, rows, {"eta", "pt"}).tolist() == [False, False, True]
    # of a field that is not there nothing is known
    assert unlike_rows(more, other, rows, rows, {"phi"}).tolist() == [False, False, True]
    assert unlike_rows(more, other, rows, np.array([0, 0, 2]), {"pt"}).tolist()[1]


@pytest.mark.parametrize("kind", ["bool", "int32", "int64", "uint64", "float32"])
def test_fields_of_any_type_are_compared_exactly(kind: str) -> None:
    lists, rows = EVENTS.collections["Jet"].lists, np.arange(3)
    # neighbours that float64 would take for one another
    largest = np.iinfo(kind).max if "int" in kind else 1
    one = Objects(lists, {"x": np.array([0, 1, largest], dtype=kind)})
    other = Objects(lists, {"x": np.array([0, 1, largest - 1], dtype=kind)})
    assert unlike_rows(one, one.take(rows), rows, rows).tolist() == [False, False, False]
    assert unlike_rows(one, other, rows, rows).tolist() == [False, False, True]


def test_events_without_objects_differ_from_those_with_some_only() -> None:
    jets = EVENTS.collections["Jet"]
    empty, full = np.array([1, 1]), np.array([1, 2])
    assert unlike_rows(jets, jets, empty, empty).tolist() == [False, False]
    assert unlike_rows(jets, jets, empty, full).tolist() == [False, True]
    assert unlike_rows(jets, jets, empty[:0], full[:0]).tolist() == []
