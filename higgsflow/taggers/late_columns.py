"""Columns that are worked out when somebody looks at them, for the rows that are left then.

Of the events that a step keeps, the next one keeps a third, and looks at few of their columns.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.compiled.choice import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from higgsflow.events.lists import Index

Array = npt.NDArray[Any]


class Places:
    """Where the values of rows are found, -1 of rows that have none; columns share it."""

    def __init__(self, index: Index, only: tuple[Index, int] | None = None) -> None:
        """The places of all rows, or `only` of these of so many."""
        self._given, self._only = index, only
        # of the rows that were taken last, which are kept, so that no others get their identity
        self._last: tuple[Index, Places] | None = None

    @classmethod
    def of_some(cls, positions: Index, rows: Index, n: int) -> Places:
        """Of n rows the positions at those that have one."""
        return cls(positions, (rows, n))

    def __len__(self) -> int:
        return len(self._given) if self._only is None else self._only[1]

    @cached_property
    def index(self) -> Index:
        """Of each row."""
        if self._only is None:
            return self._given
        return placed(self._given, *self._only, -1)

    def take(self, rows: Index) -> Places:
        """Those of some rows; the same ones for all columns that ask for the same rows."""
        if self._last is None or self._last[0] is not rows:
            self._last = (rows, Places(self._taken(rows)))
        return self._last[1]

    def _taken(self, rows: Index) -> Index:
        # what a step keeps is mostly what has a place
        if self._only is not None and np.array_equal(rows, self._only[0]):
            return self._given
        return self.index.take(rows)

    @cached_property
    def some(self) -> tuple[Index, Index] | None:
        """The rows that have a value, and where it is found; None where all have one."""
        has_one = self.index >= 0
        if has_one.all():
            return None
        rows = has_one.nonzero()[0]
        return rows, self.index.take(rows)


class LateColumn:
    """One number per row.

    Of rows that have none it is NaN: then the numbers are float64.
    """

    def __init__(
        self, at: Callable[[Index], Array], places: Places, source: Array | None = None
    ) -> None:
        """`at` gives the numbers at some places; those of `source`, where it is them."""
        self._at, self.places, self.source = at, places, source

    @classmethod
    def of(cls, source: Array, places: Places) -> LateColumn:
        """Numbers that are there, at other places."""
        return cls(source.take, places, source)

    def __len__(self) -> int:
        return len(self.places)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """As numpy asks for it."""
        # numpy before 2 knows no copy that is made where it is needed
        return (np.array if copy else np.asarray)(self.values, dtype)

    @cached_property
    def values(self) -> Array:
        """The numbers."""
        some = self.places.some
        if some is None:
            return self._at(self.places.index)
        rows, index = some
        return placed(np.asarray(self._at(index), dtype=np.float64), rows, len(self), np.nan)

    def take(self, rows: Index) -> Array | LateColumn:
        """Some rows: of what is worked out already, or later."""
        if "values" in self.__dict__:
            return self.values.take(rows)
        return LateColumn(self._at, self.places.take(rows), self.source)


@compiled("columns.placed")
def placed(values: Array, rows: Index, n: int, rest: float) -> Array:
    """These numbers at some of n rows, and `rest` at all others."""
    found = np.full(n, rest, dtype=values.dtype)
    found[rows] = values
    return found


def have_one_source(a: Any, b: Any) -> bool:
    """Whether both are numbers of one array, so that what is at the same place is the same."""
    if not isinstance(a, LateColumn) or not isinstance(b, LateColumn):
        return False
    return a.source is not None and a.source is b.source


def worked_out(values: Any) -> Any:
    """What stands for itself: the numbers of a late column, anything else as it is."""
    return values.values if isinstance(values, LateColumn) else values


def all_worked_out(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The same columns, none of them late."""
    return {name: worked_out(values) for name, values in columns.items()}
