"""Columns are offered as they are, made when they are looked at, and only those are noted."""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.events.lists import from_counts
from higgsflow.events.objects import Chosen, Objects
from higgsflow.events.plain import PlainEvents, concatenated
from higgsflow.taggers import looked_at
from higgsflow.taggers.looked_at import joined_columns, offered, some_of

knows_virtual = pytest.mark.skipif(
    not looked_at.knows_virtual(), reason="needs virtual arrays: pip install 'awkward>=2.8'"
)


def events_of(counts: list[int]) -> PlainEvents:
    """Numbers of the event, of objects, and lists of lists, which are neither."""
    n, lists = len(counts), from_counts(np.array(counts, dtype=np.int64))
    pt, charge = np.linspace(1, 2, lists.n), np.arange(lists.n, dtype=np.int32)
    return PlainEvents(
        n,
        {"MET_pt": np.linspace(0, 9, n), "run": np.arange(n, dtype=np.uint32)},
        {"Jet": Objects(lists, {"pt": pt, "charge": charge})},
        {"deep": ak.Array([[[1.0, 2.0]]])[np.zeros(n, dtype=np.int64)]},
    )


EVENTS = events_of([2, 0, 1, 3])


def test_all_columns_can_be_looked_at() -> None:
    noted: set[str] = set()
    view = offered(EVENTS).view(noted)
    assert ak.to_list(view) == ak.to_list(EVENTS.view)
    assert noted == set(EVENTS.names)


@knows_virtual
def test_only_what_is_looked_at_is_noted() -> None:
    noted: set[str] = set()
    view = offered(EVENTS).view(noted)
    assert noted == {"deep"}
    # neither lengths nor names are numbers
    assert (len(view), view.Jet.fields, ak.num(view.Jet).tolist()) == (
        4, ["pt", "charge"], [2, 0, 1, 3]
    )  # fmt: skip
    both = ak.zip({"a": view.MET_pt, "b": view.run})
    assert noted == {"deep"}
    assert ak.sum(both.a) > 0
    assert noted == {"deep", "MET_pt"}
    assert ak.any(view.Jet[view.Jet.charge > 2].charge > 2)
    assert noted == {"deep", "MET_pt", "Jet_charge"}


def test_without_virtual_arrays_all_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looked_at, "knows_virtual", lambda: False)
    noted: set[str] = set()
    view = offered(EVENTS).without({"run"}).view(noted)
    assert noted == set(EVENTS.names) - {"run"}
    assert ak.to_list(view.Jet) == ak.to_list(EVENTS.view.Jet)


counts = st.lists(st.integers(0, 3), max_size=6)


@settings(deadline=None, max_examples=30)
@given(st.lists(counts, min_size=1, max_size=3), st.data())
def test_some_events_of_several_sets_are_what_was_taken_from_each(
    sets: list[list[int]], data: Any
) -> None:
    every = [events_of(one) for one in sets]
    rows = [
        np.array(sorted(data.draw(st.sets(st.sampled_from(range(len(one)))))), dtype=np.int64)
        if one
        else np.arange(0)
        for one in sets
    ]
    together = some_of(list(zip(every, rows, strict=True)))
    expected = concatenated([one.take(some) for one, some in zip(every, rows, strict=True)])
    assert len(together) == len(expected)
    assert ak.to_list(together.made.view) == ak.to_list(expected.view)
    view = together.view(set())
    assert ak.to_list(view) == ak.to_list(expected.view)
    assert str(view.type) == str(expected.view.type)


def test_what_sets_share_is_taken_at_once() -> None:
    nominal = events_of([2, 0, 1, 3])
    varied = nominal.with_columns({"Jet_pt": np.arange(6.0), "MET_pt": np.ones(4, dtype="f4")})
    parts = [(nominal, np.array([0, 3])), (varied, np.array([1, 2, 3])), (nominal, np.arange(0))]
    expected = concatenated([events.take(rows) for events, rows in parts])
    view = some_of(parts).view(set())
    assert ak.to_list(view) == ak.to_list(expected.view)
    assert str(view.type) == str(expected.view.type)


def test_of_many_objects_those_of_the_rows_are_copied() -> None:
    many = events_of([20, 9, 0, 30])
    chosen = many.collections["Jet"].take(np.arange(4))
    assert isinstance(chosen.columns, Chosen)
    events = PlainEvents(4, many.flat, {"Jet": chosen}, many.others)
    varied = events.with_columns({"Jet_pt": chosen.pt + 1})
    one, other = (events, np.array([1, 3])), (varied, np.array([1, 2]))
    for parts in ([one], [one, one], [other, one]):
        expected = concatenated([every.take(rows) for every, rows in parts])
        assert ak.to_list(some_of(parts).view(set())) == ak.to_list(expected.view)


def test_hidden_columns_are_not_there() -> None:
    left = offered(EVENTS).without({"MET_pt", "Jet_pt", "deep"})
    assert left.names == {"run", "Jet_charge"}
    assert offered(EVENTS).without({"Jet_pt", "Jet_charge"}).names == {"MET_pt", "run", "deep"}


def test_columns_that_are_added_win() -> None:
    added = PlainEvents(4, {"MET_pt": np.zeros(4), "n": np.ones(4, dtype=np.int16)})
    both = joined_columns(offered(EVENTS), offered(added))
    view = both.view(set())
    assert view.MET_pt.tolist() == [0, 0, 0, 0]
    assert view.n.tolist() == [1, 1, 1, 1]
    assert both.names == {*EVENTS.names, "n"}


def test_columns_of_unusual_shape_stay_whole() -> None:
    odd = PlainEvents(2, {"pair": np.array([[1, 2], [3, 4]])})
    noted: set[str] = set()
    assert offered(odd).view(noted).pair.tolist() == [[1, 2], [3, 4]]
    assert noted == {"pair"}


def test_numbers_may_be_missing_in_one_of_several_sets() -> None:
    """Where a variation says what they are, they are plain ones there."""
    missing = PlainEvents(2, others={"n": ak.Array([1, None])})
    plain = PlainEvents(2, {"n": np.array([5, 6])})
    parts = [(missing, np.array([0, 1])), (plain, np.array([1]))]
    assert some_of(parts).view(set()).n.tolist() == [1, None, 6]
    assert some_of(parts[::-1]).view(set()).n.tolist() == [6, 1, None]
