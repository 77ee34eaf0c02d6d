from __future__ import annotations

import multiprocessing
import os
import time
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

import pytest

from tasks.execution.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

PATIENCE = 60.0


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Two processes, one of which was killed while none of them had anything to do."""
    made = Workers(2)
    first = made.schedule(os.getpid, [], PATIENCE)
    assert first.result(PATIENCE) != os.getpid()
    multiprocessing.active_children()[0].kill()
    last = time.monotonic() + PATIENCE
    while made._pool.active and time.monotonic() < last:
        time.sleep(0.05)
    yield made
    made.close()
    made.join()


def test_others_are_begun_where_all_were_given_up(workers: Workers) -> None:
    assert workers.schedule(abs, [-3], PATIENCE).result(PATIENCE) == 3


def test_of_those_that_were_given_up_none_stays(workers: Workers) -> None:
    before = set(multiprocessing.active_children())
    assert len(before) == 1
    assert workers.schedule(abs, [-3], PATIENCE).result(PATIENCE) == 3
    assert not before & set(multiprocessing.active_children())


def given_just_before(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> Future[int]:
    """What a pool took in the moment in which it was given up."""
    with monkeypatch.context() as just_before:
        just_before.setattr(workers._pool, "_check_pool_status", lambda: None)
        return workers.schedule(abs, [-2], PATIENCE)


def test_what_was_given_just_before_ends_once_others_are_begun(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would run it, nor tell so: its job waited for ever, and kept its core."""
    lost = given_just_before(workers, monkeypatch)
    assert workers.schedule(abs, [-3], PATIENCE).result(PATIENCE) == 3
    with pytest.raises(BrokenProcessPool):
        lost.result(timeout=0)


def test_what_was_given_just_before_ends_where_nothing_more_is(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = given_just_before(workers, monkeypatch)
    workers.give_up()
    # who has just been given up may still end it
    assert not waiting.done()
    last = time.monotonic() + PATIENCE
    # as a pool asks several times a second
    while not waiting.done() and time.monotonic() < last:
        workers.give_up()
        time.sleep(0.1)
    with pytest.raises(BrokenProcessPool):
        waiting.result(timeout=0)
    # it is told once
    workers.give_up()


def test_a_mistake_of_who_calls_is_told() -> None:
    workers = Workers(1)
    workers.schedule(abs, [-3], PATIENCE).result(PATIENCE)
    workers.close()
    with pytest.raises(RuntimeError):
        workers.schedule(abs, [-3], PATIENCE)
    workers.join()
