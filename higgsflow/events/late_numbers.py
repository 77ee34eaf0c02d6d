"""Columns with one number per event, of which each is copied when it is first looked at.

A function of users is shown all columns of the events that are kept, and looks at a few.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.events.lists import Index

Array = npt.NDArray[Any]


class LateNumbers(Mapping[str, Array]):
    """Columns of some of many events, or of others beside them that are there."""

    def __init__(self, every: Mapping[str, Array], rows: Index) -> None:
        """Of the events at these rows of every column."""
        self._every, self._rows = every, rows
        self._made: dict[str, Array] = {}
        self._names = dict.fromkeys(every)
        # the columns are asked for one after the other
        self._last: tuple[Index, Index] | None = None

    def __getitem__(self, name: str) -> Array:
        if name not in self._made:
            self._made[name] = self._every[name].take(self._rows)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        # that of mappings asks for the column
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def of(self, name: str, rows: Index) -> Array:
        """A column of some of these events."""
        if name in self._made:
            return self._made[name].take(rows)
        if self._last is None or self._last[0] is not rows:
            self._last = rows, self._rows.take(rows)
        return self._every[name].take(self._last[1])

    def with_numbers(self, numbers: Mapping[str, Array]) -> LateNumbers:
        """With columns replaced or added, which are of the same events."""
        found = LateNumbers(self._every, self._rows)
        found._made = {**self._made, **numbers}
        found._names = {**self._names, **dict.fromkeys(numbers)}
        return found


def of_rows(columns: Mapping[str, Array], name: str, rows: Index) -> Array:
    """A column of some events; of others it is not copied."""
    if isinstance(columns, LateNumbers):
        return columns.of(name, rows)
    return columns[name].take(rows)


def with_numbers(columns: Mapping[str, Array], more: Mapping[str, Array]) -> Mapping[str, Array]:
    """Both, of the same events; what waits still does."""
    if isinstance(columns, LateNumbers):
        return columns.with_numbers(more)
    return {**columns, **more}
