"""The outputs of jobs as targets: one for each chunk, and all of a sample together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import law

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from higgsflow.events.chunks import Chunk
    from higgsflow.records.job_record import Product


class ChunkTarget(law.LocalFileTarget):
    """The outputs of one chunk: there when every wanted variation is, by today's digests."""

    def __init__(self, folder: Path, chunk: Chunk, wanted: dict[str, Product]) -> None:
        super().__init__(str(folder / f"{chunk.id}.*"))
        self._folder, self._chunk, self._wanted = folder, chunk, wanted

    def _repr_pairs(self) -> list[tuple[str, Any]]:
        return [("path", self.path)]

    def exists(self, **kwargs: Any) -> bool:
        """Whether the chunk is done."""
        from higgsflow.records.chunk_store import ChunkStore

        del kwargs
        return len(ChunkStore(self._folder).sources(self._chunk, self._wanted)) == len(self._wanted)

    def remove(self, silent: bool = True, **kwargs: Any) -> None:
        """Removes everything that was ever made of this chunk."""
        del silent, kwargs
        for path in self._folder.glob(f"{self._chunk.id}.*"):
            path.unlink(missing_ok=True)


class Chunks(law.TargetCollection):
    """The outputs of all chunks, which say why some have to be made."""

    def __init__(
        self, targets: Any, reasons: Callable[[], tuple[str, ...]] = tuple, **kwargs: Any
    ) -> None:
        super().__init__(targets, **kwargs)
        self._reasons = reasons

    def status_text(self, *args: Any, **kwargs: Any) -> str:
        """As law has it, with the reasons."""
        text = str(super().status_text(*args, **kwargs))
        return f"{text} ({'; '.join(reasons)})" if (reasons := self._reasons()) else text
