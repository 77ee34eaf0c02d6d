"""Servers that do answer are in tests/xrootd."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from higgsflow.servers import (
    ServerError,
    _answers,
    answer_of,
    asked,
    client,
    give_up,
    waits_told,
)


def test_an_answer_is_what_the_call_returns_or_raises() -> None:
    assert asked(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        asked(divmod, 7, 0)


def test_a_call_is_made_in_another_thread() -> None:
    """In the first one Python hears of Ctrl-C only when a call of the client is over."""
    assert asked(threading.current_thread) is not threading.current_thread()
    assert asked(threading.current_thread).daemon


def test_who_listens_hears_of_a_long_wait_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("higgsflow.servers._LONG", 0.01)
    heard: list[float] = []
    twice = threading.Event()

    def hear(seconds: float) -> None:
        heard.append(seconds)
        if len(heard) == 2:
            twice.set()

    with waits_told(hear):
        assert asked(twice.wait, 60)
    assert heard == sorted(heard)
    n_heard = len(heard)
    asked(time.sleep, 0.05)
    assert len(heard) == n_heard >= 2


def test_a_fork_waits_for_calls_and_a_child_can_call() -> None:
    done = threading.Event()
    caller = threading.Thread(target=asked, args=(lambda: done.wait(0.1) or done.set(),))
    caller.start()
    if not (child := os.fork()):
        os._exit(0 if done.is_set() and asked(divmod, 7, 2) == (3, 1) else 1)
    caller.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_server_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("XRootD")
    system = client().FileSystem("root://localhost:1")
    with pytest.raises(ServerError, match="Connection"):
        answer_of(system.stat, "/a.root")


def test_threads_that_begin_at_once_load_it_once() -> None:
    """What ends it would else be done twice when the process ends."""
    pytest.importorskip("XRootD")
    begin = """
import threading
from higgsflow.servers import _loaded, client

start = threading.Barrier(8)
threads = [threading.Thread(target=lambda: (start.wait(), client())) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert _loaded.cache_info().misses == 1
"""
    subprocess.run([sys.executable, "-c", begin], check=True)


def test_who_waits_in_another_thread_can_be_interrupted() -> None:
    """An answer that comes later is nobody's."""
    go_on = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(asked, go_on.wait) for _ in range(2)]
        while len(_answers) < len(waiting):
            go_on.wait(0.01)
        give_up()
        assert all(isinstance(one.exception(), KeyboardInterrupt) for one in waiting)
    go_on.set()
    assert asked(divmod, 7, 2) == (3, 1)
