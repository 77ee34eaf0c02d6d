"""One process at a time drives the jobs of a sample and year; any other waits, or just looks.

The system releases the lock when its holder dies, however it dies.
"""

from __future__ import annotations

import fcntl
import logging
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from filelock import FileLock

_POLL = 0.5  # seconds
logger = logging.getLogger(__name__)


@contextmanager
def driving(jobs_folder: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Holds the lock; waits for whoever has it, after saying so with `on_wait`."""
    lock = _lock(jobs_folder)
    if not _take(lock):
        on_wait()
        while not _take(lock):
            time.sleep(_POLL)
    try:
        yield
    finally:
        lock.release(force=True)


def is_driven(jobs_folder: Path) -> bool:
    """Whether a process drives these jobs now, on this machine or another one that shares it."""
    if not jobs_folder.is_dir():
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
    except NotImplementedError:
        # a file system without locks: go on as if alone; outputs are written atomically anyway
        logger.warning("no locks on the file system of %s", lock.lock_file)
    return True
