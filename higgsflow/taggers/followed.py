"""Late columns of objects that go along with these when events are dropped.

What variations leave as it is they share with the nominal events that are left: only numbers that
come from there too need not be compared one by one.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.taggers.decisions import mapped
from higgsflow.taggers.late_columns import LateColumn, Places, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.events.lists import Index, Lists
    from higgsflow.events.plain import PlainEvents
    from higgsflow.taggers.decisions import PlainDecision


def followed(
    decisions: Sequence[PlainDecision], before: PlainEvents, after: PlainEvents, rows: Index
) -> tuple[PlainDecision, ...]:
    """What taggers said of the events `after`, from numbers of these.

    It was said of `before`, of which these are the `rows`.
    """
    moves: dict[int, tuple[npt.NDArray[Any], _Move]] = {}
    for name, objects in before.collections.items():
        left = after.collections[name]
        # of many objects the columns are copied when they are looked at, which this would be
        if isinstance(objects.columns, dict) and isinstance(left.columns, dict):
            move = _Move(objects.lists, rows)
            moves |= {id(a): (left.columns[f], move) for f, a in objects.columns.items()}

    def column(values: Any, _: Any) -> Any:
        if not isinstance(values, LateColumn) or id(values.source) not in moves:
            return values
        source, move = moves[id(values.source)]
        return LateColumn.of(source, move.of(values.places))

    return mapped((decisions, decisions), lambda values, _: values, column)


class _Move:
    """Where the objects of some events are once only these are left."""

    def __init__(self, lists: Lists, rows: Index) -> None:
        self._lists, self._rows = lists, rows
        self._known: dict[int, tuple[Places, Places]] = {}

    @cached_property
    def _index(self) -> Index:
        """Of each object where it is then; one more, which is the last: of rows without a place."""
        _, positions = self._lists.take(self._rows)
        return placed(np.arange(len(positions)), positions, self._lists.n + 1, -1)

    def of(self, places: Places) -> Places:
        """The places there, the same ones for columns that share theirs."""
        if id(places) not in self._known:
            # the first are kept, so that no others get their identity
            self._known[id(places)] = places, Places(self._index.take(places.index))
        return self._known[id(places)][1]
