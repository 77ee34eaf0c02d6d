"""Memory that whole files are read to, one after the other.

New memory for each file would take longer than reading it, page by page. That of mmap begins with a
page, to where some processors copy a file four times as fast as to a few bytes behind one.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class ReadMemory:
    """As much memory as the largest of the files needs."""

    def __init__(self) -> None:
        self._pages = _pages(mmap.PAGESIZE)

    def content(self, path: Path) -> memoryview:
        """What is in a file, until the next one is read.

        Raises:
            OSError: when it cannot be read.
        """
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size > len(self._pages):
                self._pages = _pages(size)
            whole = memoryview(self._pages)[:size]
            n_bytes = 0
            while n_bytes < size and (n := file.readinto(whole[n_bytes:])):
                n_bytes += n
        return whole[:n_bytes]


def _pages(n_bytes: int) -> mmap.mmap:
    """Memory of this process alone, in large pages where the system has them."""
    found = mmap.mmap(-1, n_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):
        found.madvise(mmap.MADV_HUGEPAGE)
    return found
