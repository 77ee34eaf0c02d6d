"""Columns of a range of entries, put together from baskets that are read by their position.

Lists of one collection begin at the same places in each of its columns: they are worked out for the
first of them, and compared for the others.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from higgsflow.events.baskets import Basket, OddBasket, Place, unpack
from higgsflow.events.raw_numbers import ChosenEntries, RawColumn, StoredLists, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from higgsflow.events.places import FilePlaces
    from higgsflow.events.ranges_of_bytes import FileBytes
    from higgsflow.events.raw_numbers import Numbers, Offsets, Raw, Rows

# where a basket is, and what gives its bytes; None where it is kept
_Fetched = tuple[Place, "Callable[[], bytes] | None"]


class RawColumns:
    """Columns of an open file whose baskets are known."""

    def __init__(self, source: FileBytes, places: FilePlaces) -> None:
        self._source, self._places = source, places
        self._baskets = {name: places.baskets(name) for name in places.columns}
        # the last basket of each column, which the next range may begin in
        self._kept: dict[str, Basket] = {}

    def read(
        self, names: Sequence[str], start: int, stop: int, rows: Rows | None = None
    ) -> tuple[dict[str, Raw], dict[str, str]]:
        """The columns of a range of entries, and those that are odd, with what is odd.

        Of `rows`, positions in the range that rise, or of all entries.

        Raises:
            OSError: when bytes cannot be read.
        """
        fetched = self._fetch(names, start, stop)
        found: dict[str, Raw] = {}
        odd: dict[str, str] = {}
        shared: dict[str, StoredLists] = {}
        chosen = None if rows is None else ChosenEntries(rows)
        for name in names:
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
            for place in self._baskets.get(name, ())
            if place.start < stop and place.stop > start
        )

    def _fetch(self, names: Sequence[str], start: int, stop: int) -> dict[str, list[_Fetched]]:
        """What gives the bytes of the baskets, all asked for at once; None of one that is kept."""
        wanted = {
            name: [p for p in self._baskets[name] if p.start < stop and p.stop > start]
            for name in names
        }
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


class _Part(NamedTuple):
    """Some entries of a basket."""

    basket: Basket
    rows: slice

    @property
    def numbers(self) -> Numbers:
        """The numbers of their lists."""
        first, end = (self.basket.begin(at) for at in (self.rows.start, self.rows.stop))
        size = self.basket.numbers.dtype.itemsize
        return self.basket.numbers[first // size : end // size]


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
