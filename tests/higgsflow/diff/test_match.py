from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.diff.match import match, named

EVENTS = st.lists(st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 4)), max_size=12)


def rows(events: list[tuple[int, int, int]]) -> dict[str, Any]:
    array = np.array(events, dtype=np.uint64).reshape(-1, 3)
    return dict(zip(("run", "luminosityBlock", "event"), array.T, strict=True))


@given(a=EVENTS, b=EVENTS)
def test_rows_of_the_same_event_are_matched_one_by_one(
    a: list[tuple[int, int, int]], b: list[tuple[int, int, int]]
) -> None:
    found = match(rows(a), rows(b))
    pairs = list(zip(found.a.tolist(), found.b.tolist(), strict=True))
    assert all(a[i] == b[j] for i, j in pairs)
    both = Counter(a) & Counter(b)
    assert Counter(a[i] for i, _ in pairs) == both
    assert sorted([*found.a.tolist(), *found.only_a.tolist()]) == list(range(len(a)))
    assert sorted([*found.b.tolist(), *found.only_b.tolist()]) == list(range(len(b)))
    assert found.duplicates_a == len(a) - len(set(a))
    assert found.duplicates_b == len(b) - len(set(b))
    # the first with the first
    assert len({(a[i], i) for i, _ in pairs}) == len(pairs)
    for event in set(a):
        mine = [i for i, _ in sorted(pairs) if a[i] == event]
        assert mine == [i for i, e in enumerate(a) if e == event][: len(mine)]


def test_events_are_named() -> None:
    assert named(rows([(1, 2, 3), (4, 5, 6)]), 1) == "4:5:6"
