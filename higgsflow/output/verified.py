"""Files whose checksum was compared: a merge opens each once for every few variations.

A file is read from its beginning to its end for that, in pieces, whatever its size; then only what
is asked for. It is not looked at again as long as it is the same file, of the same time and size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.errors import StoreError
from higgsflow.output.atomic import checksum

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REMEDY = "remove it and run again"


# what tells a file from one that comes in its place
State = tuple[int, int, int]


class Verified:
    """What was verified until now."""

    def __init__(self, known: Mapping[Path, State] | None = None) -> None:
        """`known` is what others have verified."""
        self._known = dict(known or {})

    def verify(self, path: Path, expected: str) -> State:
        """Compares the checksum, where that has not been done.

        Raises:
            StoreError: when it is another one.
            OSError: when the file cannot be read.
        """
        found = path.stat()
        state = (found.st_ino, found.st_size, found.st_mtime_ns)
        if self._known.get(path) != state:
            if checksum(path) != expected:
                raise StoreError(f"{path} is not what its job wrote", "", REMEDY)
            self._known[path] = state
        return state
