"""The cores of this machine, shared by everything that runs chunks of a store at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from higgsflow.cores import n_cores

if TYPE_CHECKING:
    from pathlib import Path


class Slots:
    """As many locks as there are cores; who holds one may run a chunk.

    A lock is released by the system when its holder dies, however it dies.
    """

    def __init__(self, folder: Path, n: int | None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.n = n or n_cores()
        self._locks = [FileLock(str(folder / f"slot_{i}.lock")) for i in range(self.n)]

    @classmethod
    def that_can_be_taken(cls, folder: Path, n: int | None) -> Slots | None:
        """None where nobody runs anything, as in a copy, or one that can only be read."""
        if not folder.is_dir():
            return None
        try:
            found = cls(folder, n)
            if (slot := found.take()) is not None:
                slot.release()
        except OSError:
            return None
        return found

    def take(self) -> FileLock | None:
        """A free slot, or None; release it when the chunk has ended."""
        for lock in self._locks:
            if not lock.is_locked:
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    continue
                return lock
        return None
