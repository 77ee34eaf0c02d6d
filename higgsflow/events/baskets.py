"""Baskets of simple columns: from the bytes in a file to numbers, without the rest of the file.

Only what nearly all columns of NanoAOD are is known: one number per event, or a list of numbers
with the begin of each list behind them. Everything that a basket says of itself is compared with
what is known of it; where anything is odd, uproot shall look at it.

Source of the layout: TKey and TBasket of ROOT, as uproot reads them.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from higgsflow.compiled.choice import compiled
from higgsflow.events.codecs import Bytes, decompressed

# bytes in the file, version, bytes of the object, time, bytes of the head, cycle, and two positions
_KEY, _KEY_OF_LARGE = struct.Struct(">ihiIhhii"), struct.Struct(">ihiIhhqq")
_LARGE = 1000  # versions above have positions of eight bytes
# version, sizes of two buffers, number of entries, end of the numbers; one byte follows
_BASKET = struct.Struct(">Hiiii")
_OFFSET = np.dtype(">i4")
_FIRST = struct.Struct(">i")


class OddBasket(ValueError):
    """A basket that is not what the fast way knows; whether it is broken, uproot says."""


class Place(NamedTuple):
    """Where a basket is, and which entries it holds."""

    seek: int
    size: int
    start: int
    stop: int


class Basket(NamedTuple):
    """The content of a basket.

    Attributes:
        numbers: of all its entries, in the byte order of the file.
        stored: of a column of lists, where each begins in bytes from the head of the basket, which
            has `head` bytes, in the byte order of the file.
    """

    start: int
    stop: int
    numbers: npt.NDArray[Any]
    stored: npt.NDArray[np.int32] | None = None
    head: int = 0

    def begin(self, entry: int) -> int:
        """Where the list of an entry of this basket begins, in bytes."""
        if self.stored is None or entry == len(self.stored):
            return self.numbers.nbytes
        return int(self.stored[entry]) - self.head

    def has_lists(self, first: int, offsets: npt.NDArray[np.int64]) -> bool:
        """Whether its lists from `first` on begin and end where these do, counted in numbers."""
        if self.stored is None:
            return False
        size, start = self.numbers.itemsize, self.begin(first)
        if self.begin(first + len(offsets) - 1) - start != int(offsets[-1] - offsets[0]) * size:
            return False
        stored = self.stored[first : first + len(offsets)]
        return begin_alike(stored, offsets[: len(stored)], start + self.head, size)

    def put_begins(self, rows: slice, found: npt.NDArray[np.int64], before: int) -> int:
        """Writes where the lists of some entries begin, in numbers behind `before`.

        Returns where the last one ends.

        Raises:
            OddBasket: where they do not begin where numbers do, one behind the other.
        """
        size, start = self.numbers.itemsize, self.begin(rows.start)
        if self.stored is None:
            raise OddBasket("it has no lists")
        end = self.begin(rows.stop)
        length, rest = divmod(end - start, size)
        if rest or not write_begins(self.stored[rows], start + self.head, size, found):
            raise OddBasket("its lists do not begin where numbers begin")
        if not 0 <= start <= end <= self.numbers.nbytes or (len(found) and found[-1] > length):
            raise OddBasket("its lists do not end where its numbers do")
        found += before
        return before + length


@compiled("baskets.write_begins")
def write_begins(
    stored: npt.NDArray[np.int32], start: int, size: int, found: npt.NDArray[np.int64]
) -> bool:
    """Writes where lists begin, in numbers; whether these are whole, from 0 on, and rise."""
    counts, rest = np.divmod(stored.astype(np.int64) - start, size)
    found[:] = counts
    return not rest.any() and not counts[:1].any() and bool((np.diff(counts) >= 0).all())


@compiled("baskets.begin_alike")
def begin_alike(
    stored: npt.NDArray[np.int32], offsets: npt.NDArray[np.int64], start: int, size: int
) -> bool:
    """Whether lists that are stored in bytes begin, behind `start`, where others do in numbers."""
    if not len(offsets):
        return not len(stored)
    return np.array_equal(stored.astype(np.int64) - start, (offsets - offsets[0]) * size)


def unpack(raw: bytes, name: str, place: Place, dtype: np.dtype[Any], is_list: bool) -> Basket:
    """The numbers of the basket `raw` of the column `name`.

    Raises:
        OddBasket: when it does not hold what it should.
    """
    n_entries = place.stop - place.start
    try:
        content, border, key_length = _content(raw, name, place)
        stored = None
        if is_list:
            stored = _stored(content, border, key_length, n_entries)
        else:
            _check_length(len(content), border, n_entries * dtype.itemsize)
        numbers = np.frombuffer(content, dtype, _whole(border, dtype.itemsize))
        if dtype.kind == "b":
            # kernels add them up, and a damaged byte is any number
            numbers = numbers.view(np.uint8) != 0
    # a codec's own errors are all kinds of exceptions
    except Exception as error:
        raise OddBasket(f"'{name}' from entry {place.start}: {error}") from error
    return Basket(place.start, place.stop, numbers, stored, key_length)


def _content(raw: bytes, name: str, place: Place) -> tuple[Bytes, int, int]:
    """The decompressed bytes, how many of them are numbers, and the length of the key."""
    key = _KEY
    n_bytes, version, size, _, key_length, _, seek, _ = key.unpack_from(raw)
    if version > _LARGE:
        key = _KEY_OF_LARGE
        *_, seek, _ = key.unpack_from(raw)
    if n_bytes != place.size or seek != place.seek or len(raw) != place.size:
        raise ValueError("its key is of another place")
    if not raw.startswith(_label(name), key.size):
        raise ValueError("its key has another name")
    *_, n_entries, last = _BASKET.unpack_from(raw, key_length - _BASKET.size - 1)
    if n_entries != place.stop - place.start:
        raise ValueError(f"it says that it has {n_entries} entries")
    border = last - key_length
    if not (key.size < key_length <= place.size and 0 <= border <= size):
        raise ValueError("its lengths do not fit")
    packed = memoryview(raw)[key_length:]
    content = packed if len(packed) == size else decompressed(packed, size)
    return content, border, key_length


@cache
def _label(name: str) -> bytes:
    """The class and the name, as they stand in a key.

    Raises:
        ValueError: for a name of which the length has more than a byte.
    """
    encoded = name.encode()
    if len(encoded) >= 255:
        raise ValueError("its key has another name")
    return b"\x07TBasket" + bytes([len(encoded)]) + encoded


def _check_length(n_bytes: int, border: int, expected: int) -> None:
    if not n_bytes == border == expected:
        raise ValueError(f"it has {border} bytes of numbers, {expected} were expected")


def _stored(content: Bytes, border: int, key_length: int, n_entries: int) -> npt.NDArray[np.int32]:
    """Where each list begins, as it is stored; what is said of the end of the last one is left."""
    n = _whole(len(content) - border, _OFFSET.itemsize)
    if n != n_entries + 2:
        raise ValueError(f"it has {n} beginnings of lists")
    (first,) = _FIRST.unpack_from(content, border + _OFFSET.itemsize)
    if border if n_entries == 0 else first != key_length:
        raise ValueError("its first list does not begin at its beginning")
    return np.frombuffer(content, _OFFSET, n_entries, border + _OFFSET.itemsize)


def _whole(n_bytes: int, size: int) -> int:
    """How many numbers of a size these are."""
    found, rest = divmod(n_bytes, size)
    if rest:
        raise ValueError(f"{n_bytes} bytes are no numbers of {size}")
    return found
