"""Which cut flows are of events, and not of their objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

# what names of groups of cuts on events begin with
_EVENTS = "events"


class _Flow(Protocol):
    """A cut flow of a group of cuts, whatever it holds."""

    @property
    def step(self) -> int: ...
    @property
    def tagger(self) -> str: ...
    @property
    def group(self) -> str: ...


AnyFlow = TypeVar("AnyFlow", bound=_Flow)


def flows_of_events(flows: Sequence[AnyFlow]) -> tuple[AnyFlow, ...]:
    """Those of events; of a tagger that has none, all."""
    tell_events = {(one.step, one.tagger) for one in flows if one.group.startswith(_EVENTS)}
    return tuple(
        one
        for one in flows
        if one.group.startswith(_EVENTS) or (one.step, one.tagger) not in tell_events
    )
