"""Ranges of bytes of a file that lies here or at a server, many of them in one request."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Protocol, overload

from higgsflow.catalog.addresses import SERVER
from higgsflow.events.remote_bytes import RemoteBytes

if TYPE_CHECKING:
    from collections.abc import Iterator


class FileBytes(Protocol):
    """A file of which ranges of bytes can be read.

    Attributes:
        n_read, n_requests: bytes that were asked for until now, and how many times.
    """

    n_read: int
    n_requests: int

    @property
    def size(self) -> int:
        """Of the file, in bytes."""

    def read(self, ranges: Sequence[tuple[int, int]]) -> Sequence[bytes]:
        """The bytes from each first number (included) to the second one (excluded).

        They may be read when they are looked at, each time.
        """


@contextmanager
def open_bytes(url: str) -> Iterator[FileBytes]:
    """An open file; errors are those of the system or of the client."""
    if url.startswith(SERVER):
        with closing(RemoteBytes(url)) as source:
            yield source
        return
    descriptor = os.open(url, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield _LocalBytes(descriptor)
    finally:
        os.close(descriptor)


class _LocalBytes:
    """Of a file that is open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.n_read = self.n_requests = 0

    @property
    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def read(self, ranges: Sequence[tuple[int, int]]) -> Sequence[bytes]:
        self.n_requests += len(ranges)
        self.n_read += sum(stop - start for start, stop in ranges)
        return _WhenLookedAt(self._descriptor, ranges)


def _are_there(descriptor: int, ranges: Sequence[tuple[int, int]]) -> bool:
    """Whether the system has them in memory, by a look at three of them; False where it cannot say.

    To tell it of each takes as long as to read a twentieth of it.
    """
    flag = getattr(os, "RWF_NOWAIT", None)
    if flag is None or not ranges:
        return False
    byte = bytearray(1)
    with suppress(OSError):
        return all(
            os.preadv(descriptor, [byte], ranges[i][1] - 1, flag) for i in (0, len(ranges) // 2, -1)
        )
    return False


class _WhenLookedAt(Sequence[bytes]):
    """Ranges of a local file: each is unpacked while the processor has it at hand.

    The system is told of all of them at once, so that it need not wait for a disk each time.
    """

    def __init__(self, descriptor: int, ranges: Sequence[tuple[int, int]]) -> None:
        self._descriptor, self._ranges = descriptor, ranges
        # not on macOS, nor on every file system: it is advice
        advise = getattr(os, "posix_fadvise", None)
        if advise is not None and not _are_there(descriptor, ranges):
            with suppress(OSError):
                for start, stop in ranges:
                    advise(descriptor, start, stop - start, os.POSIX_FADV_WILLNEED)

    def __len__(self) -> int:
        return len(self._ranges)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        start, stop = self._ranges[index]
        return os.pread(self._descriptor, stop - start, start)
