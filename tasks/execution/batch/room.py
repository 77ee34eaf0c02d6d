"""How many jobs may be in flight: one bound for all samples of a store that use an engine."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from filelock import FileLock

from higgsflow.output.atomic import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# seconds after which a process that does not say how many it has is thought to be gone
_FORGOTTEN = 900.0
# seconds after which the same number is said again
_AGAIN = 300.0


class Room:
    """The jobs of one sample and year among those of all others; each says its own in a file."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._mine = _file_of(folder, name)
        self._said = -1
        self._lock = FileLock(str(folder / "lock"))

    def take(self, wanted: int, have: int, most: int) -> int:
        """How many more jobs may be submitted; they count from now on."""
        with self._lock:
            taken = max(0, min(wanted, most - have - self._others()))
            self.keep(have + taken)
            return taken

    def keep(self, have: int) -> None:
        """Says how many there are now; the store is written only where that is news."""
        if have != self._said or _age(self._mine) > _AGAIN:
            write_text(self._mine, str(have))
            self._said = have

    def leave(self) -> None:
        """There is none any more."""
        self._mine.unlink(missing_ok=True)
        self._said = -1

    def _others(self) -> int:
        others = (path for path in self._mine.parent.glob("*.jobs") if path != self._mine)
        return sum(_number_in(path) for path in others if _age(path) <= _FORGOTTEN)


def jobs_said(folder: Path, names: Iterable[str]) -> int:
    """How many jobs these have together, as each last said, however long ago that was."""
    return sum(_number_in(_file_of(folder, name)) for name in names)


def _file_of(folder: Path, name: str) -> Path:
    return folder / f"{name}.jobs"


def _number_in(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _age(path: Path) -> float:
    """Seconds since a file was written; of none, for ever."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return math.inf
