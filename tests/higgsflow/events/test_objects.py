"""Collections of objects, and columns of them that are copied late."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.events import objects
from higgsflow.events.lists import from_counts
from higgsflow.events.objects import Chosen, Objects, knows_virtual
from higgsflow.events.plain import PlainEvents
from higgsflow.events.users_code import shown

COUNTS = [12, 0, 9, 30, 8, 20]
PT = np.arange(float(sum(COUNTS)))
PARTICLES = Objects(
    from_counts(np.array(COUNTS)),
    {"pt": PT, "id": np.arange(len(PT), dtype=np.int32), "far": PT.astype(np.float32)},
)
some_rows = st.lists(st.integers(0, len(COUNTS) - 1), max_size=8)


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[np.dtype[object]]:
    """The types of the columns that were copied."""
    found: list[np.dtype[object]] = []
    copy = objects.copied_lists

    def noted(values: objects.Array, *where: objects.Index) -> objects.Array:
        found.append(values.dtype)
        return copy(values, *where)

    monkeypatch.setattr(objects, "copied_lists", noted)
    return found


@settings(deadline=None, max_examples=50)
@given(some_rows, st.data())
def test_rows_of_rows_are_those_of_awkward(rows: list[int], data: st.DataObject) -> None:
    positions = st.lists(st.integers(0, len(rows) - 1), max_size=8) if rows else st.just([])
    again = data.draw(positions)
    once = PARTICLES.take(np.array(rows, np.int64))
    twice = once.take(np.array(again, np.int64))
    assert isinstance(twice.columns, Chosen)
    expected = PARTICLES.view[np.array(rows, np.int64)]
    assert once.view.tolist() == expected.tolist()
    assert twice.view.tolist() == expected[np.array(again, np.int64)].tolist()
    assert twice.only(["id"]).view.tolist() == twice.view[["id"]].tolist()


@settings(deadline=None, max_examples=60)
@given(st.lists(some_rows, min_size=1, max_size=4), st.data())
def test_what_waits_in_several_sets_is_taken_from_each(
    sets: list[list[int]], data: st.DataObject
) -> None:
    parts = [PARTICLES.take(np.array(rows, np.int64)) for rows in sets]
    whole = objects.one_behind_the_other(parts)
    assert isinstance(whole.columns, Chosen)
    assert {name: whole.kind(name) for name in whole.fields} == {
        name: PARTICLES.kind(name) for name in PARTICLES.fields
    }
    every = np.array([row for rows in sets for row in rows], np.int64)
    positions = st.lists(st.integers(0, len(every) - 1), max_size=9) if len(every) else st.just([])
    some = np.array(data.draw(positions), np.int64)
    expected = PARTICLES.view
    assert whole.take(some).view.tolist() == expected[every[some]].tolist()
    assert whole.take(np.unique(some)).view.tolist() == expected[every[np.unique(some)]].tolist()
    assert whole.view.tolist() == expected[every].tolist()


def test_a_set_without_what_is_looked_at_is_not(copied: list[np.dtype[object]]) -> None:
    parts = [PARTICLES.take(np.array(rows, np.int64)) for rows in ([0, 2], [3], [4, 5])]
    whole = objects.one_behind_the_other(parts)
    assert whole.take(np.array([0, 4])).id.tolist() == [*range(12), *range(59, 79)]
    assert copied == [np.dtype(np.int32)] * 2


def test_where_one_set_is_there_all_are() -> None:
    one = Objects(from_counts(np.array([1])), {"pt": np.array([3.0])})
    other = Objects(from_counts(np.array([9])), {"pt": np.arange(9.0)}).take(np.array([0]))
    assert isinstance(other.columns, Chosen)
    whole = one.joined(other)
    assert isinstance(whole.columns, dict)
    assert whole.view.pt.tolist() == [[3.0], list(range(9))]


def test_nothing_is_copied_before_it_is_looked_at(copied: list[np.dtype[object]]) -> None:
    chosen = PARTICLES.take(np.array([0, 3, 4])).only(["pt", "id"]).take(np.array([1, 2]))
    assert (chosen.fields, chosen.kind("id")) == (["pt", "id"], np.dtype(np.int32))
    assert "id" in chosen.columns
    assert "far" not in chosen.columns
    assert copied == []
    np.testing.assert_array_equal(chosen.id, np.r_[21:51, 51:59])
    assert copied == [np.dtype(np.int32)]


def test_a_column_is_copied_once_for_all_that_have_it(copied: list[np.dtype[object]]) -> None:
    chosen = PARTICLES.take(np.array([0, 3]))
    assert chosen.only(["pt"]).pt is chosen.pt
    assert len(copied) == 1


@pytest.mark.skipif(not knows_virtual(), reason="needs virtual arrays: awkward>=2.8")
def test_awaited_columns_are_copied_when_awkward_looks_at_them(
    copied: list[np.dtype[object]],
) -> None:
    chosen = PARTICLES.take(np.array([2, 4]))
    view = ak.Array(chosen.awaited)
    assert ak.num(view).tolist() == [9, 8]
    assert str(view.type) == str(chosen.view.type)
    copied.clear()
    chosen = PARTICLES.take(np.array([2, 4]))
    view = ak.Array(chosen.awaited)
    assert ak.sum(view.pt) == PT[12:21].sum() + PT[51:59].sum()
    assert copied == [np.dtype(np.float64)]


def test_short_lists_are_taken_at_once() -> None:
    short = Objects(from_counts(np.array([1, 2])), {"pt": np.array([3.0, 4.0, 5.0])})
    taken = short.take(np.array([1, 0]))
    assert isinstance(taken.columns, dict)
    assert taken.columns == {"pt": pytest.approx([4.0, 5.0, 3.0])}
    assert short.awaited.to_list() == short.layout.to_list()


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 3), max_size=6), st.data())
def test_short_lists_that_wait_are_those_that_are_taken(
    counts: list[int], data: st.DataObject
) -> None:
    def rows_of(n: int) -> objects.Index:
        chosen = st.lists(st.integers(0, n - 1), max_size=8) if n else st.just([])
        return np.array(data.draw(chosen), np.int64)

    n = sum(counts)
    columns = {"pt": np.arange(float(n)), "id": np.arange(n, dtype=np.int32)}
    short = Objects(from_counts(np.array(counts, np.int64)), columns)
    rows = rows_of(len(counts))
    late, taken = short.later(rows), short.take(rows)
    assert isinstance(late.columns, Chosen)
    assert late.kind("id") == np.dtype(np.int32)
    assert late.view.tolist() == taken.view.tolist()
    again = rows_of(len(rows))
    assert short.later(rows).take(again).view.tolist() == taken.take(again).view.tolist()
    assert short.later(rows).later(again).pt.tolist() == taken.take(again).pt.tolist()


def test_of_short_lists_that_wait_only_what_is_looked_at_is_copied() -> None:
    short = Objects(from_counts(np.array([1, 2])), {"pt": np.array([3.0, 4.0, 5.0])})
    events = PlainEvents(2, {"w": np.array([1.0, 2.0])}, {"Jet": short})
    late = events.later(np.array([1]))
    columns = late.collections["Jet"].columns
    assert isinstance(columns, Chosen)
    assert (late.flat["w"].tolist(), len(columns._made)) == ([2.0], 0)
    assert shown(late, lambda view: ak.sum(view.Jet.pt)) == 9.0
    assert list(columns._made) == ["pt"]


def test_code_that_cannot_wait_is_asked_again(copied: list[np.dtype[object]]) -> None:
    events = PlainEvents(6, collections={"GenPart": PARTICLES}).take(np.array([0, 2]))
    seen: list[int] = []

    def impatient(view: ak.Array) -> list[int]:
        seen.append(len(copied))
        if not copied:
            raise TypeError("no such arrays")
        return ak.num(view.GenPart).tolist()

    assert shown(events, impatient) == [12, 9]
    assert seen == [0, 3]
