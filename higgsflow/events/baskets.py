"""Baskets of simple columns: from the bytes in a file to numbers, without the rest of the file.

Only what nearly all columns of NanoAOD are is known: one number per event, or a list of numbers
with the begin of each list behind them. Everything that a basket says of itself is compared with
what is known of it; where anything is odd, uproot shall look at it.

Source of the layout: TKey and TBasket of ROOT, as uproot reads them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from higgsflow.events.codecs import Bytes, decompressed

# bytes in the file, version, bytes of the object, time, bytes of the head, cycle
_KEY = struct.Struct(">ihiIhh")
_LARGE = 1000  # versions above have positions of eight bytes
_CLASS = b"\x07TBasket"
# version, sizes of two buffers, number of entries, end of the numbers; one byte follows
_BASKET = struct.Struct(">Hiiii")
_OFFSET = np.dtype(">i4")


class OddBasket(ValueError):
    """A basket that is not what the fast way knows; whether it is broken, uproot says."""


class Place(NamedTuple):
    """Where a basket is, and which entries it holds."""

    seek: int
    size: int
    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class Basket:
    """The content of a basket.

    Attributes:
        numbers: of all its entries, in the byte order of the file.
        ends: of a column of lists, where each begins in `numbers`, in bytes; one more at the end.
    """

    start: int
    stop: int
    numbers: npt.NDArray[Any]
    ends: npt.NDArray[np.int32] | None


def unpack(raw: bytes, name: str, place: Place, dtype: np.dtype[Any], is_list: bool) -> Basket:
    """The numbers of the basket `raw` of the column `name`.

    Raises:
        OddBasket: when it does not hold what it should.
    """
    try:
        content, border, key_length = _content(raw, name, place)
        ends = None
        if is_list:
            ends = _ends(content, border, key_length, place.stop - place.start)
        else:
            _check_length(len(content), border, (place.stop - place.start) * dtype.itemsize)
        numbers = np.frombuffer(content[:border], dtype=dtype)
    # a codec's own errors are all kinds of exceptions
    except Exception as error:
        raise OddBasket(f"'{name}' from entry {place.start}: {error}") from error
    return Basket(place.start, place.stop, numbers, ends)


def _content(raw: bytes, name: str, place: Place) -> tuple[Bytes, int, int]:
    """The decompressed bytes, how many of them are numbers, and the length of the key."""
    n_bytes, version, size, _, key_length, _ = _KEY.unpack_from(raw)
    seek_format = ">q" if version > _LARGE else ">i"
    (seek,) = struct.unpack_from(seek_format, raw, _KEY.size)
    if (n_bytes, seek) != (place.size, place.seek) or len(raw) != place.size:
        raise ValueError("its key is of another place")
    at = _KEY.size + 2 * struct.calcsize(seek_format)
    encoded = name.encode()
    label = _CLASS + bytes([len(encoded)]) + encoded if len(encoded) < 255 else b""
    if not label or raw[at : at + len(label)] != label:
        raise ValueError("its key has another name")
    *_, n_entries, last = _BASKET.unpack_from(raw, key_length - _BASKET.size - 1)
    if n_entries != place.stop - place.start:
        raise ValueError(f"it says that it has {n_entries} entries")
    border = last - key_length
    if not (at < key_length <= place.size and 0 <= border <= size):
        raise ValueError("its lengths do not fit")
    packed = memoryview(raw)[key_length:]
    if len(packed) != size:
        return decompressed(packed, size), border, key_length
    return np.frombuffer(packed, dtype=np.uint8), border, key_length


def _check_length(n_bytes: int, border: int, expected: int) -> None:
    if not n_bytes == border == expected:
        raise ValueError(f"it has {border} bytes of numbers, {expected} were expected")


def _ends(content: Bytes, border: int, key_length: int, n_entries: int) -> npt.NDArray[np.int32]:
    """Where each list begins, in bytes, and the end of the last one."""
    stored = content[border:].view(_OFFSET)
    if len(stored) != n_entries + 2:
        raise ValueError(f"it has {len(stored)} beginnings of lists")
    ends = stored[1:].astype(np.int32)
    ends -= key_length
    ends[-1] = border
    if ends[0] != 0:
        raise ValueError("its first list does not begin at its beginning")
    return ends
