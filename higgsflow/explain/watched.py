"""Taggers that are watched: they decide as they always do, and keep what they said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr

from higgsflow.taggers.base import Decision, Tagger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from higgsflow.model.columns import Need
    from higgsflow.model.context import Context
    from higgsflow.plan import Plan


@dataclass(frozen=True)
class Answer:
    """What a tagger saw, and what it said of it."""

    events: Any
    decision: Decision


class WatchedTagger(Tagger):
    """Another tagger, asked in its stead by the very functions that jobs run.

    It lets no event be dropped before it is asked, so that every variation is.
    """

    _inner: Tagger = PrivateAttr()
    _last: Answer | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, tagger: Tagger) -> WatchedTagger:
        """The tagger, watched."""
        watched = cls(name=tagger.name)
        watched._inner = tagger
        return watched

    @property
    def inner(self) -> Tagger:
        """The tagger that decides."""
        return self._inner

    @property
    def last(self) -> Answer | None:
        """The last answer about a single event; None while it was not asked about one."""
        return self._last

    def reads(self, context: Context) -> tuple[Need, ...]:
        """As the tagger does."""
        return self._inner.reads(context)

    def adds(self, context: Context) -> dict[str, str]:
        """As the tagger does."""
        return self._inner.adds(context)

    def needs(self) -> tuple[str, ...]:
        """As the tagger does."""
        return self._inner.needs()

    def candidate(self) -> str:
        """As the tagger does."""
        return self._inner.candidate()

    def files(self) -> tuple[Path, ...]:
        """As the tagger does."""
        return self._inner.files()

    def select(self, events: Any, context: Context) -> Decision:
        """What the tagger decides."""
        decision = self._inner.select(events, context)
        if len(events) == 1:
            self._last = Answer(events, decision)
        return decision

    def skim(self, events: Any, shifts: Mapping[str, float | None]) -> Any:
        """Keeps everything."""
        del events, shifts


def watch(plan: Plan) -> tuple[Plan, tuple[tuple[WatchedTagger, ...], ...]]:
    """The plan with every tagger watched, and these."""
    steps = tuple(tuple(WatchedTagger.of(tagger) for tagger in step) for step in plan.steps)
    return replace(plan, steps=steps), steps
