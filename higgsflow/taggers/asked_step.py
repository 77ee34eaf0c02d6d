"""A step of a tag sequence: what its taggers look at, and how they are asked.

Shipped taggers are asked for one variation after the other, code of users for several at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from higgsflow.events.plain import concatenated
from higgsflow.profiling import span
from higgsflow.taggers.base import COLLECTION
from higgsflow.taggers.decisions import NUMBERS, between, settled
from higgsflow.taggers.plain_tagger import is_plain
from higgsflow.taggers.sequence import ask
from higgsflow.taggers.variants import offered

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from higgsflow.events.lists import Index
    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.context import Context
    from higgsflow.taggers.base import Tagger
    from higgsflow.taggers.decisions import PlainDecision
    from higgsflow.taggers.looked_at import Offered
    from higgsflow.taggers.variants import Reached

Decisions = tuple["PlainDecision", ...]
Part = tuple["Reached", "Index"]
"""Some of the rows that reach a step under one variation."""

# rows that code of users is asked for at once: more would need more memory than they save time
_STACK = 160_000


@dataclass(eq=False)
class AskedStep:
    """The taggers of a step.

    Attributes:
        hidden: columns that some variation changes: code of users sees those of them it declares,
            so that a variation of the others needs no run.
        wanted: collections that the step adds which somebody looks at; all for None.
        rest: columns that are not read yet when it is asked nominally. Objects that it selects
            have them under no variation either: they have the same columns everywhere.
        looked_at: what code of users has looked at, all it can see where it was not told;
            None before it was asked.
    """

    taggers: tuple[Tagger, ...]
    context: Context
    hidden: frozenset[str]
    wanted: frozenset[str] | None
    rest: frozenset[str] = frozenset()
    looked_at: set[str] | None = None

    @span("sequence")
    def ask(self, events: PlainEvents | Offered) -> Decisions:
        """What the taggers say of events."""
        if self.looked_at is None:
            self.looked_at = set()
        hidden = self.hidden - self.reads
        if self.rest and self._selects_objects:
            events = events.without(self.rest)
        return settled(ask(self.taggers, events, self.context, hidden, self.looked_at), self.wanted)

    def ask_all(
        self, parts: list[Part], events_of: Callable[[Reached, Index], PlainEvents]
    ) -> Iterator[Decisions]:
        """What they say of rows of several variations, each as `events_of` gives them."""
        if self.is_plain:
            for part in parts:
                yield self.ask(events_of(*part))
        elif any(map(is_plain, self.taggers)):
            events = [events_of(*part) for part in parts]
            yield from self._ask_stacks(events, list(map(len, events)), concatenated)
        else:
            yield from self._ask_stacks(parts, [len(rows) for _, rows in parts], offered)

    def _ask_stacks(
        self, parts: list[Any], sizes: list[int], together: Callable[[Any], Any]
    ) -> Iterator[Decisions]:
        for stack in _stacks(sizes):
            decisions = self.ask(together(parts[stack]))
            begin = 0
            for size in sizes[stack]:
                yield between(decisions, begin, begin + size)
                begin += size

    @cached_property
    def is_plain(self) -> bool:
        """Whether all its taggers are shipped ones."""
        return all(map(is_plain, self.taggers))

    @cached_property
    def _selects_objects(self) -> bool:
        return any(COLLECTION in t.adds(self.context).values() for t in self.taggers)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The columns of the input that its taggers declare."""
        return frozenset(n.name for t in self.taggers for n in t.reads(self.context))

    @property
    def depends_on(self) -> frozenset[str]:
        """The columns of the input that what was said depends on."""
        if self.looked_at is None or self.is_plain:
            return self.reads
        plain = [tagger for tagger in self.taggers if is_plain(tagger)]
        declared = {n.name for tagger in plain for n in tagger.reads(self.context)}
        return frozenset(declared | (self.reads & self.looked_at))

    @cached_property
    def needed(self) -> frozenset[str] | None:
        """The columns of earlier steps that it looks at, where its taggers say so of all."""
        return frozenset(n for t in self.taggers for n in t.needs()) if self.is_plain else None

    def needs(self, added: Mapping[str, Any]) -> Collection[str]:
        """The columns of earlier steps that matter; of users' code those that it looked at."""
        if self.needed is not None:
            return self.needed
        plain, noted = [t for t in self.taggers if is_plain(t)], self.looked_at
        names = {*(name for tagger in plain for name in tagger.needs()), *(noted or ())}
        # what is no number of the event is not known by columns
        return [
            name
            for name, values in added.items()
            if noted is None or not isinstance(values, NUMBERS) or name in names
        ]


def _stacks(sizes: list[int]) -> Iterator[slice]:
    """Sets of so many events that are asked of together, so that the rows stay bounded."""
    begin = 0
    for end in range(1, len(sizes) + 1):
        if end == len(sizes) or sum(sizes[begin : end + 1]) > _STACK:
            yield slice(begin, end)
            begin = end
