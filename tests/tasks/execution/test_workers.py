from __future__ import annotations

import multiprocessing
import os
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

import pytest

from tasks.execution.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60.0


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Two processes, one of which was killed while none of them had anything to do."""
    made = Workers(2)
    first = made.schedule(os.getpid, [], PATIENCE)
    assert first.result(PATIENCE) != os.getpid()
    for worker in multiprocessing.active_children():
        worker.kill()
    last = time.monotonic() + PATIENCE
    while made._pool.active and time.monotonic() < last:
        time.sleep(0.05)
    yield made
    made.close()
    made.join()


def test_others_are_begun_where_all_were_given_up(workers: Workers) -> None:
    assert workers.schedule(abs, [-3], PATIENCE).result(PATIENCE) == 3


def test_what_those_were_given_ends(workers: Workers) -> None:
    waiting: Future[int] = Future()
    workers.give_up([waiting])
    # who has just been given up may still end it
    assert not waiting.done()
    last = time.monotonic() + PATIENCE
    # as a pool asks several times a second
    while not waiting.done() and time.monotonic() < last:
        workers.give_up([waiting])
        time.sleep(0.1)
    with pytest.raises(BrokenProcessPool):
        waiting.result(timeout=0)
    # it is told once
    workers.give_up([waiting])


def test_a_mistake_of_who_calls_is_told() -> None:
    workers = Workers(1)
    workers.schedule(abs, [-3], PATIENCE).result(PATIENCE)
    workers.close()
    with pytest.raises(RuntimeError):
        workers.schedule(abs, [-3], PATIENCE)
    workers.join()
