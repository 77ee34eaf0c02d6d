"""How uproot reads a file at an XRootD server: by the reader of all other columns.

That of fsspec keeps each file open for a minute, and a task for each until the process ends, which
then waits for servers that do not answer; and it cannot read what fills its vectors to the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uproot.source.chunk import Chunk, Source
from uproot.source.futures import TrivialFuture

from higgsflow.events.remote_bytes import RemoteBytes

if TYPE_CHECKING:
    import queue
    from collections.abc import Sequence


class ServerSource(Source):  # type: ignore[misc]
    """What uproot asks for bytes."""

    def __init__(self, file_path: str, **_: Any) -> None:
        super().__init__()
        self._file_path = file_path
        self._bytes = RemoteBytes(file_path)
        self._kept: dict[int, bytes] = {}
        self._closed = False

    def keep(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Asks for many ranges at once, and has them at hand until it is asked for others."""
        found = self._bytes.read(ranges)
        self._kept = {start: content for (start, _), content in zip(ranges, found, strict=True)}
        return found

    def hold(self, start: int, content: bytes) -> None:
        """Has what was read at hand until it is asked for many ranges: uproot reads it again."""
        self._kept[start] = content

    def chunk(self, start: int, stop: int) -> Any:
        """One range of bytes."""
        content = self._kept.get(start, b"")[: stop - start]
        if len(content) < stop - start:
            content = self._bytes.read_some(start, stop)
        return Chunk(self, start, stop, TrivialFuture(content))

    def chunks(
        self, ranges: Sequence[tuple[int, int]], notifications: queue.Queue[Any]
    ) -> list[Any]:
        """Many ranges, each of which is also told of."""
        found = [
            Chunk(self, start, stop, TrivialFuture(content))
            for (start, stop), content in zip(ranges, self._bytes.read(ranges), strict=True)
        ]
        for chunk in found:
            notifications.put(chunk)
        return found

    @property
    def num_bytes(self) -> int:
        """Of the file."""
        return self._bytes.size

    @property
    def num_requests(self) -> int:
        """How many times the server was asked."""
        return self._bytes.n_requests

    @property
    def num_requested_bytes(self) -> int:
        """How many bytes it was asked for."""
        return self._bytes.n_read

    @property
    def closed(self) -> bool:
        """Whether nothing can be read any more."""
        return self._closed

    def __enter__(self) -> ServerSource:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._closed:
            self._closed = True
            self._bytes.close()
