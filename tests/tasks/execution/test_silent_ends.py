from __future__ import annotations

import multiprocessing
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from pebble import ProcessExpired, ProcessPool

from tasks.execution.silent_ends import SilentEnds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

PATIENCE = 60.0


def leaves() -> None:
    os._exit(0)


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleeps(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


@pytest.fixture
def pool() -> Iterator[ProcessPool]:
    with ProcessPool(max_workers=2, context=multiprocessing.get_context("fork")) as made:
        yield made
        made.stop()


def watched(pool: ProcessPool, *futures: Future[Any], grace: float = 0.5) -> None:
    """Looks until all have ended."""
    ends, last = SilentEnds(pool, grace), time.monotonic() + PATIENCE
    while not all(future.done() for future in futures) and time.monotonic() < last:
        ends.give_up()
        time.sleep(0.05)


def test_a_worker_that_left_is_told_and_others_go_on(pool: ProcessPool) -> None:
    gone, stays = pool.schedule(leaves), pool.schedule(sleeps, args=[2.0])
    watched(pool, gone, stays)
    with pytest.raises(ProcessExpired) as caught:
        gone.result(timeout=0)
    assert caught.value.exitcode == 0
    assert stays.result(timeout=0) == 2.0


def test_places_of_workers_that_left_are_taken_by_others(pool: ProcessPool) -> None:
    futures = [pool.schedule(leaves) for _ in range(4)] + [pool.schedule(sleeps, args=[0.0])]
    watched(pool, *futures)
    assert [type(future.exception(timeout=0)) for future in futures[:4]] == [ProcessExpired] * 4
    assert futures[4].result(timeout=0) == 0.0


def test_what_pebble_tells_itself_is_left_to_it(pool: ProcessPool) -> None:
    future = pool.schedule(killed)
    watched(pool, future, grace=PATIENCE)
    assert future.exception(timeout=0).exitcode == -signal.SIGKILL


def test_jobs_that_wait_or_run_are_not_given_up(pool: ProcessPool) -> None:
    futures = [pool.schedule(sleeps, args=[0.2]) for _ in range(12)]
    watched(pool, *futures)
    assert [future.result(timeout=0) for future in futures] == [0.2] * 12
