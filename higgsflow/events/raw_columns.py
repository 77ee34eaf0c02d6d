"""Columns of a range of entries, put together from baskets that are read by their position.

Lists of one collection begin at the same places in each of its columns: they are worked out for the
first of them, and compared for the others. Each number is copied once, into the byte order of the
machine and float64 where it is a float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.events.baskets import Basket, OddBasket, Place, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from higgsflow.events.places import FilePlaces
    from higgsflow.events.ranges_of_bytes import FileBytes

Numbers = npt.NDArray[Any]
Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RawColumn:
    """The numbers of some entries; of lists also where each begins and the last one ends."""

    numbers: Numbers
    offsets: Offsets | None = None


class RawColumns:
    """Columns of an open file whose baskets are known."""

    def __init__(self, source: FileBytes, places: FilePlaces) -> None:
        self._source, self._places = source, places
        self._baskets = {name: places.baskets(name) for name in places.columns}
        # the last basket of each column, which the next range may begin in
        self._kept: dict[str, Basket] = {}

    def read(
        self, names: Sequence[str], start: int, stop: int
    ) -> tuple[dict[str, RawColumn], dict[str, str]]:
        """The columns of a range of entries, and those that are odd, with what is odd.

        Raises:
            OSError: when bytes cannot be read.
        """
        fetched = self._fetch(names, start, stop)
        found: dict[str, RawColumn] = {}
        odd: dict[str, str] = {}
        shared: dict[str, Offsets] = {}
        for name in names:
            try:
                baskets = [self._unpacked(name, *one) for one in fetched[name]]
                found[name] = self._column(name, baskets, (start, stop), shared)
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

    def _fetch(
        self, names: Sequence[str], start: int, stop: int
    ) -> dict[str, list[tuple[Place, bytes | None]]]:
        """The bytes of all baskets that are needed, asked for at once; None of one that is kept."""
        wanted = {
            name: [p for p in self._baskets[name] if p.start < stop and p.stop > start]
            for name in names
        }
        missing = [p for name in names for p in wanted[name] if not self._is_kept(name, p)]
        places = sorted(set(missing))
        parts = self._source.read([(p.seek, p.seek + p.size) for p in places]) if places else []
        raw = dict(zip(places, parts, strict=True))
        return {name: [(p, raw.get(p)) for p in wanted[name]] for name in names}

    def _is_kept(self, name: str, place: Place) -> bool:
        kept = self._kept.get(name)
        return kept is not None and kept.start == place.start

    def _unpacked(self, name: str, place: Place, raw: bytes | None) -> Basket:
        if raw is None:
            return self._kept[name]
        column = self._places.columns[name]
        return unpack(raw, name, place, np.dtype(column.dtype), column.is_list)

    def _column(
        self, name: str, baskets: list[Basket], span: tuple[int, int], shared: dict[str, Offsets]
    ) -> RawColumn:
        """One column of the entries `span`, from the baskets that hold them."""
        column = self._places.columns[name]
        if baskets and baskets[-1].stop > span[1]:
            self._kept[name] = baskets[-1]
        else:
            self._kept.pop(name, None)
        cuts = [(max(span[0] - b.start, 0), min(span[1], b.stop) - b.start) for b in baskets]
        if sum(end - first for first, end in cuts) != span[1] - span[0]:
            raise OddBasket(f"'{name}' has no baskets for all of its entries")
        parts = list(zip(baskets, cuts, strict=True))
        dtype = np.dtype(column.dtype)
        if not column.is_list:
            return RawColumn(_joined([b.numbers[first:end] for b, (first, end) in parts], dtype))
        pieces = [_ends_of(basket)[first : end + 1] for basket, (first, end) in parts]
        collection = name.partition("_")[0]
        offsets = _offsets(pieces, dtype.itemsize, shared.get(collection))
        shared.setdefault(collection, offsets)
        numbers = [
            basket.numbers[piece[0] // dtype.itemsize : piece[-1] // dtype.itemsize]
            for basket, piece in zip(baskets, pieces, strict=True)
        ]
        return RawColumn(_joined(numbers, dtype), offsets)


def _ends_of(basket: Basket) -> npt.NDArray[np.int32]:
    if basket.ends is None:
        raise OddBasket("it has no lists")
    return basket.ends


def _offsets(
    pieces: Sequence[npt.NDArray[np.int32]], itemsize: int, known: Offsets | None
) -> Offsets:
    """Where lists begin, counted in numbers; `known` itself, if that is the same."""
    lengths = [int(piece[-1]) - int(piece[0]) for piece in pieces]
    offsets = np.zeros(sum(len(piece) - 1 for piece in pieces) + 1, dtype=np.int64)
    at = before = 0
    for piece, length in zip(pieces, lengths, strict=True):
        part = offsets[at + 1 : at + len(piece)]
        np.subtract(piece[1:], int(piece[0]) - before, out=part, dtype=np.int64)
        at, before = at + len(piece) - 1, before + length
    if known is not None and np.array_equal(offsets, known * itemsize):
        return known
    counts, rest = np.divmod(offsets, itemsize)
    if rest.any() or (np.diff(counts) < 0).any():
        raise OddBasket("its lists do not begin where numbers begin")
    return counts


def _joined(parts: Sequence[Numbers], dtype: np.dtype[Any]) -> Numbers:
    """One array of the machine's byte order; of float32 the same values as float64."""
    native = np.dtype(np.float64) if dtype == np.dtype(">f4") else dtype.newbyteorder("=")
    joined = np.empty(sum(len(part) for part in parts), dtype=native)
    at = 0
    for part in parts:
        joined[at : at + len(part)] = part
        at += len(part)
    return joined
