"""Late columns of objects that go along with these when events are dropped.

What variations leave as it is they share with the nominal events that are left: only numbers that
come from there too need not be compared one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.taggers.contract import mapped
from higgsflow.taggers.late_columns import LateColumn, Places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.events.lists import Index
    from higgsflow.events.objects import Objects
    from higgsflow.events.plain import PlainEvents
    from higgsflow.taggers.contract import PlainDecision


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
            move = _Move(objects, rows)
            moves |= {id(a): (left.columns[f], move) for f, a in objects.columns.items()}

    def column(values: Any, _: Any) -> Any:
        if not isinstance(values, LateColumn) or id(values.source) not in moves:
            return values
        source, move = moves[id(values.source)]
        return LateColumn.of(source, move.of(values.places))

    return mapped((decisions, decisions), lambda values, _: values, column)


class _Move:
    """Where the objects of some events are once only these are left."""

    def __init__(self, objects: Objects, rows: Index) -> None:
        self._lists, self._rows = objects.lists, rows
        self._known: dict[int, tuple[Places, Places]] = {}

    def of(self, places: Places) -> Places:
        """The places there, the same ones for columns that share theirs."""
        if id(places) not in self._known:
            _, positions = self._lists.take(self._rows)
            # one more, which is the last: of rows without a place
            found = np.full(self._lists.n + 1, -1)
            found[positions] = np.arange(len(positions))
            self._known[id(places)] = places, Places(found.take(places.index))
        return self._known[id(places)][1]
