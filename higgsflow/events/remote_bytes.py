"""Ranges of bytes of a file at an XRootD server, many of them in one vector read."""

from __future__ import annotations

import functools
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from higgsflow.credentials import filled_in
from higgsflow.servers import ServerError, answer_of, client, let_go

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# how many pieces, and bytes of each, a server sends at once that does not say it
_USUAL = (1024, 2097136)


class _Piece(NamedTuple):
    """A part of a range that a server sends in one piece."""

    number: int
    start: int
    size: int


class RemoteBytes:
    """Of a file that is open; one call is one vector read, or a few where it is large.

    Attributes:
        n_read, n_requests: bytes that were asked for until now, and how many times.
    """

    def __init__(self, url: str) -> None:
        self._file = client().File()
        answer_of(self._file.open, filled_in(url))
        self.n_read = self.n_requests = 0

    @functools.cached_property
    def size(self) -> int:
        """Of the file, in bytes."""
        return int(answer_of(self._file.stat).size)

    def read(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """The bytes from each first number (included) to the second one (excluded).

        Raises:
            OSError: when the server does not send all of them.
        """
        self.n_requests += 1
        self.n_read += sum(stop - start for start, stop in ranges)
        n_pieces, n_bytes = self._limits
        pieces = _pieces(ranges, n_bytes)
        parts: list[list[bytes]] = [[] for _ in ranges]
        while vector := list(islice(pieces, n_pieces)):
            for piece, content in zip(vector, self._sent(vector), strict=True):
                parts[piece.number].append(content)
        return [part[0] if len(part) == 1 else b"".join(part) for part in parts]

    def read_some(self, start: int, stop: int) -> bytes:
        """One range, of which the file may have the beginning only."""
        self.n_requests += 1
        self.n_read += stop - start
        return bytes(answer_of(self._file.read, start, stop - start))

    def close(self) -> None:
        """Does not wait for the server."""
        let_go(self._file)

    @functools.cached_property
    def _limits(self) -> tuple[int, int]:
        return _limits_of(str(self._file.get_property("DataServer")))

    def _sent(self, vector: Sequence[_Piece]) -> list[bytes]:
        wanted = [(piece.start, piece.size) for piece in vector]
        found = [part.buffer for part in answer_of(self._file.vector_read, wanted)]
        if [len(part) for part in found] != [piece.size for piece in vector]:
            raise ServerError("it sent other bytes than it was asked for")
        return found


def _pieces(ranges: Sequence[tuple[int, int]], n_bytes: int) -> Iterator[_Piece]:
    for number, (start, stop) in enumerate(ranges):
        for begin in range(start, stop, n_bytes):
            yield _Piece(number, begin, min(n_bytes, stop - begin))


@functools.cache
def _limits_of(host: str) -> tuple[int, int]:
    """How many pieces a server sends at once, and how many bytes of each."""
    loaded = client()
    server = loaded.URL(host)
    code = loaded.flags.QueryCode.CONFIG
    system = loaded.FileSystem(f"{server.protocol}://{server.hostid}/")
    told: Any = answer_of(system.query, code, "readv_iov_max readv_ior_max")
    numbers = [int(line) for line in told.split(b"\n") if line.isdigit()]
    # others answer with the words that they do not know
    return (numbers[0], numbers[1]) if len(numbers) == 2 else _USUAL
