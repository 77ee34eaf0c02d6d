from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.diff import parts as room
from higgsflow.diff.parts import part_of, parts

if TYPE_CHECKING:
    import pytest


def piece(events: Any) -> dict[str, Any]:
    event = np.asarray(events, dtype=np.uint64)
    return {
        "run": np.ones_like(event),
        "luminosityBlock": event // np.uint64(10),
        "event": event,
        "x": event.astype(float),
    }


def test_few_rows_are_one_part() -> None:
    ((a, b),) = parts([piece([1]), piece([2, 3])], [piece([])], 3)
    assert (a["event"].tolist(), b["event"].tolist()) == ([1, 2, 3], [])


def test_many_rows_come_in_parts_with_the_same_events_on_both_sides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "ROWS", 100)
    events = np.arange(1000)
    a = [piece(events[i::7]) for i in range(7)]
    found = list(parts(a, [piece(events[::-1])], 1000))
    assert len(found) == 10
    assert all(set(one["event"].tolist()) == set(two["event"].tolist()) for one, two in found)
    assert sorted(e for one, _ in found for e in one["event"].tolist()) == list(range(1000))
    assert all((one["x"] == one["event"]).all() for one, _ in found)
    # about as many in each
    assert all(50 < len(one["event"]) < 150 for one, _ in found)


def test_no_more_files_are_open_than_a_system_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ROWS", 1)
    events = np.arange(3000)
    found = list(parts([piece(events)], [piece(events)], 3000))
    assert len(found) == 400
    assert sum(len(one["event"]) for one, _ in found) == 3000


def test_the_part_of_a_row_is_that_of_its_event() -> None:
    rows = piece(np.repeat(np.arange(50), 2))
    where = part_of(rows, 7).tolist()
    assert where[::2] == where[1::2]
    assert set(where) == set(range(7))
