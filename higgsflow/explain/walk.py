"""One event on its way through the functions that jobs run, with every tagger watched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy

from higgsflow.block import process_block
from higgsflow.explain.watched import watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.explain.watched import WatchedTagger
    from higgsflow.plan import Plan

ak = lazy.load("awkward")

WatchedStep = tuple["WatchedTagger", ...]


@dataclass(frozen=True)
class Walk:
    """What became of one event under one variation.

    Attributes:
        steps: those that the event reached.
        table: the output columns of an event that reached the last step, untagged ones too, each
            with one row, or one for each candidate that is kept; without rows for others.
        factor_sums: of the block, which are those of the event, of factors that need no tagger.
        reached_end: whether it came to the last step and passed some tagger of each before.
    """

    variation: str
    steps: tuple[WatchedStep, ...]
    table: dict[str, Any]
    factor_sums: dict[str, float]
    n_steps: int

    @property
    def is_in_table(self) -> bool:
        """Whether there are output columns of it."""
        return self.n_rows > 0

    @property
    def n_rows(self) -> int:
        """How many these are: one, or one for each candidate."""
        return len(self.table["tag_idx"])

    @property
    def tag_idx(self) -> int:
        """Position of its tag; -1 for none."""
        return int(self.table["tag_idx"][0]) if self.is_in_table else -1

    @property
    def candidates(self) -> tuple[str, ...]:
        """The tags that accept it, in order of priority."""
        if len(self.steps) < self.n_steps:
            return ()
        return tuple(tagger.name for tagger in self.steps[-1] if accepts(tagger))

    def added(self, name: str) -> Any:
        """The value of a column that some tagger added, or its values; None where none did."""
        for step in self.steps:
            for tagger in step:
                if tagger.last is not None and name in tagger.last.decision.columns:
                    return tagger.last.decision.columns[name][0]
        return None


def walk(plan: Plan, events: tuple[Any, Any], variation: str) -> Walk:
    """Runs the block function of jobs on one event; `events` are its columns as `read` has them."""
    first, rest = events
    sequence = plan.analysis.tag_sequence.model_copy(update={"keep_untagged": True})
    analysis = plan.analysis.model_copy(update={"tag_sequence": sequence})
    watched, steps = watch(replace(plan, analysis=analysis, tells_central=True))
    result = process_block(watched, None, (variation,), first, lambda rows: rest[rows])
    reached = tuple(_reached(steps))
    return Walk(variation, reached, result.tables[variation], result.sums.factors, len(steps))


def accepts(tagger: WatchedTagger) -> bool:
    """Whether the tagger accepts the event."""
    assert tagger.last is not None
    # of the event, or of each of its candidates; what is missing is none
    masks = ak.flatten(ak.Array(tagger.last.decision.mask)[:1], axis=None)
    return bool(ak.any(masks))


def _reached(steps: tuple[WatchedStep, ...]) -> Iterator[WatchedStep]:
    """The steps up to the first that rejects the event; taggers also see no events at all."""
    for step in steps:
        if any(tagger.last is None for tagger in step):
            return
        yield step
        if not any(accepts(tagger) for tagger in step):
            return
