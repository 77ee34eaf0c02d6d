from __future__ import annotations

import sys
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.events.chunks import Chunk, Range
from higgsflow.events.failing import counted_in, failing_events, located, narrowed, part_of

EVENTS = Range(url="/x/a.root", uuid="u", start=10, stop=20)


def test_an_exception_carries_the_events_it_is_about() -> None:
    with pytest.raises(ZeroDivisionError) as caught, located(EVENTS):
        raise ZeroDivisionError("no pairs")
    assert failing_events(caught.value) == EVENTS


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions have notes since Python 3.11")
def test_the_traceback_names_the_events() -> None:
    with pytest.raises(ZeroDivisionError) as caught, located(EVENTS):
        raise ZeroDivisionError("no pairs")
    text = "".join(traceback.format_exception(caught.value))
    assert text.endswith("ZeroDivisionError: no pairs\nin events 10 to 20 of /x/a.root\n")


def test_the_narrowest_events_count() -> None:
    wide = EVENTS.model_copy(update={"stop": 1000})
    with pytest.raises(KeyError) as caught, located(wide), located(EVENTS):
        raise KeyError("x")
    assert failing_events(caught.value) == EVENTS


def test_others_know_of_no_events() -> None:
    assert failing_events(ValueError("x")) is None


CHUNK = Chunk(
    ranges=(
        Range(url="/a.root", uuid="a", start=90, stop=100),
        Range(url="/b.root", uuid="b", start=0, stop=5),
        Range(url="/a.root", uuid="a", start=0, stop=20),
    )
)


def test_events_are_counted_from_the_first_of_the_chunk() -> None:
    (part,) = part_of(CHUNK, 12, 14).ranges
    assert (part.url, part.start, part.stop) == ("/b.root", 2, 4)
    assert counted_in(CHUNK, part) == (12, 14)


def test_events_of_another_chunk_are_an_error() -> None:
    with pytest.raises(ValueError, match="is not in"):
        counted_in(CHUNK, EVENTS)


@given(st.integers(0, 35), st.integers(0, 40))
def test_a_part_has_the_events_asked_for_and_counts_them_back(start: int, length: int) -> None:
    found = part_of(CHUNK, start, start + length)
    assert found.n_entries == min(35, start + length) - start
    where = start
    for part in found.ranges:
        assert counted_in(CHUNK, part) == (where, where + part.n_entries)
        where += part.n_entries


@given(st.integers(0, 34))
def test_narrows_down_to_the_one_event_that_fails(position: int) -> None:
    (wanted,) = part_of(CHUNK, position, position + 1).ranges

    def fails(part: Chunk) -> bool:
        return any(r.uuid == wanted.uuid and r.start <= wanted.start < r.stop for r in part.ranges)

    assert narrowed(CHUNK, fails).ranges == (wanted,)


def test_events_that_fail_only_together_are_kept_together() -> None:
    assert narrowed(CHUNK, lambda part: part.n_entries >= 20).n_entries == 35
