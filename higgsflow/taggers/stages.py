"""The steps of a tag sequence under all variations: work is done again only where it must.

A variation runs a step only if it changes what the step reads, and only for events that it changes
or that did not reach the step in the nominal run. Of the others the nominal answer stands: taggers
are row-wise. Code of users is asked for several variations at once, stacked along the event axis.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.events.lists import copied_lists
from higgsflow.events.plain import PlainEvents, concatenated
from higgsflow.profiling import span
from higgsflow.taggers.candidates import CANDIDATES, candidate_of, one_row_each
from higgsflow.taggers.decisions import NUMBERS, between, settled, spliced, take, taken
from higgsflow.taggers.late_columns import all_worked_out
from higgsflow.taggers.plain_tagger import is_plain
from higgsflow.taggers.same import with_same
from higgsflow.taggers.sequence import (
    UNTAGGED,
    StepResult,
    Steps,
    ask,
    categories,
    joined_columns,
    remove_overlap,
)
from higgsflow.taggers.variants import Reached, SequenceResult, Variant, offered

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from higgsflow.events.lists import Index
    from higgsflow.model.context import Context
    from higgsflow.taggers.decisions import PlainDecision
    from higgsflow.taggers.looked_at import Offered

Decisions = tuple["PlainDecision", ...]

# share of the events from which on all are asked: choosing some of them would cost more
_MOST = 0.5
# rows that code of users is asked for at once: more would need more memory than they save time
_STACK = 160_000


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
        collections: those that the last step adds which somebody looks at; all for None.
        looked_at: by step, what code of users has looked at; all it can see where it was not asked.
    """

    steps: Steps
    context: Context
    keep_untagged: bool = False
    hidden: frozenset[str] = frozenset()
    collections: frozenset[str] | None = None
    looked_at: dict[int, set[str]] = field(default_factory=dict)

    @property
    def asks_users(self) -> bool:
        """Whether some tagger is code of users, which is asked for several variations at once."""
        return not all(self._plain_steps)

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

    @span("sequence")
    def ask(self, number: int, events: PlainEvents | Offered) -> Decisions:
        """What the taggers of a step say of events."""
        taggers, noted = self.steps[number], self.looked_at.setdefault(number, set())
        hidden = self.hidden - self._reads(number)
        decisions = ask(taggers, events, self.context, hidden, noted)
        is_last = number + 1 == len(self.steps)
        return settled(decisions, self._wanted if is_last else None)

    @cached_property
    def _wanted(self) -> frozenset[str] | None:
        """Collections of the last step that are looked at, by weights or to make rows of."""
        return None if self.collections is None else self.collections | {CANDIDATES}

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
        looked_at, needs = self._looked_at(number), self._needs(number, known.added)
        asked = [one.differing(known, looked_at, needs) for one in reached]
        parts = {
            position: (reached[position], rows)
            for position, rows in enumerate(asked)
            if rows is not None and len(rows)
        }
        fresh = dict(zip(parts, self._ask_all(number, stage, list(parts.values())), strict=True))
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
        found = fresh
        if len(fresh[0].mask) < len(order):
            order = order.copy()
            order[rows] = len(stage.reached.rows) + np.arange(len(rows))
            found = spliced(known, fresh, order)
        return with_same(found, known) if is_nominal else found

    def _ask_all(
        self, number: int, stage: Stage, parts: list[tuple[Reached, Index]]
    ) -> Iterator[Decisions]:
        """What a step says of rows of several variations: code of users is asked once for many."""
        if self._is_plain(number):
            for part in parts:
                yield self.ask(number, _events_to_ask(stage, *part))
        elif any(map(is_plain, self.steps[number])):
            events = [_events_to_ask(stage, *part) for part in parts]
            yield from self._ask_stacks(number, events, list(map(len, events)), concatenated)
        else:
            sizes = [len(rows) for _, rows in parts]
            yield from self._ask_stacks(number, parts, sizes, offered)

    def _ask_stacks(
        self, number: int, parts: list[Any], sizes: list[int], together: Callable[[Any], Any]
    ) -> Iterator[Decisions]:
        for stack in _stacks(sizes):
            decisions = self.ask(number, together(parts[stack]))
            begin = 0
            for size in sizes[stack]:
                yield between(decisions, begin, begin + size)
                begin += size

    def _is_plain(self, number: int) -> bool:
        return self._plain_steps[number]

    @cached_property
    def _plain_steps(self) -> tuple[bool, ...]:
        """Whether a step has shipped taggers only."""
        return tuple(all(map(is_plain, step)) for step in self.steps)

    def _reads(self, number: int) -> frozenset[str]:
        return self._read_by_step[number]

    @cached_property
    def _read_by_step(self) -> tuple[frozenset[str], ...]:
        reads = [[t.reads(self.context) for t in taggers] for taggers in self.steps]
        return tuple(frozenset(n.name for needs in step for n in needs) for step in reads)

    def _looked_at(self, number: int) -> frozenset[str]:
        """The columns of the input that what was said depends on."""
        noted = self.looked_at.get(number)
        if noted is None or self._is_plain(number):
            return self._reads(number)
        plain = [tagger for tagger in self.steps[number] if is_plain(tagger)]
        declared = {n.name for tagger in plain for n in tagger.reads(self.context)}
        return frozenset(declared | (self._reads(number) & noted))

    def _needs(self, number: int, added: Mapping[str, Any]) -> Collection[str]:
        """The columns of earlier steps that matter; of users' code those that it looked at."""
        if (needed := self._needed(number)) is not None:
            return needed
        plain = [tagger for tagger in self.steps[number] if is_plain(tagger)]
        noted = self.looked_at.get(number)
        names = {*(name for tagger in plain for name in tagger.needs()), *(noted or ())}
        # what is no number of the event is not known by columns
        return [
            name
            for name, values in added.items()
            if noted is None or not isinstance(values, NUMBERS) or name in names
        ]

    def _after(self, number: int, reached: Reached, step: StepResult) -> Reached:
        """What the next step is given, or, after the last one, what is kept."""
        added = joined_columns(reached.added, step)
        is_last = number + 1 == len(self.steps)
        kept = np.flatnonzero(step.masks.any(axis=0) | (is_last and self.keep_untagged))
        needed = None if is_last else self._needed(number + 1)
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

    def _needed(self, number: int) -> frozenset[str] | None:
        """The columns of earlier steps that a step looks at, where it says so of all."""
        return self._needed_by_step[number]

    @cached_property
    def _needed_by_step(self) -> tuple[frozenset[str] | None, ...]:
        return tuple(
            frozenset(n for tagger in step for n in tagger.needs()) if says_all else None
            for step, says_all in zip(self.steps, self._plain_steps, strict=True)
        )

    def _result(
        self, kept: Reached, steps: Sequence[StepResult], reached: Sequence[Reached]
    ) -> SequenceResult:
        tag_idx = remove_overlap(steps[-1].masks)
        rows = np.arange(len(tag_idx))
        if not self.keep_untagged:
            rows = np.flatnonzero(tag_idx != UNTAGGED)
            tag_idx = tag_idx.take(rows)
        category = categories(steps[-1], tag_idx, rows)
        return one_row_each(SequenceResult(kept, tag_idx, category, tuple(steps), tuple(reached)))

    def _result_again(self, nominal: SequenceResult, walk: _Walk) -> SequenceResult:
        *reached, kept = walk.reached
        if walk.steps[-1] is nominal.steps[-1] and not candidate_of(self.steps):
            return replace(nominal, kept=kept, steps=tuple(walk.steps), reached=tuple(reached))
        return self._result(kept, walk.steps, reached)


def _events_to_ask(stage: Stage, reached: Reached, rows: Index) -> PlainEvents:
    if len(rows) > _MOST * len(reached.rows):
        return stage.events_of(reached)
    return reached.some(rows)


def _stacks(sizes: list[int]) -> Iterator[slice]:
    """Sets of so many events that are asked of together, so that the rows stay bounded."""
    begin = 0
    for end in range(1, len(sizes) + 1):
        if end == len(sizes) or sum(sizes[begin : end + 1]) > _STACK:
            yield slice(begin, end)
            begin = end
