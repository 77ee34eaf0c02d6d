"""Which events an exception is about: it carries them from where it is raised to who tells it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from higgsflow.events.chunks import Chunk, Range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_KEY = "higgsflow_failing"


@contextmanager
def located(events: Range) -> Iterator[None]:
    """Notes on every exception that leaves it which events were looked at."""
    try:
        yield
    except Exception as error:
        error.__dict__.setdefault(_KEY, events)
        if sys.version_info >= (3, 11):
            error.add_note(f"in events {events.start} to {events.stop} of {events.url}")
        raise


def failing_events(error: BaseException) -> Range | None:
    """The events that were looked at when an exception was raised, where that is known."""
    found: Range | None = error.__dict__.get(_KEY)
    return found


def counted_in(chunk: Chunk, events: Range) -> tuple[int, int]:
    """Start and stop of events of one file, counted from the first event of their chunk."""
    before = 0
    for part in chunk.ranges:
        if part.uuid == events.uuid and part.start <= events.start and events.stop <= part.stop:
            start = before + events.start - part.start
            return start, start + events.n_entries
        before += part.n_entries
    raise ValueError(f"{events} is not in {chunk}")


def part_of(chunk: Chunk, start: int, stop: int) -> Chunk:
    """Some events of a chunk, counted from its first event; the inverse of `counted_in`."""
    parts, before = [], 0
    for part in chunk.ranges:
        first = max(part.start, part.start + start - before)
        last = min(part.stop, part.start + stop - before)
        if first < last:
            parts.append(part.model_copy(update={"start": first, "stop": last}))
        before += part.n_entries
    return Chunk(ranges=tuple(parts))


def narrowed(chunk: Chunk, fails: Callable[[Chunk], bool]) -> Chunk:
    """The fewest neighbouring events of a chunk that still fail, by halving again and again.

    Args:
        chunk: of which it is known that it fails.
        fails: whether some of its events fail by themselves.
    """
    middle = chunk.n_entries // 2
    for start, stop in ((0, middle), (middle, chunk.n_entries)):
        if middle and fails(half := part_of(chunk, start, stop)):
            return narrowed(half, fails)
    return chunk
