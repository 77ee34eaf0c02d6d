from __future__ import annotations

import sys
import traceback

import pytest

from higgsflow.events.chunks import Range
from higgsflow.events.failing import failing_events, located

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
