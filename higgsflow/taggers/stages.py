"""The steps of a tag sequence under all variations: work is done again only where it must.

A variation runs a step only if it changes what the step reads, and only for events that it changes
or that did not reach the step in the nominal run. Of the others the nominal answer stands: taggers
are row-wise. Code of users is asked for several variations at once, stacked along the event axis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.events.lists import copied_lists
from higgsflow.profiling import span
from higgsflow.taggers.asked_step import AskedStep
from higgsflow.taggers.candidates import CANDIDATES, candidate_of, one_row_each
from higgsflow.taggers.decisions import spliced, take, taken, without_cuts
from higgsflow.taggers.late_columns import all_worked_out
from higgsflow.taggers.same import with_same
from higgsflow.taggers.sequence import (
    UNTAGGED,
    StepResult,
    Steps,
    categories,
    joined_columns,
    remove_overlap,
)
from higgsflow.taggers.variants import Reached, SequenceResult, Variant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.events.lists import Index
    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.context import Context
    from higgsflow.taggers.asked_step import Decisions

# share of the events from which on all are asked: choosing some of them would cost more
_MOST = 0.5


@dataclass(frozen=True, eq=False)
class Stage:
    """A step of the nominal run, with which other variations are compared."""

    reached: Reached
    result: StepResult

    @cached_property
    def added(self) -> dict[str, Any]:
        """The columns of earlier steps and of this one, for the rows that reach it."""
        return {**self.reached.added, **self.result.added}

    def is_said_of(self, reached: Reached, step: StepResult) -> bool:
        """Whether the same events are kept of the very same rows."""
        masks = zip(step.decisions, self.result.decisions, strict=True)
        return reached.rows is self.reached.rows and all(a.mask is b.mask for a, b in masks)

    def events_of(self, other: Reached) -> PlainEvents:
        """All events of another variation as this step sees them."""
        if not self.reached.is_like(other):
            return other.events
        # what it does not change are the very same arrays, so that what was made of them stands
        names = other.variant.changed - other.variant.unseen
        changed = {name: self._taken(other.variant.events, name) for name in names}
        return self.reached.events.with_columns(changed)

    def to_ask(self, other: Reached, rows: Index) -> PlainEvents:
        """Some rows of another variation, or all of them where these are most."""
        return self.events_of(other) if len(rows) > _MOST * len(other.rows) else other.some(rows)

    def _taken(self, events: PlainEvents, name: str) -> Any:
        rows = self.reached.rows
        if name in events.flat or name in events.others:
            return take(events.column(name), rows)
        lists = events.collections[name.partition("_")[0]].lists
        return copied_lists(events.column(name), lists.offsets, rows)


@dataclass(frozen=True, eq=False)
class _Walk:
    """What reached the steps until now, and what they said."""

    reached: list[Reached]
    steps: list[StepResult]


@dataclass(frozen=True, eq=False)
class Nominal:
    """The nominal run, step by step, the events that it keeps, and the rows that these become."""

    stages: tuple[Stage, ...]
    kept: Reached
    result: SequenceResult


@dataclass(frozen=True, eq=False)
class Runner:
    """Runs a tag sequence.

    Attributes:
        hidden: columns that some variation changes: code of users sees those of them it declares,
            so that a variation of the others needs no run.
        rest: columns that are read after the nominal first step.
        collections: those that the last step adds which somebody looks at; all for None.
    """

    steps: Steps
    context: Context
    keep_untagged: bool = False
    hidden: frozenset[str] = frozenset()
    rest: frozenset[str] = frozenset()
    collections: frozenset[str] | None = None

    @property
    def asks_users(self) -> bool:
        """Whether some tagger is code of users, which is asked for several variations at once."""
        return not all(step.is_plain for step in self.asked)

    def run(self, nominal: Variant, first: Decisions | None = None) -> Nominal:
        """The nominal run; `first` is what the first step said of these events, if it is known."""
        reached = Reached(nominal, np.arange(len(nominal.events)), {})
        stages: list[Stage] = []
        for number, taggers in enumerate(self.steps):
            decisions = first if number == 0 else None
            if decisions is None:
                decisions = self.ask(number, reached.events)
            stages.append(Stage(reached, StepResult(reached.rows, taggers, decisions)))
            reached = self._after(number, reached, stages[-1].result)
        steps = [stage.result for stage in stages]
        result = self._result(reached, steps, [s.reached for s in stages])
        return Nominal(tuple(stages), reached, result)

    @cached_property
    def asked(self) -> tuple[AskedStep, ...]:
        """The steps, with what their taggers have looked at."""
        # of the last one, by weights or to make rows of
        wanted = None if self.collections is None else self.collections | {CANDIDATES}
        last = len(self.steps) - 1
        return tuple(
            AskedStep(
                taggers,
                self.context,
                self.hidden,
                wanted if number == last else None,
                frozenset() if number else self.rest,
            )
            for number, taggers in enumerate(self.steps)
        )

    def ask(self, number: int, events: PlainEvents) -> Decisions:
        """What the taggers of a step say of events."""
        return self.asked[number].ask(events)

    @span("sequence")
    def run_again(self, nominal: Nominal, variants: Sequence[Variant]) -> list[SequenceResult]:
        """The sequence under some variations, at once."""
        for stage in nominal.stages if variants else ():
            # once here, and not again by each variation that has them too
            all_worked_out(stage.reached.added)
        walks = [_Walk([nominal.stages[0].reached.of(variant)], []) for variant in variants]
        for number, stage in enumerate(nominal.stages):
            answers = self._again(number, stage, [walk.reached[-1] for walk in walks])
            following = [*(s.reached for s in nominal.stages), nominal.kept][number + 1]
            for walk, decisions in zip(walks, answers, strict=True):
                reached, step = walk.reached[-1], stage.result
                if decisions is not step.decisions:
                    step = StepResult(reached.rows, step.taggers, decisions)
                walk.steps.append(step)
                walk.reached.append(self._after_again(number, (stage, following), reached, step))
        return [self._result_again(nominal.result, walk) for walk in walks]

    def _again(self, number: int, stage: Stage, reached: list[Reached]) -> list[Decisions]:
        """What a step says under each variation."""
        known = stage.reached
        step = self.asked[number]
        depends_on, needs = step.depends_on, step.needs(known.added)
        asked = [one.differing(known, depends_on, needs) for one in reached]
        parts = {
            position: (reached[position], rows)
            for position, rows in enumerate(asked)
            if rows is not None and len(rows)
        }
        answers = step.ask_all(list(parts.values()), stage.to_ask)
        fresh = dict(zip(parts, answers, strict=True))
        return [
            self._put_together(stage, one, rows, fresh.get(position))
            for position, (one, rows) in enumerate(zip(reached, asked, strict=True))
        ]

    def _put_together(
        self, stage: Stage, reached: Reached, rows: Index | None, fresh: Decisions | None
    ) -> Decisions:
        """The nominal answer, with another one for those rows that were asked for again."""
        known, is_nominal = stage.result.decisions, reached.rows is stage.reached.rows
        if rows is None or (is_nominal and fresh is None):
            return known
        order = reached.places_in(stage.reached)
        if fresh is None:
            return taken(known, order)
        # of a step whose cuts are counted before the skim they are needed under no variation
        found = fresh = fresh if any(d.cuts for d in known) else without_cuts(fresh)
        if len(fresh[0].mask) < len(order):
            order = order.copy()
            order[rows] = len(stage.reached.rows) + np.arange(len(rows))
            found = spliced(known, fresh, order)
        return with_same(found, known) if is_nominal else found

    def _after(self, number: int, reached: Reached, step: StepResult) -> Reached:
        """What the next step is given, or, after the last one, what is kept."""
        added = joined_columns(reached.added, step)
        is_last = number + 1 == len(self.steps)
        kept = (step.masks.any(axis=0) | (is_last and self.keep_untagged)).nonzero()[0]
        needed = None if is_last else self.asked[number + 1].needed
        if len(kept) == len(reached.rows):
            # the very same arrays: of all variations that did not change them there is one
            return Reached(reached.variant, reached.rows, added, needed)
        columns = {name: take(values, kept) for name, values in added.items()}
        return Reached(reached.variant, reached.rows.take(kept), columns, needed)

    def _after_again(
        self, number: int, nominal: tuple[Stage, Reached], reached: Reached, step: StepResult
    ) -> Reached:
        """The same under a variation: what is as in the nominal run is the very same there too.

        `nominal` are the step in that run, and what it gave to the next one.
        """
        stage, following = nominal
        if step is stage.result and reached.added is stage.reached.added:
            return following.of(reached.variant)
        if not stage.is_said_of(reached, step):
            return self._after(number, reached, step)
        added = joined_columns(reached.added, step)
        kept = stage.reached.places.take(following.rows)
        for name, values in added.items():
            if values is stage.added.get(name):
                added[name] = following.added[name]
            elif len(kept) < len(reached.rows):
                added[name] = take(values, kept)
        return replace(following, variant=reached.variant, added=added)

    def _result(
        self, kept: Reached, steps: Sequence[StepResult], reached: Sequence[Reached]
    ) -> SequenceResult:
        tag_idx = remove_overlap(steps[-1].masks)
        rows = np.arange(len(tag_idx))
        if not self.keep_untagged:
            rows = (tag_idx != UNTAGGED).nonzero()[0]
            tag_idx = tag_idx.take(rows)
        category = categories(steps[-1], tag_idx, rows)
        return one_row_each(SequenceResult(kept, tag_idx, category, tuple(steps), tuple(reached)))

    def _result_again(self, nominal: SequenceResult, walk: _Walk) -> SequenceResult:
        *reached, kept = walk.reached
        if walk.steps[-1] is nominal.steps[-1] and not candidate_of(self.steps):
            return replace(nominal, kept=kept, steps=tuple(walk.steps), reached=tuple(reached))
        return self._result(kept, walk.steps, reached)
