"""Lists of objects per event: where they begin and end, and the pairs that they make.

Objects of all events stand one after the other; those of event i are offsets[i] to offsets[i + 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from higgsflow.compiled.choice import compiled

Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Lists:
    """One list per event; `offsets` begin with 0 and have one entry more than there are events."""

    offsets: Index

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def n(self) -> int:
        """How many objects there are."""
        return int(self.offsets[-1])

    @cached_property
    def counts(self) -> Index:
        """Objects of each event."""
        return np.diff(self.offsets)

    @cached_property
    def owners(self) -> Index:
        """The event of each object."""
        return np.repeat(np.arange(len(self)), self.counts)

    def per_object(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A value of the event, once for each of its objects."""
        return np.repeat(values, self.counts)

    def count(self, mask: Mask) -> Index:
        """How many of the objects in the mask each event has."""
        return np.diff(_edges(mask, self.offsets))

    def any(self, mask: Mask) -> Mask:
        """Whether the mask holds for some object of each event."""
        edges = _edges(mask, self.offsets)
        return np.asarray(edges[1:] > edges[:-1])

    def chosen(self, mask: Mask) -> tuple[Lists, Index]:
        """The lists of the objects in the mask, and the positions of these."""
        edges, positions = _chosen(mask, self.offsets)
        return Lists(edges), positions

    def take(self, rows: Index) -> tuple[Lists, Index]:
        """The lists of some events, and the positions of their objects."""
        offsets, positions = _taken(self.offsets, rows)
        return Lists(offsets), positions

    @cached_property
    def places(self) -> Index:
        """The position of each object in its list."""
        return np.arange(self.n) - np.repeat(self.offsets[:-1], self.counts)


@compiled("lists.edges")
def _edges(mask: Mask, offsets: Index) -> Index:
    """Where the lists would begin and end with the objects in the mask only."""
    before = np.zeros(len(mask) + 1, dtype=np.int64)
    np.cumsum(mask, out=before[1:])
    return np.asarray(before[offsets])


@compiled("lists.chosen")
def _chosen(mask: Mask, offsets: Index) -> tuple[Index, Index]:
    """The same, and the positions of these objects."""
    return _edges(mask, offsets), np.flatnonzero(mask)


@compiled("lists.taken")
def _taken(offsets: Index, rows: Index) -> tuple[Index, Index]:
    """Where the lists of some events begin and end, and the positions of their objects."""
    begins = offsets[rows]
    taken = from_counts(offsets[1:][rows] - begins)
    shifts = begins - taken.offsets[:-1]
    return taken.offsets, np.arange(taken.n) + np.repeat(shifts, taken.counts)


@compiled("lists.offsets_of")
def offsets_of(offsets: Index, rows: Index) -> Index:
    """Where the lists of some events begin and end, one behind the other."""
    return from_counts((offsets[1:] - offsets[:-1])[rows]).offsets


def from_counts(counts: npt.NDArray[Any]) -> Lists:
    """Lists with so many objects each."""
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    return Lists(offsets)


def joined(parts: list[Lists]) -> Lists:
    """The lists of several sets of events, one after the other."""
    return from_counts(np.concatenate([part.counts for part in parts]))


def pairs_within(lists: Lists) -> tuple[Lists, Index, Index]:
    """All pairs of objects of one list, (0, 1), (0, 2) .. (1, 2) ..: first and second of each."""
    offsets, first, second = _paired(lists.offsets)
    return Lists(offsets), first, second


@compiled("lists.paired")
def _paired(offsets: Index) -> tuple[Index, Index, Index]:
    n = np.diff(offsets)
    pairs = from_counts(n * (n - 1) // 2)
    largest = int(n.max(initial=0))
    tables = [np.triu_indices(size, 1) for size in range(largest + 1)]
    sizes = np.arange(largest + 1)
    begins = np.concatenate([[0], np.cumsum(sizes * (sizes - 1) // 2)])
    where = np.repeat(begins[n], pairs.counts) + pairs.places
    start = np.repeat(offsets[:-1], pairs.counts)
    first, second = (np.concatenate([t[i] for t in tables]) for i in (0, 1))
    return pairs.offsets, start + first[where], start + second[where]


def pairs_between(one: Lists, other: Lists) -> tuple[Index, Index]:
    """Every object of one list with every object of the other list of its event."""
    pairs = from_counts(one.counts * other.counts)
    width = np.repeat(other.counts, pairs.counts)
    row, column = np.divmod(pairs.places, np.maximum(width, 1))
    first = np.repeat(one.offsets[:-1], pairs.counts) + row
    return first, np.repeat(other.offsets[:-1], pairs.counts) + column


def first_of_largest(values: npt.NDArray[np.float64], lists: Lists) -> Index:
    """Position of the largest value of each list that is not empty, the first of equals."""
    filled = np.flatnonzero(lists.counts)
    if len(filled) == lists.n:
        return np.arange(lists.n)
    largest = np.maximum.reduceat(values, lists.offsets[filled])
    is_largest = np.flatnonzero(values == np.repeat(largest, lists.counts[filled]))
    owners = lists.owners[is_largest]
    return np.asarray(is_largest[np.concatenate([[True], owners[1:] != owners[:-1]])])


def product_of_each(values: npt.NDArray[np.float64], lists: Lists) -> npt.NDArray[np.float64]:
    """The product of the values of each list, from the first on; 1 of an empty one."""
    found = np.ones(len(lists))
    filled = np.flatnonzero(lists.counts)
    if len(filled):
        found[filled] = np.multiply.reduceat(values, lists.offsets[filled])
    return found


@compiled("ranges.copied")
def copied_lists(values: npt.NDArray[Any], offsets: Index, rows: Index) -> npt.NDArray[Any]:
    """The objects of some lists, one list behind the other."""
    return values[Lists(offsets).take(rows)[1]]


def rows_within(rows: Index, start: int, stop: int) -> Index:
    """Those of rising rows that lie in a stretch, counted from its beginning."""
    first, end = np.searchsorted(rows, (start, stop))
    return rows[first:end] - start
