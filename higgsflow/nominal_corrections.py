"""Corrections of the nominal events, one after the other, and other directions of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.model.systematic import CENTRAL
from higgsflow.shifts import kept_column
from higgsflow.variations import shifted_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.systematic import NominalCorrection, Systematics

    # of values what becomes of them when others go from what they were to what they are
    Act = Callable[[Any, Any, Any], Any]


def apply_corrections(
    events: PlainEvents, corrections: Iterable[NominalCorrection], systematics: Systematics
) -> PlainEvents:
    """The events with these nominal corrections applied, one after the other.

    Directions that an independent collection wants of one are kept beside: what comes later acts
    on both alike.
    """
    for correction in corrections:
        before = _undone(events, correction, systematics)
        columns = shifted_columns(before, correction, CENTRAL)
        adds = correction.additive or correction.mode == "additive"
        act = _plus_difference if adds else _times_ratio
        carried = _carried(before, columns, systematics, act)
        kept = _kept(before, correction, systematics)
        events = before.with_columns({**columns, **carried, **kept})
    return events


def _undone(
    events: PlainEvents, correction: NominalCorrection, systematics: Systematics
) -> PlainEvents:
    """The events without the factor that the input carries already."""
    if not correction.undo:
        return events
    factor = events.column(str(correction.already_in))
    with np.errstate(invalid="ignore", divide="ignore"):
        undone = {name: events.column(name) / factor for name in correction.branch_modified}
    return events.with_columns({**undone, **_carried(events, undone, systematics, _times_ratio)})


def _kept(
    before: PlainEvents, correction: NominalCorrection, systematics: Systematics
) -> dict[str, Any]:
    """What a correction makes in the directions that collections want of it."""
    return {
        kept_column(correction.name, name, direction): values
        for source in systematics.independent_collections.values()
        if source.of_correction == correction.name
        for direction in source.directions
        for name, values in shifted_columns(before, correction, direction).items()
        if name in source.branch_modified
    }


def _carried(
    events: PlainEvents, columns: Mapping[str, Any], systematics: Systematics, act: Act
) -> dict[str, Any]:
    """Directions of earlier corrections once these columns take the place of those in the events.

    What happens to the central one happens to them.
    """
    found = {}
    for source in systematics.independent_collections.values():
        for direction in source.directions if source.of_correction else ():
            for column in columns.keys() & set(source.branch_modified):
                name = kept_column(source.of_correction, column, direction)
                if events.has(name):
                    both = (events.column(column), columns[column])
                    found[name] = act(events.column(name), *both)
    return found


def _plus_difference(values: Any, before: Any, after: Any) -> Any:
    """With what was added to the others; nothing where these are no numbers."""
    known = np.isfinite(before) & np.isfinite(after)
    return values + np.where(known, after, 0.0) - np.where(known, before, 0.0)


def _times_ratio(values: Any, before: Any, after: Any) -> Any:
    """Times the factor of the others; 1 where there is none, as of zero."""
    known = np.isfinite(before) & (before != 0)
    return values * np.where(known, after / np.where(known, before, 1.0), 1.0)
