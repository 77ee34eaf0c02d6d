"""What the first tagger of a sequence may drop before variations run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from higgsflow.events.users_code import asked
from higgsflow.taggers.plain_tagger import is_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.events.plain import PlainEvents
    from higgsflow.taggers.base import Tagger


def skimmed(tagger: Tagger, events: PlainEvents, bounds: Mapping[str, float | None]) -> Any:
    """The mask of the events that some variation within the bounds may keep; None for all."""
    if is_plain(tagger):
        return tagger.skim(events, bounds)
    return asked(events.view, lambda view: tagger.skim(view, bounds))


def skim_fits(tagger: type) -> bool:
    """Whether the skim was written for the selection: not if a subclass changed only the latter."""
    order = tagger.__mro__
    names = ("skim", "select", "decide")
    skim, *others = (next((c for c in order if name in vars(c)), order[-1]) for name in names)
    return all(order.index(skim) <= order.index(other) for other in others)
