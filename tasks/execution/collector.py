"""Python's collector of reference cycles, which finds nothing in what is imported.

Imports, and the objects of a configuration, live to the end; to look through them again and again,
and once more at the end, is a fifth of what a command spends that has nothing to do.
"""

from __future__ import annotations

import atexit
import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# objects that are new since the last look, twice as many as a command begins with; some 10 MB
_MANY = 200_000
_thresholds = gc.get_threshold()


def spare() -> None:
    """From now on looks are rare, until there is work to do, and there is none when Python ends."""
    if gc.get_threshold() == _thresholds:
        gc.set_threshold(_MANY, *_thresholds[1:])
    # what is left at the end goes back with the process; once, however often this is called
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)


def work() -> None:
    """From now on Python does as it always does: events are large, and let go early."""
    if gc.get_threshold()[0] == _MANY:
        # else the next look, which comes at once, is at all that was imported
        gc.freeze()
        gc.set_threshold(*_thresholds)


@contextmanager
def kept() -> Iterator[None]:
    """What is made in here stays: to look through millions of it again and again finds nothing."""
    gc.disable()
    try:
        yield
    finally:
        # nor does anybody look through it later
        gc.freeze()
        gc.enable()
