"""Reasons of failures that the user knows already: a mistake is found in the files of every sample.

The processes that luigi forks share a page of memory. There is no lock in it, which a process that
is killed would keep: at worst something is told twice.
"""

from __future__ import annotations

import hashlib
import mmap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from higgsflow.errors import UserError

_SIZE = 8
_marks = mmap.mmap(-1, mmap.PAGESIZE)


def told(error: UserError) -> str:
    """What to tell the user: all of it once, then a line without what to do."""
    mark = hashlib.sha256(error.sameness.encode()).digest()[:_SIZE]
    # each has one place; of two with the same one the later is remembered
    at = int.from_bytes(mark, "big") % (len(_marks) // _SIZE) * _SIZE
    if _marks[at : at + _SIZE] != mark:
        _marks[at : at + _SIZE] = mark
        return str(error)
    return error.short


def forget() -> None:
    """Of the invocation before."""
    _marks[:] = bytes(len(_marks))
