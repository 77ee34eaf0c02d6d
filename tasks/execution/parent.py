"""The command that a process works for: once it is gone, nobody hears of what comes of that."""

from __future__ import annotations

import multiprocessing
import os

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
