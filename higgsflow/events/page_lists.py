"""Where an RNTuple has its pages: whether the lists of them can be what they say.

uproot takes these lists at their word: a cluster with fewer entries makes a smaller sample, pages
that are one element longer move all events behind them, and a count of four billion is counted to.
Source of the layout: the specification of the binary format of RNTuple, 1.0.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_KIND = 3
_ENVELOPE = struct.Struct("<QQ")
_LENGTH, _LIST, _CLUSTER = struct.Struct("<q"), struct.Struct("<qI"), struct.Struct("<QQ")
_PAGE, _OFFSET = struct.Struct("<ii"), struct.Struct("<q")
# bytes of a page whose length takes four bytes, or eight
_SHORT, _LONG = 16, 24
# above these bits of a number of entries are flags
_ENTRIES = (1 << 56) - 1


class Group(NamedTuple):
    """What the footer says of the clusters of one list."""

    first: int
    n_entries: int
    n_clusters: int


class PageLists:
    """The lists of one RNTuple, in their order."""

    def __init__(self, header: int) -> None:
        self._header, self._entries = header, 0
        self._ends: dict[int, int] = {}

    def add(self, content: bytes, group: Group) -> None:
        """Takes the next list, whose checksum was right.

        Raises:
            ValueError: where it is of another RNTuple, or does not go on where the last one ended.
            struct.error: where it ends too early.
        """
        kind, header = _ENVELOPE.unpack_from(content)
        if kind & 0xFFFF != _KIND or header != self._header:
            raise ValueError("it is of something else")
        begin, stop = _ENVELOPE.size, len(content)
        clusters = [_CLUSTER.unpack_from(content, at) for at in _frames(content, begin, stop, 8)]
        self._check_clusters([(first, n & _ENTRIES) for first, n in clusters], group)
        columns = list(_frames(content, _end(content, begin, stop), stop, 0))
        if len(columns) != len(clusters):
            raise ValueError(f"it has pages of {len(columns)} of {len(clusters)} clusters")
        for at in columns:
            for number, column in enumerate(_frames(content, at, stop, 0)):
                self._check_column(number, *_column(content, column, stop))

    def _check_clusters(self, clusters: list[tuple[int, int]], group: Group) -> None:
        begin = self._entries
        for first, n in clusters:
            if first != self._entries:
                raise ValueError(f"a cluster begins at entry {first}, not {self._entries}")
            self._entries += n
        found = Group(begin, self._entries - begin, len(clusters))
        if found != group:
            here, there = (
                f"{of.n_entries} entries in {of.n_clusters} clusters" for of in (found, group)
            )
            raise ValueError(f"{here}, {there} in the footer")

    def _check_column(self, number: int, first: int, n: int) -> None:
        """A column goes on where it ended; it may be stored in another form, and begin late."""
        if first < 0:
            self._ends.pop(number, None)
            return
        if self._ends.get(number, first) != first:
            raise ValueError(f"column {number} begins at {first}, not {self._ends[number]}")
        self._ends[number] = first + n


def check_lists(raw: bytes, at: int, n: int) -> None:
    """Looks at n lists, one behind the other, of which the first begins there.

    Raises:
        ValueError: where one has not what it counts.
        struct.error: where they end too early.
    """
    for _ in range(n):
        for _frame in _frames(raw, at, len(raw), 0):
            pass
        at = _end(raw, at, len(raw))


def _end(raw: bytes, at: int, stop: int) -> int:
    """Where a list ends that begins there."""
    length, n = _LIST.unpack_from(raw, at)
    end: int = at - length
    if length >= 0 or end > stop or _LIST.size + n * _LENGTH.size > -length:
        raise ValueError(f"a list of {n} has {-length} bytes")
    return end


def _frames(raw: bytes, at: int, stop: int, inside: int) -> Iterator[int]:
    """Where each frame of a list begins, or what is `inside` it by so many bytes."""
    end = _end(raw, at, stop)
    _, n = _LIST.unpack_from(raw, at)
    at += _LIST.size
    for _ in range(n):
        (length,) = _LENGTH.unpack_from(raw, at)
        if not _LENGTH.size <= abs(length) <= end - at:
            raise ValueError(f"a frame of {abs(length)} bytes in a list with {end - at}")
        yield at + inside
        at += abs(length)


def _column(raw: bytes, at: int, stop: int) -> tuple[int, int]:
    """Number of the first element of a column in a cluster, and how many there are."""
    end = _end(raw, at, stop)
    _, n_pages = _LIST.unpack_from(raw, at)
    at += _LIST.size
    n = 0
    for _ in range(n_pages):
        elements, length = _PAGE.unpack_from(raw, at)
        # negative where a checksum follows the page
        n += abs(elements)
        at += _SHORT if length >= 0 else _LONG
        if at > end:
            raise ValueError(f"{n_pages} pages are more than their list holds")
    (first,) = _OFFSET.unpack_from(raw, at)
    return first, n
