"""Memory that a process keeps for its next arrays, where the C library is that of GNU.

Else what is freed at the end of the heap goes back to the system, and each page costs a fault when
it is used again: together a tenth of the time of a job without variations. In pages of 4 kB, the
processor spends another tenth on finding where in memory they are.

Source: mallopt(3), malloc_trim(3), madvise(2).
"""

from __future__ import annotations

import ctypes
import functools
import mmap
from contextlib import suppress

# parameters of mallopt, as malloc.h numbers them, and what they are set to: once one of them is,
# the other one no longer grows by itself
_TRIM_THRESHOLD, _KEPT = -1, 1 << 30
_MMAP_THRESHOLD, _LARGEST = -3, 1 << 25
# how far the heap grows beyond what is asked for: once, for all that a job needs, then as ever
_TOP_PAD, _AHEAD, _AS_EVER = -2, 1 << 29, 1 << 17
# blocks that may be free already: more than are kept
_MOST_HELD = 16 * _KEPT // _LARGEST


def keep_freed_memory() -> None:
    """From here on what is freed waits for the next array."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _LARGEST)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)


@functools.cache
def use_large_pages() -> None:
    """Keeps freed memory, and asks for pages of 2 MB where the system has them for who asks.

    Once in a process, and worth it in one that does several large jobs: such a page is cleared as a
    whole when it is first used. The heap becomes as large as a job needs at once, since advice is
    for addresses, not for what follows them; only what is used takes memory.
    """
    # together with what is free at the end, the heap would have more than is kept, and be cut
    give_memory_back()
    keep_freed_memory()
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.sbrk.restype = library.malloc.restype = ctypes.c_void_p
        library.mallopt(_TOP_PAD, _AHEAD)
        begin = library.sbrk(0)
        held: list[int | None] = []
        # what earlier jobs left is given first, and the heap does not grow for it
        while library.sbrk(0) == begin and len(held) < _MOST_HELD:
            held.append(library.malloc(_LARGEST - mmap.PAGESIZE))
            # after an allocation that failed all are made elsewhere, for good
            if held[-1] is None or held[-1] > begin:
                break
        for block in held:
            library.free(ctypes.c_void_p(block))
        library.mallopt(_TOP_PAD, _AS_EVER)
        first = -(-begin // mmap.PAGESIZE) * mmap.PAGESIZE
        n_bytes = library.sbrk(0) - first
        if n_bytes > 0:
            where = ctypes.c_void_p(first), ctypes.c_size_t(n_bytes)
            library.madvise(*where, mmap.MADV_HUGEPAGE)


def give_memory_back() -> None:
    """What is freed goes to the system, once."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
