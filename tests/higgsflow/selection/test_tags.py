"""Counters of tags against one event at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow.selection.cutflow import Counter
from higgsflow.selection.tags import count_tags
from higgsflow.taggers.sequence import remove_overlap

law = settings(deadline=None, max_examples=40)
# whole numbers add exactly, in any order
weights = st.integers(-3, 3).map(float)


def added(weight: Any) -> Counter:
    """The counter of events, one after the other."""
    return Counter(n=len(weight), sumw=sum(weight), sumw2=sum(w * w for w in weight))


# more taggers than there are places for each combination of, too
@law
@given(st.sampled_from([1, 3, 12, 14]), st.integers(0, 12), st.data())
def test_counters_are_those_of_a_loop_over_events(n: int, size: int, data: st.DataObject) -> None:
    masks = data.draw(hnp.arrays(np.bool_, (n, size)))
    weight = data.draw(hnp.arrays(np.float64, size, elements=weights))
    tags = [f"t{i}" for i in range(n)]
    found = count_tags(tags, masks, weight)
    assert found.before == {tag: added(weight[mask]) for tag, mask in zip(tags, masks, strict=True)}
    got = remove_overlap(masks)
    assert found.after == {tag: added(weight[got == i]) for i, tag in enumerate(tags)}
    shared = [[int((one & other).sum()) for other in masks] for one in masks]
    assert found.overlap == tuple(map(tuple, shared))


def test_tag_without_events_is_counted_too() -> None:
    found = count_tags(["a", "b"], np.array([[True, False], [False, False]]), np.array([2.0, 3.0]))
    assert found.before == {"a": Counter(n=1, sumw=2.0, sumw2=4.0), "b": Counter()}
    assert found.after == found.before
    assert found.overlap == ((1, 0), (0, 0))


def test_event_counts_for_the_first_of_its_tags() -> None:
    masks = np.array([[False, True], [True, True]])
    found = count_tags(["a", "b"], masks, np.array([1.0, 10.0]))
    assert [found.before[tag].sumw for tag in "ab"] == [10.0, 11.0]
    assert [found.after[tag].sumw for tag in "ab"] == [10.0, 1.0]
    assert found.overlap == ((1, 1), (1, 2))


def test_unlike_numbers_of_tags_and_masks_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        count_tags(["a"], np.zeros((2, 1), np.bool_), np.ones(1))
