"""What taggers said, made plain: arrays with one entry per row, chosen and put together.

A decision of a step is taken, cut and spliced as one, so that what its taggers share is made once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.events.objects import Objects
from higgsflow.taggers.cut_groups import CutGroup, merged
from higgsflow.taggers.late_columns import LateColumn, Places, worked_out

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from higgsflow.events.lists import Index, Mask

ak = lazy.load("awkward")

# kinds of values; put together once, since each variation asks a hundred times
NUMBERS = (np.ndarray, LateColumn)
_TAKEN = (*NUMBERS, CutGroup, Objects)


@dataclass(frozen=True, eq=False)
class Later:
    """Selected objects that become a collection of their own when somebody wants them."""

    source: Any

    @property
    def objects(self) -> Objects:
        """The collection."""
        found: Objects = self.source.objects
        return found


@dataclass(frozen=True, eq=False)
class PlainDecision:
    """A `Decision` of plain arrays, the cuts of each group together; collections as `Objects`.

    Columns may be late ones (`late_columns.py`).
    """

    mask: Mask
    columns: Mapping[str, Any] = field(default_factory=dict)
    cuts: Mapping[str, CutGroup] = field(default_factory=dict)
    category: npt.NDArray[np.int16] | None = None


def spliced(
    known: Sequence[PlainDecision], fresh: Sequence[PlainDecision], order: Index
) -> tuple[PlainDecision, ...]:
    """What the taggers of a step said of some rows, put together from two times they were asked.

    `order` has positions in the rows of `known`, followed by those of `fresh`.
    """
    places = Places(order)

    def columns(a: Any, b: Any) -> Any:
        if isinstance(a, NUMBERS):
            one, other = worked_out(a), worked_out(b)
            return LateColumn(lambda at: merged(one, other, at), places)
        return _splice(a, b, order)

    return mapped((known, fresh), lambda a, b: _splice(a, b, order), columns)


def taken(decisions: Sequence[PlainDecision], rows: Index) -> tuple[PlainDecision, ...]:
    """What the taggers of a step said of some rows."""
    return mapped((decisions, decisions), lambda a, _: take(a, rows), lambda a, _: take(a, rows))


def between(decisions: Sequence[PlainDecision], begin: int, end: int) -> tuple[PlainDecision, ...]:
    """What the taggers of a step said of consecutive rows; most of it is not copied."""
    rows = np.arange(begin, end)

    def part(values: Any, _: Any) -> Any:
        if isinstance(values, CutGroup):
            return values.between(begin, end)
        is_copied = isinstance(values, Objects | LateColumn)
        return take(values, rows) if is_copied else values[begin:end]

    return mapped((decisions, decisions), part, part)


def without_cuts(decisions: Sequence[PlainDecision]) -> tuple[PlainDecision, ...]:
    """What taggers said without the cuts that it came from, which somebody has counted."""
    return tuple(replace(decision, cuts={}) for decision in decisions)


def settled(
    decisions: Sequence[PlainDecision], wanted: Collection[str] | None
) -> tuple[PlainDecision, ...]:
    """With those selected objects that are wanted, all for None, made a collection."""

    def columns(decision: PlainDecision) -> dict[str, Any]:
        return {
            name: values.objects if isinstance(values, Later) else values
            for name, values in decision.columns.items()
            if wanted is None or name in wanted or isinstance(values, NUMBERS)
        }

    return tuple(
        PlainDecision(decision.mask, columns(decision), decision.cuts, decision.category)
        for decision in decisions
    )


def mapped(
    both: tuple[Sequence[PlainDecision], Sequence[PlainDecision]],
    make: Callable[[Any, Any], Any],
    column: Callable[[Any, Any], Any],
) -> tuple[PlainDecision, ...]:
    """Decisions made from two, array by array; what taggers share is made once."""
    made: dict[tuple[int, int], Any] = {}

    def once(a: Any, b: Any, make: Callable[[Any, Any], Any] = make) -> Any:
        key = (id(a), id(b))
        if key not in made:
            made[key] = make(a, b)
        return made[key]

    return tuple(
        PlainDecision(
            once(a.mask, b.mask),
            {name: once(values, b.columns[name], column) for name, values in a.columns.items()},
            {name: once(group, b.cuts[name]) for name, group in a.cuts.items()},
            None if a.category is None else once(a.category, b.category),
        )
        for a, b in zip(*both, strict=True)
    )


def take(values: Any, rows: Index) -> Any:
    """Some rows of a column, of a collection or of a group of cuts."""
    return values.take(rows) if isinstance(values, _TAKEN) else values[rows]


def _splice(a: Any, b: Any, order: Index) -> Any:
    """Some rows of two columns, collections or groups of cuts, the second behind the first."""
    if isinstance(a, CutGroup):
        return a.spliced(b, order)
    if isinstance(a, Objects):
        return a.joined(b).take(order)
    if isinstance(a, np.ndarray):
        return merged(a, b, order)
    return ak.concatenate([a, b])[order]
