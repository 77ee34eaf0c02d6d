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
        self._said = ""
        self._lock = FileLock(str(folder / "lock"))

    def take(self, wanted: int, have: int, most: int) -> int:
        """How many more jobs may be submitted; they count from now on."""
        with self._lock:
            taken = max(0, min(wanted, most - have - self._others()))
            self.keep(have + taken, have)
            return taken

    def keep(self, have: int, sure: int) -> None:
        """Says how many there are now, and how many of these the engine has for sure.

        The store is written only where that is news.
        """
        said = f"{have} {min(have, sure)}"
        if said != self._said or _age(self._mine) > _AGAIN:
            write_text(self._mine, said)
            self._said = said

    def leave(self) -> None:
        """There is none any more."""
        self._mine.unlink(missing_ok=True)

    def _others(self) -> int:
        others = (path for path in self._mine.parent.glob("*.jobs") if path != self._mine)
        return sum(_numbers_in(path)[0] for path in others if _age(path) <= _FORGOTTEN)


def jobs_said(folder: Path, names: Iterable[str]) -> tuple[int, int]:
    """How many jobs these have together, at most and for sure, as each last said."""
    said = [_numbers_in(_file_of(folder, name)) for name in names]
    return sum(most for most, _ in said), sum(sure for _, sure in said)


def _file_of(folder: Path, name: str) -> Path:
    return folder / f"{name}.jobs"


def _numbers_in(path: Path) -> tuple[int, int]:
    try:
        numbers = [int(word) for word in path.read_text(encoding="ascii").split()]
        # earlier versions said one number
        return numbers[0], numbers[-1]
    except (OSError, ValueError, LookupError):
        return 0, 0


def _age(path: Path) -> float:
    """Seconds since a file was written; of none, for ever."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return math.inf
