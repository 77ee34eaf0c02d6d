"""Late columns that go along with their objects, against those that were left where they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow.events.lists import from_counts
from higgsflow.events.objects import Objects
from higgsflow.events.plain import PlainEvents
from higgsflow.taggers.decisions import PlainDecision, taken
from higgsflow.taggers.followed import followed
from higgsflow.taggers.late_columns import LateColumn, Places, have_one_source, worked_out

counts = st.lists(st.integers(0, 3), min_size=1, max_size=8)


def photons(n: list[int]) -> PlainEvents:
    total = sum(n)
    columns = {"pt": np.arange(total) + 30.0, "eta": np.arange(total) / 10}
    return PlainEvents(len(n), {}, {"Photon": Objects(from_counts(n), columns)})


def decision(events: PlainEvents, **columns: Any) -> tuple[PlainDecision, ...]:
    return (PlainDecision(np.ones(len(events), np.bool_), columns, {}),)


@settings(deadline=None, max_examples=80)
@given(counts, st.data())
def test_numbers_stay_and_come_from_what_is_left(n: list[int], data: Any) -> None:
    before = photons(n)
    objects = before.collections["Photon"]
    # an object of each event, or none
    offsets = objects.lists.offsets
    chosen = [data.draw(st.integers(-1, k - 1)) if k else -1 for k in n]
    index = [int(offsets[i]) + k if k >= 0 else -1 for i, k in enumerate(chosen)]
    places = Places(np.array(index))
    said = decision(
        before, pt=LateColumn.of(objects.pt, places), eta=LateColumn.of(objects.eta, places)
    )
    rows = np.flatnonzero(data.draw(hnp.arrays(np.bool_, len(n))))
    after, some = before.take(rows), taken(said, rows)
    (found,), (expected,) = followed(some, before, after, rows), some
    left = after.collections["Photon"]
    for name, values in found.columns.items():
        np.testing.assert_array_equal(worked_out(values), worked_out(expected.columns[name]))
        assert values.source is left.columns[name]
    assert found.columns["pt"].places is found.columns["eta"].places
    assert found.mask is expected.mask


def test_what_does_not_come_from_the_events_stays_as_it_is() -> None:
    before = photons([1, 2])
    rows, places = np.array([1]), Places(np.array([0, 2]))
    sums = LateColumn(lambda at: at * 2.0, places)
    other = LateColumn.of(np.arange(3.0), places)
    said = decision(before, sums=sums, other=other, n=np.array([1, 2]))
    (found,) = followed(said, before, before.take(rows), rows)
    assert found.columns["sums"] is sums
    assert found.columns["other"] is other
    assert found.columns["n"] is said[0].columns["n"]


def test_objects_that_are_copied_late_are_not_copied_for_it() -> None:
    before = photons([1, 2])
    rows = np.array([1])
    pt = before.collections["Photon"].pt
    late = LateColumn.of(pt, Places(np.array([0, 2])))
    after = before.later(rows)
    (found,) = followed(decision(before, pt=late), before, after, rows)
    assert found.columns["pt"] is late
    assert after.collections["Photon"].columns._made == {}


def test_only_numbers_of_one_array_have_one_source() -> None:
    pt, places = np.arange(3.0), Places(np.array([0]))
    one, other = LateColumn.of(pt, places), LateColumn.of(pt, Places(np.array([1])))
    assert have_one_source(one, other)
    assert have_one_source(one.take(np.array([0])), other)
    assert not have_one_source(one, LateColumn.of(pt.copy(), places))
    assert not have_one_source(*[LateColumn(pt.take, places) for _ in range(2)])
    assert not have_one_source(one, pt)
    assert not have_one_source(pt, pt)
