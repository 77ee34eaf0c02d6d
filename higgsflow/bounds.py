"""Bounds that shifts declare, checked on events that the skim drops because of them.

Those that survive are checked when they are shifted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from higgsflow.variations import apply_variation, input_columns

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy.typing as npt

    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.systematic import IndependentCollection, Systematics

# of each block: enough to see a wrong bound, and few enough that nobody notices
N_CHECKED = 5_000


def check_dropped(
    events: PlainEvents,
    kept: npt.NDArray[np.int64],
    systematics: Systematics,
    variations: Collection[str],
) -> None:
    """Applies every bounded shift to dropped events, all of them or 5,000 evenly chosen ones.

    Sources are left out of which a column is read for surviving events only: the skim does not look
    at it.

    Raises:
        VariationError: when a shift leaves its declared bound.
    """
    mask = np.ones(len(events), dtype=np.bool_)
    mask[kept] = False
    dropped = np.flatnonzero(mask)
    if not len(dropped):
        return
    some = events.take(dropped[:: 1 + (len(dropped) - 1) // N_CHECKED])
    for source in systematics.independent_collections.values():
        if source.bound is not None and _is_seen(source, some):
            for direction, name in zip(source.directions, source.variations, strict=True):
                if name in variations:
                    apply_variation(some, source, direction)


def _is_seen(source: IndependentCollection, events: PlainEvents) -> bool:
    return all(events.has(name) for name in input_columns(source))
