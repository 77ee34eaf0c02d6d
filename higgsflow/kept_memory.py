"""Memory that a process keeps for its next arrays, where the C library is that of GNU.

Else what is freed at the end of the heap goes back to the system, and each page costs a fault when
it is used again: together a tenth of the time of a job without variations.

Source: mallopt(3), malloc_trim(3).
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

# parameters of mallopt, as malloc.h numbers them, and what they are set to: once one of them is,
# the other one no longer grows by itself
_TRIM_THRESHOLD, _KEPT = -1, 1 << 30
_MMAP_THRESHOLD, _LARGEST = -3, 1 << 25


def keep_freed_memory() -> None:
    """From here on what is freed waits for the next array."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _LARGEST)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)


def give_memory_back() -> None:
    """What is freed goes to the system, once."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
