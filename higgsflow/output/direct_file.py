"""Files that are written past the system's cache of files, where the file system can do that.

What is synced before it gets its name gains nothing from that cache, which costs a copy of every
byte, and new pages to hold them: where such are scarce, they take longer than the rest of the
writing. Nor does a file of many gigabytes push out what others have there.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# bytes that are given to the system at once, from where a page begins: disks want whole blocks
PIECE = 1 << 20
# not every system knows it
_DIRECT = getattr(os, "O_DIRECT", 0)


class DirectFile:
    """A file that is written from its beginning to its end.

    What is left at the end, less than a piece, goes through the cache, and so do small files.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file; what was in it is gone.

        Raises:
            OSError: when it cannot be written.
        """
        self._handle = _opened(path)
        self._piece = memoryview(mmap.mmap(-1, PIECE, flags=mmap.MAP_PRIVATE))
        self._n_waiting = 0
        self.closed = False

    def write(self, content: bytes | memoryview) -> int:
        """Takes all of it, and returns how many bytes that are."""
        # arrow gives signed bytes
        left = memoryview(content).cast("B")
        while left:
            n = min(len(left), PIECE - self._n_waiting)
            self._piece[self._n_waiting : self._n_waiting + n] = left[:n]
            self._n_waiting += n
            left = left[n:]
            if self._n_waiting == PIECE:
                self._pass_on()
        return len(content)

    def close(self) -> None:
        """Writes what waits, and ends the file."""
        if self.closed:
            return
        self.closed = True
        try:
            _through_cache(self._handle)
            self._pass_on()
        finally:
            os.close(self._handle)

    def _pass_on(self) -> None:
        waiting, self._n_waiting = self._piece[: self._n_waiting], 0
        while waiting:
            # the system may take a part only
            waiting = waiting[_written(self._handle, waiting) :]


def _opened(path: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        return os.open(path, flags | _DIRECT, 0o666)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return os.open(path, flags, 0o666)


def _written(handle: int, content: memoryview) -> int:
    try:
        return os.write(handle, content)
    except OSError as error:
        # a file system that wants other pieces than these
        if error.errno != errno.EINVAL:
            raise
        _through_cache(handle)
        return os.write(handle, content)


def _through_cache(handle: int) -> None:
    flags = fcntl.fcntl(handle, fcntl.F_GETFL)
    fcntl.fcntl(handle, fcntl.F_SETFL, flags & ~_DIRECT)
