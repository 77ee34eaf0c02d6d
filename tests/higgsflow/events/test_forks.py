"""Other threads run just before a fork where there is a client that has some; see tests/xrootd."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest

from higgsflow.events.forks import hear_answers

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def counted() -> Iterator[list[int]]:
    """Grows while another thread runs, which it does only when the lock is given away."""
    numbers, end, begun = [0], threading.Event(), threading.Event()

    def count() -> None:
        begun.set()
        while not end.wait(0.001):
            numbers[0] += 1

    before = sys.getswitchinterval()
    thread = threading.Thread(target=count)
    thread.start()
    begun.wait()
    # by itself the interpreter does not hand over any more
    sys.setswitchinterval(1000.0)
    yield numbers
    sys.setswitchinterval(before)
    end.set()
    thread.join()


def test_other_threads_run_where_the_client_is_loaded(
    counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "XRootD", sys)
    at_first = counted[0]
    hear_answers()
    assert counted[0] > at_first


def test_nothing_waits_without_a_client(
    counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "XRootD", raising=False)
    at_first = counted[0]
    hear_answers()
    assert counted[0] == at_first
