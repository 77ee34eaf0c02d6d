"""Chunks: the ranges of files that one job processes, the same on every rerun."""

from __future__ import annotations

import bisect
import hashlib
from typing import TYPE_CHECKING

from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.events.index import FileIndex, SampleIndex

_STRETCH = 0.1  # of a part, at either end: no chunk is larger than 1.2 times what was asked


class Range(Noun):
    """Entries start (included) to stop (excluded) of one file; `uuid` is that of its index."""

    url: str
    uuid: str
    start: int
    stop: int

    @property
    def n_entries(self) -> int:
        """How many entries these are."""
        return self.stop - self.start


class Chunk(Noun):
    """What one job processes."""

    ranges: tuple[Range, ...]

    @property
    def n_entries(self) -> int:
        """Entries of all ranges."""
        return sum(part.n_entries for part in self.ranges)

    @property
    def id(self) -> str:
        """A name that depends on content only: which files and entries, not on where files lie."""
        text = ";".join(f"{part.uuid}:{part.start}:{part.stop}" for part in self.ranges)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def make_chunks(index: SampleIndex, n_events: int) -> tuple[Chunk, ...]:
    """Chunks of about `n_events` entries each, in the order of the files.

    Large files are cut, on cluster boundaries where one is near; small ones are put together. A
    skim that needs cutting shares no chunk with other files, since it counts all or nothing.
    """
    chunks: list[Chunk] = []
    open_ranges: list[Range] = []
    n_open = 0
    for file in index.files:
        parts = list(_cut(file, n_events))
        if len(parts) > 1 or n_open + file.n_entries > n_events:
            _close(chunks, open_ranges)
            n_open = 0
        kept = parts[-1:] if file.kind != "skim" or len(parts) == 1 else []
        open_ranges.extend(kept)
        n_open += sum(part.n_entries for part in kept)
        whole = parts if file.kind == "skim" and len(parts) > 1 else parts[:-1]
        chunks.extend(Chunk(ranges=(part,)) for part in whole)
    _close(chunks, open_ranges)
    return tuple(chunks)


def _close(chunks: list[Chunk], open_ranges: list[Range]) -> None:
    if open_ranges:
        chunks.append(Chunk(ranges=tuple(open_ranges)))
        open_ranges.clear()


def _cut(file: FileIndex, n_events: int) -> Iterator[Range]:
    """The ranges of a file: equal parts, each end moved to a cluster boundary if one is near."""
    n_parts = max(1, -(-file.n_entries // n_events))
    step = file.n_entries / n_parts
    start = 0
    for part in range(1, n_parts + 1):
        ideal = round(part * step)
        stop = file.n_entries if part == n_parts else _near(ideal, file.clusters, _STRETCH * step)
        yield Range(url=file.url, uuid=file.uuid, start=start, stop=stop)
        start = stop


def _near(ideal: int, clusters: tuple[int, ...], tolerance: float) -> int:
    after = bisect.bisect_left(clusters, ideal)
    around = clusters[max(after - 1, 0) : after + 1]
    best = min(around, key=lambda boundary: abs(boundary - ideal), default=ideal)
    return best if abs(best - ideal) <= tolerance else ideal
