"""The process that has begun this one: once it is gone, nobody hears of what comes of it."""

from __future__ import annotations

import os

# of this process, and of those that it was forked from
_begun_by: dict[int, int] = {}


def note() -> None:
    """Notes which one it is, as soon as this one has begun: a little later it may be gone."""
    _begun_by[os.getpid()] = os.getppid()


def follow() -> None:
    """Ends this process when that one is gone, as when who waits for jobs was killed.

    Raises:
        SystemExit: which says so.
    """
    if os.getppid() != _begun_by.setdefault(os.getpid(), os.getppid()):
        raise SystemExit("the process that started this one has ended")
