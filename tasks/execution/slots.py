"""The cores of this machine, shared by everything that runs chunks of a store at the same time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from higgsflow.cores import n_cores
from higgsflow.errors import StoreError
from higgsflow.output.atomic import cannot_write, writing
from higgsflow.there import is_folder
from tasks import session

# where a batch engine has the jobs, this machine is one on which others work, too
_BESIDE_AN_ENGINE = 4


def slots_of(task: Any) -> Slots:
    """The cores on which work of a stage is done on this machine."""
    return Slots(_folder(task), _cores(task))


def slots_that_can_be_taken(task: Any) -> Slots | None:
    """None where nobody runs anything, as in a copy of a store, or one that can only be read."""
    if not is_folder(_folder(task)):
        return None
    try:
        found = slots_of(task)
        if (slot := found.take()) is not None:
            slot.release()
    except StoreError:
        return None
    return found


def _folder(task: Any) -> Path:
    return session.store_of(task.model) / ".slots"


def _cores(task: Any) -> int:
    asked: int | None = task.model.jobs_manager.n_workers
    if asked is not None:
        return asked
    return n_cores() if task.workflow == "local" else min(n_cores(), _BESIDE_AN_ENGINE)


class Slots:
    """As many locks as there are cores; who holds one may use one.

    A lock is released by the system when its holder dies, however it dies.
    """

    def __init__(self, folder: Path, n: int) -> None:
        """Raises StoreError when the folder cannot be made."""
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self.n = n
        self._locks = [FileLock(str(folder / f"slot_{i}.lock")) for i in range(self.n)]

    def take(self) -> FileLock | None:
        """A free slot, or None; release it when the chunk has ended.

        Raises:
            StoreError: when a lock cannot be written.
        """
        for lock in self._locks:
            if not lock.is_locked:
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    continue
                except OSError as error:
                    raise cannot_write(Path(lock.lock_file), error) from error
                return lock
        return None
