"""Which events an exception is about: it carries them from where it is raised to who tells it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.events.chunks import Range

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
