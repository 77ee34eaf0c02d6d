"""Servers that do answer are in tests/xrootd."""

from __future__ import annotations

import os
import threading

import pytest

from higgsflow.servers import ServerError, answer_of, asked, client


def test_an_answer_is_what_the_call_returns_or_raises() -> None:
    assert asked(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        asked(divmod, 7, 0)


def test_a_call_is_made_in_another_thread() -> None:
    """In the first one Python hears of Ctrl-C only when a call of the client is over."""
    assert asked(threading.current_thread) is not threading.current_thread()
    assert asked(threading.current_thread).daemon


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
