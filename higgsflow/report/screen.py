"""How wide tables may be."""

from __future__ import annotations

import shutil
import sys

# of a log or a pipe, where a name in two pieces cannot be searched for
_ANY = 1000


def width_of_output() -> int:
    """The columns of the terminal; where the output is none, as many as a table takes."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _ANY
