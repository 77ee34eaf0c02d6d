"""One process at a time drives the jobs of a sample and year; any other waits, or just looks.

So it is with files that belong together, which commands with different configurations may make at
the same time. The system releases a lock when its holder dies, however it dies.
"""

from __future__ import annotations

import fcntl
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.there import is_folder
from tasks.execution.parent import follow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from filelock import FileLock

_POLL = 0.5  # seconds


@contextmanager
def driving(jobs_folder: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Holds the lock; waits for whoever has it, after saying so with `on_wait`.

    Raises:
        StoreError: when the store cannot be written.
    """
    with _held(_lock(jobs_folder), on_wait):
        yield


@contextmanager
def driving_if_nobody_does(jobs_folder: Path) -> Iterator[bool]:
    """Holds the lock if it is free and the store can be written; whether it does."""
    lock = _lock(jobs_folder)
    try:
        is_mine = _take(lock)
    except OSError:
        is_mine = False
    try:
        yield is_mine
    finally:
        lock.release(force=True)


@contextmanager
def making(what: str, folder: Path) -> Iterator[None]:
    """Waits until nobody else makes what has this name in a folder, and keeps others waiting.

    Raises:
        StoreError: when the store cannot be written.
    """
    from filelock import FileLock

    with _held(FileLock(str(folder / f"{what}.lock")), lambda: None):
        yield


@contextmanager
def _held(lock: FileLock, on_wait: Callable[[], None]) -> Iterator[None]:
    from higgsflow.output.atomic import writing

    path = Path(lock.lock_file)
    with writing(path):
        is_mine = _take(lock)
    if not is_mine:
        on_wait()
    while not is_mine:
        time.sleep(_POLL)
        follow()
        with writing(path):
            is_mine = _take(lock)
    try:
        yield
    finally:
        lock.release(force=True)


def is_driven(jobs_folder: Path) -> bool:
    """Whether a process drives these jobs now, on this machine or another one that shares it."""
    if not is_folder(jobs_folder):
        return False
    lock = _lock(jobs_folder)
    try:
        if _take(lock):
            lock.release(force=True)
            return False
    except OSError:
        # nothing can be written: the store is of somebody else, read-only or full
        return _is_held(Path(lock.lock_file))
    return True


def _is_held(path: Path) -> bool:
    """Whether somebody has the lock, without writing."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        # nobody has driven these jobs yet, or that cannot be known
        return False
    return False


def _lock(jobs_folder: Path) -> FileLock:
    from filelock import FileLock

    return FileLock(str(jobs_folder / "driver.lock"))


def _take(lock: FileLock) -> bool:
    from filelock import Timeout

    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True
