"""Bounds that shifts declare, checked on events that the skim drops because of them.

Those that survive are checked when they are shifted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from higgsflow.variations import apply_variation, input_columns

if TYPE_CHECKING:
    from collections.abc import Collection

    from higgsflow.events.lists import Index
    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.systematic import IndependentCollection, Systematics

# of each block: enough to see a wrong bound, and few enough that nobody notices
N_CHECKED = 1_000


def with_witnesses(kept: Index, n: int) -> tuple[Index, Index]:
    """The rows that are kept with some that are not, in order; and where the latter are in these.

    What is shifted is checked: the witnesses are dropped events that are shifted with the others.
    """
    goes_on = np.zeros(n, dtype=np.bool_)
    goes_on[kept] = True
    dropped = _some_of(np.flatnonzero(~goes_on))
    goes_on[dropped] = True
    rows = np.flatnonzero(goes_on)
    return rows, np.searchsorted(rows, dropped)


def check_dropped(
    events: PlainEvents, systematics: Systematics, variations: Collection[str]
) -> None:
    """Applies every bounded shift to a block of which the skim keeps nothing, or to some of it.

    Sources are left out of which a column is read for surviving events only: the skim does not look
    at it.

    Raises:
        VariationError: when a shift leaves its declared bound.
    """
    if not len(events):
        return
    some = events.take(_some_of(np.arange(len(events))))
    for source in systematics.independent_collections.values():
        if source.bound is not None and _is_seen(source, some):
            for direction, name in zip(source.directions, source.variations, strict=True):
                if name in variations:
                    apply_variation(some, source, direction)


def _some_of(rows: Index) -> Index:
    """All of them, or 1,000 evenly chosen ones."""
    return rows[:: 1 + (len(rows) - 1) // N_CHECKED] if len(rows) else rows


def _is_seen(source: IndependentCollection, events: PlainEvents) -> bool:
    return all(events.has(name) for name in input_columns(source))
