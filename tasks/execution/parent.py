"""The command that a process works for: once it is gone, nobody hears of what comes of that."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time

_TICK = 0.5
# of a process of a command, which one began it
_begun_by: dict[int, int] = {}


def note() -> None:
    """Notes which one it is, as soon as this process has begun: a little later it may be gone.

    A command that does the work in its first process works for nobody: the shell that has begun it
    may end.
    """
    if multiprocessing.parent_process() is not None:
        _begun_by[os.getpid()] = os.getppid()


def follow() -> None:
    """Ends this process when that one is gone, as when who waits for jobs was killed.

    Raises:
        SystemExit: which says so.
    """
    parent = os.getppid()
    if parent != _begun_by.get(os.getpid(), parent):
        raise SystemExit("the process that started this one has ended")


def end_with_parent() -> None:
    """Ends this process soon after the one that started it, whose results nobody would hear of."""
    begun_by = multiprocessing.parent_process()
    # who asks the system may be too late
    parent = os.getppid() if begun_by is None else begun_by.pid

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_TICK)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
