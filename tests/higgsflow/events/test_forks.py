"""What answers is heard before a fork where there is a client that asks; see tests/xrootd."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from typing import TYPE_CHECKING

import fsspec.asyn
import pytest

from higgsflow.events.forks import go_on, hear_answers

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
    go_on()
    assert counted[0] > at_first


def test_nothing_waits_without_a_client(
    counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "XRootD", raising=False)
    at_first = counted[0]
    hear_answers()
    assert counted[0] == at_first


def test_the_loop_stands_still_once_it_waits_for_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "XRootD", sys)
    loop, asked = fsspec.asyn.get_loop(), threading.Event()

    async def ask() -> str:
        answer = loop.create_future()
        loop.call_later(0.1, answer.set_result, "an answer")
        asked.set()
        return str(await answer)

    resting = asyncio.run_coroutine_threadsafe(asyncio.sleep(60), loop)
    asking = asyncio.run_coroutine_threadsafe(ask(), loop)
    assert asked.wait(30)
    hear_answers()
    assert asking.result(0) == "an answer"
    later = threading.Event()
    loop.call_soon_threadsafe(later.set)
    assert not later.wait(0.1)
    go_on()
    assert later.wait(30)
    resting.cancel()


def test_who_asked_has_the_answer_also_where_the_loop_was_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An answer and the next look at what the loop waits for are then due in one round."""
    monkeypatch.setitem(sys.modules, "XRootD", sys)
    loop = fsspec.asyn.get_loop()

    async def ask(asked: threading.Event) -> str:
        answer = loop.create_future()
        loop.call_later(0.01, time.sleep, 0.05)
        loop.call_later(0.02, answer.set_result, "an answer")
        asked.set()
        return str(await answer)

    for _ in range(5):
        asked = threading.Event()
        asking = asyncio.run_coroutine_threadsafe(ask(asked), loop)
        assert asked.wait(30)
        hear_answers()
        try:
            assert asking.result(0) == "an answer"
        finally:
            go_on()
