"""Numbers of a column, put together from those of its baskets.

Each is copied once, into the byte order of the machine and float64 where it is a float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.events.baskets import OddBasket
from higgsflow.events.lists import rows_within
from higgsflow.events.runs import Runs, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Numbers = npt.NDArray[Any]
Offsets = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RawColumn:
    """The numbers of some entries; of lists also where each begins and the last one ends."""

    numbers: Numbers
    offsets: Offsets | None = None


@dataclass(frozen=True, eq=False)
class ChosenEntries:
    """Some of the entries of a range; what lies between is not copied."""

    rows: Rows

    def numbers(self, parts: Iterable[Numbers]) -> Iterator[Numbers]:
        """Their numbers, of one for each entry."""
        at = 0
        for part in parts:
            yield part[rows_within(self.rows, at, at + len(part))]
            at += len(part)


class StoredLists:
    """Where the lists of a collection begin, of all entries and of those that are chosen."""

    def __init__(self, offsets: Offsets, chosen: ChosenEntries | None) -> None:
        self.offsets, self._chosen = offsets, chosen
        self._known: dict[tuple[int, int], Runs] = {}
        self.chosen_offsets = offsets
        if chosen is not None:
            counts = np.diff(offsets)[chosen.rows]
            self.chosen_offsets = np.concatenate([[0], np.cumsum(counts)])

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
            self._known[first, end] = runs_of(begins, rows_within(chosen.rows, first, end))
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
        joined[at : at + len(part)] = part
        at += len(part)
    if at != n:
        raise OddBasket(f"it has {at} numbers, {n} were expected")
    return joined


def _native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """What numbers become that are stored as this type."""
    return np.dtype(np.float64) if dtype == np.dtype(">f4") else dtype.newbyteorder("=")
