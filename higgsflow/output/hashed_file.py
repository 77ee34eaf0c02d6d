"""Files whose checksum is known when they are written, without reading them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as lazy

from higgsflow.output.direct_file import DirectFile

if TYPE_CHECKING:
    from pathlib import Path

xxhash = lazy.load("xxhash")


class HashedFile:
    """A file that is written from its beginning to its end, as arrow writes to it."""

    def __init__(self, path: Path) -> None:
        """Opens the file; what was in it is gone."""
        self._file = DirectFile(path)
        self._digest = xxhash.xxh3_128()
        self._n_bytes = 0

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._file.closed

    @property
    def checksum(self) -> str:
        """Of what was written until now, the same as `atomic.checksum` of the file."""
        return str(self._digest.hexdigest())

    def write(self, content: bytes) -> int:
        """Writes all of it, and returns how many bytes that are."""
        self._digest.update(content)
        self._file.write(content)
        self._n_bytes += len(content)
        return len(content)

    def tell(self) -> int:
        """Bytes written until now."""
        return self._n_bytes

    def flush(self) -> None:
        """What waits is written at the end: nobody reads a file that has no end yet."""

    def close(self) -> None:
        """Ends the file."""
        self._file.close()
