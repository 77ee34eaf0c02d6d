"""Decisions are chosen and put together row by row, whatever is in them."""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from higgsflow.events.lists import from_counts
from higgsflow.events.objects import Objects
from higgsflow.taggers.cut_groups import coded
from higgsflow.taggers.decisions import PlainDecision, between, spliced, taken
from higgsflow.taggers.late_columns import LateColumn, Places


def said(mask: list[bool], x: list[float], category: list[int]) -> PlainDecision:
    plain = np.array(mask)
    cuts = {"events": coded({"mask": plain})}
    return PlainDecision(plain, {"x": np.array(x)}, cuts, np.array(category, dtype=np.int16))


def test_answers_are_put_together_row_by_row() -> None:
    known = said([True, True, False], [1.0, 2.0, 3.0], [1, 2, 3])
    fresh = said([True], [9.0], [7])
    (both,) = spliced([known], [fresh], np.array([2, 3, 0]))
    assert (both.mask.tolist(), np.asarray(both.columns["x"]).tolist()) == (
        [False, True, True],
        [3, 9, 1],
    )
    assert both.category is not None
    assert both.category.tolist() == [3, 7, 1]
    assert both.cuts["events"]["mask"].tolist() == both.mask.tolist()
    (some,) = taken([known], np.array([1]))
    assert (some.columns["x"].tolist(), some.mask.tolist()) == ([2.0], [True])


@given(st.lists(st.integers(0, 3), max_size=6), st.data())
def test_consecutive_rows_are_what_is_taken(counts: list[int], data: Any) -> None:
    n, lists = len(counts), from_counts(np.array(counts, dtype=np.int64))
    of_objects = np.arange(lists.n)
    late = LateColumn(lambda at: at * 0.5, Places(np.arange(n) - 1))
    columns = {
        "late": late,
        "n": np.arange(n),
        "Jet": Objects(lists, {"pt": of_objects * 1.0}),
        "whole": ak.Array(np.zeros((n, 2))),
    }
    cuts = {
        "events": coded({"even": np.arange(n) % 2 == 0}),
        "jets": coded({"odd": of_objects % 2 == 1, "pt": of_objects > 2}, lists),
    }
    known = PlainDecision(np.arange(n) > 1, columns, cuts, np.arange(n, dtype=np.int16))
    begin, end = sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n))))
    (part,), (expected,) = between([known], begin, end), taken([known], np.arange(begin, end))
    assert part.mask.tolist() == expected.mask.tolist()
    assert part.category is not None
    assert expected.category is not None
    assert part.category.tolist() == expected.category.tolist()
    for name, group in part.cuts.items():
        other = expected.cuts[name]
        assert group.codes.tolist() == other.codes.tolist()
        if group.lists is not None:
            assert other.lists is not None
            assert group.lists.offsets.tolist() == other.lists.offsets.tolist()
    for name in ("late", "n", "whole"):
        assert_array_equal(np.asarray(part.columns[name]), np.asarray(expected.columns[name]))
    assert ak.array_equal(part.columns["Jet"].view, expected.columns["Jet"].view)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.data())
def test_two_answers_put_together_are_rows_of_one_to_both(counts: list[int], data: Any) -> None:
    n, lists = len(counts), from_counts(np.array(counts, dtype=np.int64))
    of_objects = np.arange(lists.n)
    columns = {
        "n": np.arange(n),
        "Jet": Objects(lists, {"pt": of_objects * 1.0}),
        "lists": ak.unflatten(of_objects, counts),
    }
    cuts = {"jets": coded({"odd": of_objects % 2 == 1}, lists)}
    whole = PlainDecision(np.arange(n) % 2 == 0, columns, cuts, np.arange(n, dtype=np.int16))
    cut = data.draw(st.integers(0, n))
    order = np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=8)), dtype=np.int64)
    parts = (taken([whole], np.arange(*rows)) for rows in ((cut,), (cut, n)))
    (found,), (expected,) = spliced(*parts, order), taken([whole], order)
    assert found.mask.tolist() == expected.mask.tolist()
    assert found.category is not None
    assert expected.category is not None
    assert found.category.tolist() == expected.category.tolist()
    assert np.asarray(found.columns["n"]).tolist() == order.tolist()
    assert found.columns["Jet"].view.tolist() == expected.columns["Jet"].view.tolist()
    assert found.columns["lists"].tolist() == [columns["lists"].tolist()[i] for i in order]
    assert found.cuts["jets"].codes.tolist() == expected.cuts["jets"].codes.tolist()
