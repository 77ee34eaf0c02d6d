"""How far a command is, on one line of the terminal, which is gone when the command answers.

Where standard error is a file or a pipe, nothing is written.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from higgsflow.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeVar

    T = TypeVar("T")

_INTERVAL = 0.1
# back to the beginning of the line, which is emptied
_EMPTY = "\r\x1b[2K"


def one_by_one(doing: str, named: Sequence[tuple[str, T]]) -> Iterator[T]:
    """The things, each told by its name while somebody is busy with it.

    Of many that take no time some are told.
    """
    line = _Line()
    try:
        for i, (name, thing) in enumerate(named, 1):
            line.show(f"{doing} {name} ({i} of {len(named)})")
            yield thing
    finally:
        line.clear()


class _Line:
    """The line of a terminal, which others may write on."""

    def __init__(self) -> None:
        self._is_there = sys.stderr is not None and sys.stderr.isatty()
        self._shown_at: float | None = None

    def show(self, text: str) -> None:
        """Shows it instead of what was shown, a few times a second at most."""
        now = time.monotonic()
        is_due = self._shown_at is None or now - self._shown_at >= _INTERVAL
        if self._is_there and is_due:
            self._shown_at = now
            # a longer one would go on in the next line, and stay
            self._write(f"{_EMPTY}{visible(text)[: self._width() - 1]}")

    def clear(self) -> None:
        """Takes back what was shown."""
        if self._shown_at is not None:
            self._write(_EMPTY)

    @staticmethod
    def _width() -> int:
        # of standard error: the answer may go to a file
        with suppress(OSError):
            return os.get_terminal_size(sys.stderr.fileno()).columns or 80
        return 80

    @staticmethod
    def _write(text: str) -> None:
        # work goes on where its terminal is gone
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()
