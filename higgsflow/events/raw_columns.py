"""Columns of a range of entries, put together from baskets that are read by their position.

Lists of one collection begin at the same places in each of its columns: they are worked out for the
first of them, and compared for the others. Where the file counts many objects, all of its columns
wait until they are looked at.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from higgsflow.events.baskets import Basket, OddBasket, Place, unpack
from higgsflow.events.late_parts import LateBasket, LateBytes, LatePart, LateParts
from higgsflow.events.lists import copied_lists, from_counts
from higgsflow.events.places import counter_of
from higgsflow.events.raw_numbers import (
    ChosenEntries,
    RawColumn,
    StoredColumn,
    StoredLists,
    joined,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from higgsflow.events.places import FilePlaces
    from higgsflow.events.raw_numbers import Numbers, Offsets, Raw, Rows

    # name, first entry and end, lists, what is odd: numbers as uproot has them
    Instead = Callable[[str, tuple[int, int], Offsets, str], Numbers]

# where a basket is, and what gives its bytes; None where it is kept
_Fetched = tuple[Place, "Callable[[], bytes] | None"]


# objects per event from which on columns are read late, each by itself: there are fewer jets, at
# which all events that go on are looked at, and a server is asked for all columns of these at once
_MANY = 20


class RawColumns:
    """Columns of an open file whose baskets are known."""

    def __init__(self, late: LateBytes, places: FilePlaces, instead: Instead) -> None:
        """`instead` gives what turns out to be odd when somebody looks at it."""
        self._source, self._places = late.source, places
        self._late_bytes, self._instead = late, instead
        self._counters = _counters_of_many(places)
        # the last basket of each column, which the next range may begin in
        self._kept: dict[str, Basket] = {}
        self._kept_late: dict[str, LateBasket] = {}

    def read(
        self, names: Sequence[str], start: int, stop: int, rows: Rows | None = None
    ) -> tuple[dict[str, Raw], dict[str, str]]:
        """The columns of a range of entries, and those that are odd, with what is odd.

        Of `rows`, positions in the range that rise, or of all entries.

        Raises:
            OSError: when bytes cannot be read.
        """
        chosen = None if rows is None else ChosenEntries(rows)
        late = {} if chosen is None else self._late(names, (start, stop), chosen)
        fetched = self._fetch([name for name in names if name not in late], start, stop)
        found: dict[str, Raw] = {}
        odd: dict[str, str] = {}
        shared: dict[str, StoredLists] = {}
        for name in names:
            if name in late:
                found[name] = late[name]
                continue
            try:
                found[name] = self._column(name, fetched[name], (start, stop), (shared, chosen))
                if not fetched[name] or fetched[name][-1][0].stop <= stop:
                    self._kept.pop(name, None)
            except OddBasket as error:
                odd[name] = str(error)
        return found, odd

    def bytes_of(self, names: Iterable[str], start: int, stop: int) -> int:
        """Compressed bytes of the baskets that hold these entries."""
        return sum(
            place.size
            for name in names
            if name in self._places.columns
            for place in self._places.baskets(name, start, stop)
        )

    def _late(
        self, names: Sequence[str], span: tuple[int, int], chosen: ChosenEntries
    ) -> dict[str, StoredColumn]:
        """Those of which the file counts many objects, in few entries that somebody may look at."""
        counters = {name: self._counters[name] for name in names if name in self._counters}
        lists = self._counted(sorted({*counters.values()}), span, chosen)
        waiting = {
            name: self._waiting(name, span, lists[counter], chosen)
            for name, counter in counters.items()
            if counter in lists
        }
        return {name: column for name, column in waiting.items() if column is not None}

    def _counted(
        self, counters: Sequence[str], span: tuple[int, int], chosen: ChosenEntries
    ) -> dict[str, StoredLists]:
        """The lists of so many objects, by their counters; none of what cannot be counted."""
        fetched = self._fetch(counters, *span)
        found = {}
        for name in counters:
            with suppress(OddBasket):
                counts = self._column(name, fetched[name], span, ({}, None)).numbers
                if (counts < 0).any():
                    continue
                lists = StoredLists(from_counts(counts).offsets, chosen)
                if lists.wait:
                    found[name] = lists
        return found

    def _waiting(
        self, name: str, span: tuple[int, int], lists: StoredLists, chosen: ChosenEntries
    ) -> StoredColumn | None:
        """A column that is looked at later; None of one without all the entries or numbers."""
        column, parts, at = self._places.columns[name], [], 0
        dtype = np.dtype(column.dtype)
        for place in self._places.baskets(name, *span):
            rows = slice(max(span[0] - place.start, 0), min(span[1], place.stop) - place.start)
            end = at + rows.stop - rows.start
            late = self._late_basket(name, place, span[1], dtype)
            parts.append(LatePart(late, rows, lists.offsets[at : end + 1]))
            at = end

        def other(error: OddBasket) -> Numbers:
            numbers = self._instead(name, span, lists.offsets, str(error))
            return copied_lists(numbers, lists.offsets, chosen.rows)

        if at != span[1] - span[0] or lists.offsets[-1] * dtype.itemsize > column.n_bytes:
            return None
        return StoredColumn(lists, LateParts(self._late_bytes, parts), dtype, other)

    def _late_basket(self, name: str, place: Place, stop: int, dtype: np.dtype[Any]) -> LateBasket:
        kept = self._kept_late.pop(name, None)
        if kept is None or kept.place != place:
            kept = LateBasket(name, place, dtype, self._late_bytes)
        if place.stop > stop:
            self._kept_late[name] = kept
        return kept

    def _fetch(self, names: Sequence[str], start: int, stop: int) -> dict[str, list[_Fetched]]:
        """What gives the bytes of the baskets, all asked for at once; None of one that is kept."""
        wanted = {name: self._places.baskets(name, start, stop) for name in names}
        missing = [p for name in names for p in wanted[name] if not self._is_kept(name, p)]
        places = sorted(set(missing))
        parts = self._source.read([(p.seek, p.seek + p.size) for p in places]) if places else []
        raw = {place: partial(parts.__getitem__, i) for i, place in enumerate(places)}
        return {name: [(p, raw.get(p)) for p in wanted[name]] for name in names}

    def _is_kept(self, name: str, place: Place) -> bool:
        kept = self._kept.get(name)
        return kept is not None and kept.start == place.start

    def _column(
        self,
        name: str,
        fetched: list[_Fetched],
        span: tuple[int, int],
        known: tuple[dict[str, StoredLists], ChosenEntries | None],
    ) -> Raw:
        """One column of the entries `span`, from the baskets that hold them."""
        column, n = self._places.columns[name], span[1] - span[0]
        (shared, chosen), dtype = known, np.dtype(column.dtype)
        if sum(min(span[1], p.stop) - max(span[0], p.start) for p, _ in fetched) != n:
            raise OddBasket(f"'{name}' has no baskets for all of its entries")
        if not column.is_list:
            flat = (part.basket.numbers[part.rows] for part in self._parts(name, fetched, span))
            if chosen is None:
                return RawColumn(joined(flat, n, dtype))
            return RawColumn(joined(chosen.numbers(flat), len(chosen.rows), dtype))
        collection = name.partition("_")[0]
        if (lists := shared.get(collection)) is not None:
            found = _of_lists(self._parts(name, fetched, span), lists, dtype)
            if found is not None:
                return found
        parts = list(self._parts(name, fetched, span))
        lists = StoredLists(_offsets(parts), chosen)
        shared.setdefault(collection, lists)
        return lists.column((part.numbers for part in parts), dtype)

    def _parts(self, name: str, fetched: list[_Fetched], span: tuple[int, int]) -> Iterator[_Part]:
        """The baskets one after the other, unpacked when it is their turn."""
        column = self._places.columns[name]
        dtype = np.dtype(column.dtype)
        for place, read in fetched:
            if read is None:
                basket = self._kept[name]
            else:
                basket = unpack(read(), name, place, dtype, column.is_list)
            if place.stop > span[1]:
                self._kept[name] = basket
            first = max(span[0] - place.start, 0)
            yield _Part(basket, slice(first, min(span[1], place.stop) - place.start))


def _counters_of_many(places: FilePlaces) -> dict[str, str]:
    """What counts the objects of each column, of collections with many of them in each event."""
    by_counter: dict[str, list[str]] = {}
    for name, column in places.columns.items():
        if column.is_list:
            by_counter.setdefault(counter_of(name), []).append(name)
    return {
        name: counter
        for counter, names in by_counter.items()
        if _counts(places, counter) and min(map(places.n_objects, names)) >= _MANY
        for name in names
    }


def _counts(places: FilePlaces, name: str) -> bool:
    column = places.columns.get(name)
    return column is not None and not column.is_list and np.dtype(column.dtype).kind in "iu"


class _Part(NamedTuple):
    """Some entries of a basket."""

    basket: Basket
    rows: slice

    @property
    def numbers(self) -> Numbers:
        """The numbers of their lists."""
        basket, rows = self.basket, self.rows
        first, end = basket.begin(rows.start), basket.begin(rows.stop)
        if first == 0 and end == basket.numbers.nbytes:
            return basket.numbers
        size = basket.numbers.itemsize
        return basket.numbers[first // size : end // size]


def _of_lists(parts: Iterable[_Part], lists: StoredLists, dtype: np.dtype[Any]) -> Raw | None:
    """The column, if its lists begin there; None if they begin elsewhere."""
    at = 0

    def of_parts() -> Iterator[Numbers]:
        nonlocal at
        for part in parts:
            n = part.rows.stop - part.rows.start
            if not part.basket.has_lists(part.rows.start, lists.offsets[at : at + n + 1]):
                raise _OtherListsError
            at += n
            yield part.numbers

    try:
        return lists.column(of_parts(), dtype)
    except _OtherListsError:
        return None


class _OtherListsError(Exception):
    """Lists of a column do not begin where those of others of the collection do."""


def _offsets(parts: Sequence[_Part]) -> Offsets:
    """Where lists begin, and the last one ends, counted in numbers."""
    sizes = [part.rows.stop - part.rows.start for part in parts]
    offsets = np.empty(sum(sizes) + 1, dtype=np.int64)
    at = end = 0
    for part, size in zip(parts, sizes, strict=True):
        end = part.basket.put_begins(part.rows, offsets[at : at + size], end)
        at += size
    offsets[at] = end
    return offsets
