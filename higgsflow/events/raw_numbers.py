"""Numbers of a column, put together from those of its baskets.

Each is copied once, into the byte order of the machine and float64 where it is a float32: of what
is many, as generated particles are, when it is looked at, which only few events are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.events.baskets import OddBasket
from higgsflow.events.lists import copied_lists, offsets_of, rows_within
from higgsflow.events.objects import LONG
from higgsflow.events.runs import Runs, runs_of, turned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Numbers = npt.NDArray[Any]
Offsets = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RawColumn:
    """The numbers of some entries; of lists also where each begins and the last one ends."""

    numbers: Numbers
    offsets: Offsets | None = None


class StoredColumn:
    """The numbers of chosen entries as they are stored, until they are looked at.

    Attributes:
        dtype: what they become.
        offsets: where the list of each chosen entry begins and the last one ends.
    """

    def __init__(self, lists: StoredLists, parts: Sequence[Numbers], dtype: np.dtype[Any]) -> None:
        self._lists, self._parts, self._stored = lists, parts, dtype
        self.dtype, self.offsets = _native(dtype), lists.chosen_offsets

    @cached_property
    def numbers(self) -> Numbers:
        """Of all chosen entries."""
        return self._lists.numbers(self._parts, self._stored)

    def of(self, rows: Rows | None) -> Numbers:
        """Of some of the chosen entries, by their positions among these."""
        if rows is None:
            return self.numbers
        some = self._lists.some(rows)
        if some is None:
            return copied_lists(self.numbers, self.offsets, rows)
        return some.numbers(self._parts, self._stored)


Raw = RawColumn | StoredColumn


@dataclass(frozen=True, eq=False)
class ChosenEntries:
    """Some of the entries of a range; what lies between is not copied."""

    rows: Rows
    _known: dict[tuple[int, int], Rows] = field(default_factory=dict)

    def within(self, start: int, stop: int) -> Rows:
        """Those in a stretch, counted from its beginning: baskets end alike in most columns."""
        if (start, stop) not in self._known:
            self._known[start, stop] = rows_within(self.rows, start, stop)
        return self._known[start, stop]

    def numbers(self, parts: Iterable[Numbers]) -> Iterator[Numbers]:
        """Their numbers, of one for each entry."""
        at = 0
        for part in parts:
            yield part.take(self.within(at, at + len(part)))
            at += len(part)


class StoredLists:
    """Where the lists of a collection begin, of all entries and of those that are chosen."""

    def __init__(self, offsets: Offsets, chosen: ChosenEntries | None) -> None:
        self.offsets, self._chosen = offsets, chosen
        self._known: dict[tuple[int, int], Runs] = {}
        self.chosen_offsets = offsets
        if chosen is not None:
            self.chosen_offsets = offsets_of(offsets, chosen.rows)
        # the columns of a collection are looked at one after the other
        self._last: tuple[Rows, StoredLists | None] | None = None

    def column(self, parts: Iterable[Numbers], dtype: np.dtype[Any]) -> Raw:
        """A column that is stored as this type; of many objects in few entries it waits."""
        if self._chosen is None or self.offsets[-1] < LONG * (len(self.offsets) - 1):
            return RawColumn(self.numbers(parts, dtype), self.chosen_offsets)
        held = list(parts)
        if (n := sum(map(len, held))) != self.offsets[-1]:
            raise OddBasket(f"it has {n} of {self.offsets[-1]} numbers")
        return StoredColumn(self, held, dtype)

    def some(self, rows: Rows) -> StoredLists | None:
        """The same with some of the chosen entries; None unless these rise, as entries do."""
        if self._chosen is not None and (self._last is None or self._last[0] is not rows):
            rise = bool((rows[1:] > rows[:-1]).all())
            chosen = ChosenEntries(self._chosen.rows.take(rows))
            self._last = rows, StoredLists(self.offsets, chosen) if rise else None
        return None if self._last is None else self._last[1]

    def numbers(self, parts: Iterable[Numbers], dtype: np.dtype[Any]) -> Numbers:
        """The numbers of what is chosen, of a column that is stored as this type."""
        n = int(self.chosen_offsets[-1])
        if self._chosen is None:
            return joined(parts, n, dtype)
        found = np.empty(n, dtype=_native(dtype))
        at = row = n_found = 0
        for part in parts:
            # all lists of a part end where it ends
            end = int(np.searchsorted(self.offsets, at + len(part), side="right")) - 1
            runs = self._runs(self._chosen, row, end)
            runs.fill(found[n_found : n_found + runs.n], part)
            at, row, n_found = at + len(part), end, n_found + runs.n
        if n_found != n:
            raise OddBasket(f"it has {n_found} of {n} numbers")
        return found

    def _runs(self, chosen: ChosenEntries, first: int, end: int) -> Runs:
        """What is chosen of consecutive lists, which are the same in all columns of most files."""
        if (first, end) not in self._known:
            begins = self.offsets[first : end + 1] - self.offsets[first]
            self._known[first, end] = runs_of(begins, chosen.within(first, end))
        return self._known[first, end]


def joined(parts: Iterable[Numbers], n: int, dtype: np.dtype[Any]) -> Numbers:
    """One array of n numbers in the machine's byte order; of float32 the same values as float64.

    Each part is turned before the next one is unpacked, while the processor has it at hand.
    """
    joined = np.empty(n, dtype=_native(dtype))
    at = 0
    for part in parts:
        if at + len(part) > n:
            raise OddBasket(f"it has more than {n} numbers")
        turned(part, joined[at : at + len(part)])
        at += len(part)
    if at != n:
        raise OddBasket(f"it has {at} numbers, {n} were expected")
    return joined


def _native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """What numbers become that are stored as this type."""
    return np.dtype(np.float64) if dtype == np.dtype(">f4") else dtype.newbyteorder("=")
