"""Numbers of a column, put together from those of its baskets.

Each is copied once, into the byte order of the machine and float64 where it is a float32: of what
is many, as generated particles are, when it is looked at, which only few events are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from higgsflow.events.baskets import OddBasket
from higgsflow.events.lists import copied_lists, offsets_of, rows_within
from higgsflow.events.objects import LONG
from higgsflow.events.runs import Runs, runs_of, turned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Numbers = npt.NDArray[Any]
Offsets = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RawColumn:
    """The numbers of some entries; of lists also where each begins and the last one ends."""

    numbers: Numbers
    offsets: Offsets | None = None


class Parts(Protocol):
    """Numbers of consecutive entries in parts, each looked at by its number."""

    @property
    def lengths(self) -> Sequence[int]:
        """How many numbers each has."""

    def ask_for(self, wanted: Sequence[int]) -> None:
        """Tells which of them will be looked at."""

    def __getitem__(self, number: int) -> Numbers:
        """Those of one part."""


class HeldParts:
    """Parts that are there."""

    def __init__(self, held: Sequence[Numbers]) -> None:
        self._held, self.lengths = held, [len(part) for part in held]

    def ask_for(self, wanted: Sequence[int]) -> None:
        """Nothing has to be asked for."""

    def __getitem__(self, number: int) -> Numbers:
        return self._held[number]


class StoredColumn:
    """The numbers of chosen entries as they are stored, until they are looked at.

    Attributes:
        dtype: what they become.
        offsets: where the list of each chosen entry begins and the last one ends.
    """

    def __init__(
        self,
        lists: StoredLists,
        parts: Parts,
        dtype: np.dtype[Any],
        instead: Callable[[OddBasket], Numbers] | None = None,
    ) -> None:
        """`instead` gives the numbers of all chosen entries where a part is odd."""
        self._lists, self._parts, self._stored, self._instead = lists, parts, dtype, instead
        self.dtype, self.offsets = _native(dtype), lists.chosen_offsets

    @cached_property
    def numbers(self) -> Numbers:
        """Of all chosen entries."""
        try:
            return self._lists.numbers_of(self._parts, self._stored)
        except OddBasket as error:
            return self._other(error)

    def of(self, rows: Rows | None) -> Numbers:
        """Of some of the chosen entries, by their positions among these."""
        if rows is None:
            return self.numbers
        if "numbers" not in self.__dict__:
            try:
                found = self._of_some(rows)
            except OddBasket as error:
                self.numbers = self._other(error)
            else:
                if found is not None:
                    return found
        return copied_lists(self.numbers, self.offsets, rows)

    def _of_some(self, rows: Rows) -> Numbers | None:
        """Those of some of the chosen entries; None where it is better to have all of them."""
        some, order = self._lists.some(rows)
        if order is None:
            return some.numbers_of(self._parts, self._stored)
        # of several variations, say: where all parts are looked at anyway, once for all that follow
        if len(some.wanted(self._parts)) == len(self._lists.wanted(self._parts)):
            return None
        numbers = some.numbers_of(self._parts, self._stored)
        return copied_lists(numbers, some.chosen_offsets, order)

    def _other(self, error: OddBasket) -> Numbers:
        if self._instead is None:
            raise error
        return self._instead(error).astype(self.dtype, copy=False)


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
        # the columns of a collection have parts of the same lengths in most files
        self._known: dict[tuple[int, int], Runs] = {}
        self._ends: dict[int, int] = {}
        self.chosen_offsets = offsets
        if chosen is not None:
            self.chosen_offsets = offsets_of(offsets, chosen.rows)
        # the columns of a collection are looked at one after the other
        self._last: tuple[Rows, StoredLists, Rows | None] | None = None

    @property
    def wait(self) -> bool:
        """Whether they are so many of few entries that they wait for who looks at them."""
        return self._chosen is not None and self.offsets[-1] >= LONG * (len(self.offsets) - 1)

    def column(self, parts: Iterable[Numbers], dtype: np.dtype[Any]) -> Raw:
        """A column that is stored as this type; of many objects in few entries it waits."""
        if not self.wait:
            return RawColumn(self.numbers(parts, dtype), self.chosen_offsets)
        held = HeldParts(list(parts))
        if (n := sum(held.lengths)) != self.offsets[-1]:
            raise OddBasket(f"it has {n} of {self.offsets[-1]} numbers")
        return StoredColumn(self, held, dtype)

    def some(self, rows: Rows) -> tuple[StoredLists, Rows | None]:
        """The same with some of the chosen entries, in order and each once.

        Where the rows are not so, also the position of each among these.
        """
        assert self._chosen is not None
        if self._last is None or self._last[0] is not rows:
            once, order = rows, None
            if (rows[1:] <= rows[:-1]).any():
                is_there = np.zeros(len(self._chosen.rows), dtype=np.bool_)
                is_there[rows] = True
                once = np.flatnonzero(is_there)
                order = np.searchsorted(once, rows)
            chosen = ChosenEntries(self._chosen.rows.take(once))
            self._last = rows, StoredLists(self.offsets, chosen), order
        return self._last[1:]

    def numbers(self, parts: Iterable[Numbers], dtype: np.dtype[Any]) -> Numbers:
        """The numbers of what is chosen, of a column that is stored as this type."""
        n = int(self.chosen_offsets[-1])
        if self._chosen is None:
            return joined(parts, n, dtype)
        found = np.empty(n, dtype=_native(dtype))
        at = row = n_found = 0
        for part in parts:
            end = self._end(at + len(part))
            runs = self._runs(self._chosen, row, end)
            runs.fill(found[n_found : n_found + runs.n], part)
            at, row, n_found = at + len(part), end, n_found + runs.n
        if n_found != n:
            raise OddBasket(f"it has {n_found} of {n} numbers")
        return found

    def numbers_of(self, parts: Parts, dtype: np.dtype[Any]) -> Numbers:
        """The same; parts of which nothing is chosen are not looked at."""
        wanted = self.wanted(parts)
        parts.ask_for([number for number, _ in wanted])
        found = np.empty(int(self.chosen_offsets[-1]), dtype=_native(dtype))
        n = 0
        for number, runs in wanted:
            runs.fill(found[n : n + runs.n], parts[number])
            n += runs.n
        return found

    def wanted(self, parts: Parts) -> list[tuple[int, Runs]]:
        """The parts that have some of what is chosen, by number, and what they have of it."""
        assert self._chosen is not None
        found, at, row = [], 0, 0
        for number, length in enumerate(parts.lengths):
            end = self._end(at + length)
            runs = self._runs(self._chosen, row, end)
            if runs.n:
                found.append((number, runs))
            at, row = at + length, end
        return found

    def _end(self, n: int) -> int:
        """The entry at which the first n numbers end: all lists of a part end where it ends."""
        if n not in self._ends:
            self._ends[n] = int(self.offsets.searchsorted(n, side="right")) - 1
        return self._ends[n]

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
