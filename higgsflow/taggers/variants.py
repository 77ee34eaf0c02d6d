"""Events under a variation on their way through a sequence, and where they differ from nominal.

Taggers and factors are row-wise: what was said of an event stands under a variation that leaves
alone all that it was said from.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.events.late_numbers import of_rows
from higgsflow.events.plain import PlainEvents
from higgsflow.taggers.base import CANDIDATE_IDX
from higgsflow.taggers.decisions import take
from higgsflow.taggers.differences import changed_events, marked, unlike_rows, with_fields
from higgsflow.taggers.late_columns import all_worked_out, have_one_source, placed, worked_out
from higgsflow.taggers.looked_at import joined_columns, some_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from higgsflow.events.lists import Index, Mask
    from higgsflow.taggers.looked_at import Offered
    from higgsflow.taggers.sequence import StepResult


@dataclass(frozen=True, eq=False)
class Variant:
    """The events under one variation; of the nominal one nothing is changed.

    Attributes:
        changed: the columns that differ from the nominal ones.
        unseen: columns that no tagger looks at.
    """

    name: str
    events: PlainEvents
    changed: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()

    @cached_property
    def seen(self) -> PlainEvents:
        """The events as taggers see them."""
        return self.events.without(self.unseen)

    def differs(self, names: Iterable[str], nominal: PlainEvents) -> Mask:
        """The events of which one of these columns is not as in the nominal run."""
        found = np.zeros(len(nominal), dtype=np.bool_)
        for name in self.changed & set(names):
            both = (self.events.column(name), nominal.column(name))
            make = functools.partial(changed_events, nominal, name, both)
            found |= self.events.once(f"differs {name}", both, make)
        return found


@dataclass(frozen=True, eq=False)
class Reached:
    """What reaches a step, or the end, under one variation.

    Attributes:
        rows: positions of the events, in order; of candidates that of its event for each of them.
        added: the columns of earlier steps, for these rows.
        needed: those of them that the step looks at; None where that is not known.
    """

    variant: Variant
    rows: Index
    added: dict[str, Any]
    needed: frozenset[str] | None = None

    @cached_property
    def events(self) -> PlainEvents:
        """The events as the step sees them."""
        events = self.variant.seen
        # rows are in order, so that all of them are these events
        taken = events if len(self.rows) == len(events) else events.take(self.rows)
        return taken.with_numbers(all_worked_out(self._shown))

    @property
    def _shown(self) -> dict[str, Any]:
        """The added columns that the step sees; late ones that nobody needs are not worked out."""
        if self.needed is None:
            return self.added
        return {name: values for name, values in self.added.items() if name in self.needed}

    @property
    def everything(self) -> PlainEvents:
        """The events with all columns, also with those that no tagger looks at."""
        return self.variant.events.take(self.rows).with_numbers(all_worked_out(self.added))

    @cached_property
    def places(self) -> Index:
        """Of every event its position among these rows, -1 where it is not among them."""
        return placed(np.arange(len(self.rows)), self.rows, len(self.variant.events), -1)

    def places_in(self, other: Reached) -> Index:
        """Of each of these rows its position in another run, -1 where it is not there.

        Of candidates an event has several rows: each stands for the same candidate there.
        Found once, for whatever steps and weights compare: who changes it takes a copy.
        """
        if id(other) not in self._places_in:
            if CANDIDATE_IDX in self.added:
                found = _places_of_candidates(self, other)
            else:
                found = other.places.take(self.rows)
            found.flags.writeable = False
            self._places_in[id(other)] = (other, found)
        return self._places_in[id(other)][1]

    @cached_property
    def _places_in(self) -> dict[int, tuple[Reached, Index]]:
        """By the identity of the others, which are kept, so that nothing else gets it."""
        return {}

    def some(self, positions: Index) -> PlainEvents:
        """Some of these events."""
        added = {name: take(values, positions) for name, values in self._shown.items()}
        seen = self.variant.seen.take(self.rows.take(positions))
        return seen.with_numbers(all_worked_out(added))

    def of(self, variant: Variant) -> Reached:
        """The same rows, with the same columns added, of another variation."""
        return replace(self, variant=variant)

    def is_like(self, other: Reached) -> bool:
        """Whether these are the same events, with the same columns added to them."""
        return other.rows is self.rows and other.added is self.added

    def has_all_of(self, other: Reached, names: Collection[str]) -> bool:
        """Whether the rows are the same ones, and these columns that were added to them."""
        if other.rows is not self.rows or other.added is self.added:
            return other.rows is self.rows
        return all(other.added[name] is self.added[name] for name in names)

    def differing(
        self,
        nominal: Reached,
        reads: Collection[str],
        needs: Collection[str],
        fields: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> Index | None:
        """Positions of the rows for which what was said in the nominal run does not stand.

        `reads` are columns of the input that it was said from, `needs` those that taggers added,
        of which collections only `fields` matter where these are known. None where it stands for
        the very same rows.
        """
        changed = self.variant.changed.intersection(reads)
        if not changed and nominal.has_all_of(self, needs):
            return None
        places = self.places_in(nominal)
        again = places < 0
        if changed:
            again |= self.variant.differs(changed, nominal.variant.events).take(self.rows)
        for name, mine, theirs in _to_compare(self.added, nominal.added, needs):
            if isinstance(mine, np.ndarray):
                again = marked(again, mine, theirs, places)
            else:
                known = (~again).nonzero()[0]
                again[known] |= unlike_rows(
                    mine, theirs, known, places[known], fields.get(name, ())
                )
        return again.nonzero()[0]


def _places_of_candidates(mine: Reached, other: Reached) -> Index:
    """Of each candidate of an event its position in another run, -1 where it is not there."""
    both = (mine, other)
    size = 1 + max(int(one.added[CANDIDATE_IDX].max(initial=0)) for one in both)
    # in order, as events are, and the candidates of each
    own, theirs = (one.rows * size + one.added[CANDIDATE_IDX] for one in both)
    found = np.searchsorted(theirs, own)
    return np.where(np.append(theirs, -1)[found] == own, found, -1)


def _to_compare(
    mine: Mapping[str, Any], theirs: Mapping[str, Any], names: Iterable[str]
) -> Iterator[tuple[str, Any, Any]]:
    """Of columns that are not the same ones what tells where they differ.

    Numbers of one source do by their places, which columns of one object share.
    """
    compared = set()
    for name in names:
        a, b = mine[name], theirs[name]
        if have_one_source(a, b):
            places = (a.places.index, b.places.index)
            if a is not b and tuple(map(id, places)) not in compared:
                compared.add(tuple(map(id, places)))
                yield (name, *places)
        elif a is not b and worked_out(a) is not worked_out(b):
            yield name, worked_out(a), worked_out(b)


def offered(parts: Sequence[tuple[Reached, Index]]) -> Offered:
    """Some events of several variations, for code that looks at a few of their columns."""
    # variations that change nothing of what was added have the very same columns
    distinct = {id(reached.added): reached for reached, _ in parts}
    added = {
        key: PlainEvents(len(one.rows)).with_numbers(all_worked_out(one.added))
        for key, one in distinct.items()
    }
    seen = some_of([(one.variant.seen, one.rows.take(positions)) for one, positions in parts])
    return joined_columns(seen, some_of([(added[id(one.added)], p) for one, p in parts]))


def only(
    parts: Sequence[tuple[Reached, Index]],
    names: Collection[str],
    fields: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> PlainEvents:
    """Some events of several variations, with some of their columns and collections.

    Of collections that taggers added with these `fields` only, where they are named.
    """
    held = [name for name in names if name in parts[0][0].added]
    read = [name for name in names if name not in held]

    def added(one: Reached) -> PlainEvents:
        wanted = {name: with_fields(one.added[name], fields.get(name, ())) for name in held}
        return PlainEvents(len(one.rows)).with_numbers(all_worked_out(wanted))

    seen = [(one.variant.events.only(read), one.rows[some]) for one, some in parts]
    made = [(added(one), some) for one, some in parts]
    if len(parts) == 1:
        # a function is shown all that does not vary, and looks at little of it
        events, more = (one.later(some) for one, some in (*seen, *made))
        return events.with_numbers({**more.flat, **more.collections, **more.others})
    return joined_columns(some_of(seen), some_of(made)).made


@dataclass(frozen=True, eq=False)
class SequenceResult:
    """The events that are kept under one variation.

    Attributes:
        kept: these, with all columns that were added.
        tag_idx: int16 per kept event, -1 without a tag.
        tag_category: int16 per kept event, 0 where its tagger has none.
        steps: what each step said, the last one of all events that reached it.
        reached: what reached each step.
    """

    kept: Reached
    tag_idx: npt.NDArray[np.int16]
    tag_category: npt.NDArray[np.int16]
    steps: tuple[StepResult, ...]
    reached: tuple[Reached, ...]

    @property
    def name(self) -> str:
        """The name of the variation."""
        return self.kept.variant.name

    @property
    def rows(self) -> Index:
        """Positions of the kept events."""
        return self.kept.rows

    def events_at(self, number: int) -> PlainEvents:
        """The events that reached a step, with the columns that its taggers added."""
        added = self.steps[number].added
        return self.reached[number].everything.with_numbers(all_worked_out(added))

    def column(self, name: str) -> Any:
        """A column of the kept events."""
        if name in self.kept.added:
            return worked_out(self.kept.added[name])
        if name in self.kept.variant.events.flat:
            return of_rows(self.kept.variant.events.flat, name, self.rows)
        return self.kept.everything.column(name)

    def has_objects(self, name: str) -> bool:
        """Whether a column has several values per event."""
        events = self.kept.variant.events
        return (
            name not in self.kept.added
            and name not in events.flat
            and events.lists_of(name) is not None
        )
