"""What corrections and variations do to one event, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np

from higgsflow.events.columns import get_column
from higgsflow.events.plain import PlainEvents, plain
from higgsflow.explain.content import Change, CorrectionStory
from higgsflow.nominal_corrections import apply_corrections
from higgsflow.variations import apply_variation, find_variation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from higgsflow.plan import Plan

ak = lazy.load("awkward")


def correction_stories(plan: Plan, events: Any) -> tuple[tuple[CorrectionStory, ...], PlainEvents]:
    """What each nominal correction changes, in their order, and the corrected event."""
    stories, events = [], plain(events)
    for correction in (*plan.first_corrections, *plan.rest_corrections):
        before = events
        events = apply_corrections(before, (correction,), plan.systematics)
        changes = _changes(before, events, correction.changes)
        stories.append(CorrectionStory(name=correction.name, changes=changes))
    return tuple(stories), events


def shift_story(plan: Plan, corrected: PlainEvents, variation: str) -> CorrectionStory:
    """What a variation changes of the corrected event."""
    source, direction = find_variation(plan.systematics, variation)
    after = apply_variation(corrected, source, direction)
    return CorrectionStory(name=variation, changes=_changes(corrected, after, source.changes))


def _changes(before: PlainEvents, after: PlainEvents, columns: Iterable[str]) -> tuple[Change, ...]:
    return tuple(
        Change(column=name, before=_values(before.view, name), after=_values(after.view, name))
        for name in columns
    )


def _values(events: Any, name: str) -> tuple[float, ...]:
    return tuple(np.atleast_1d(np.asarray(ak.to_numpy(get_column(events, name)[0]))).tolist())
