"""Python's collector of reference cycles, which finds nothing in what is imported.

Imports, and the objects of a configuration, live to the end; to look through them again and again
is a tenth of what a command spends that has nothing to do.
"""

from __future__ import annotations

import gc

# objects that are new since the last look; memory for some MB
_MANY = 50_000
_thresholds = gc.get_threshold()


def spare() -> None:
    """From now on looks are rare, until there is work to do."""
    if gc.get_threshold() == _thresholds:
        gc.set_threshold(_MANY, *_thresholds[1:])


def work() -> None:
    """From now on Python does as it always does: events are large, and let go early."""
    if gc.get_threshold()[0] == _MANY:
        gc.set_threshold(*_thresholds)
