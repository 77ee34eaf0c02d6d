"""Standard output as tables are written to it, and how wide they may be."""

from __future__ import annotations

import shutil
import sys

from rich.console import Console

# of a log or a pipe, where a name in two pieces cannot be searched for
_ANY = 1000


def width_of_output() -> int:
    """The columns of the terminal; where the output is none, as many as a table takes."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _ANY


class Screen(Console):
    """Standard output; in a notebook too it is text."""

    def __init__(self, width: int | None = None) -> None:
        # what luigi forks can send no messages to a front end
        super().__init__(width=width, highlight=False, force_jupyter=False)

    def on_broken_pipe(self) -> None:
        """Whoever prints knows what it means that nobody reads on; rich would end the program."""
        raise BrokenPipeError
