"""How much of a sample was processed, and whether that is enough.

Measured in entries that count. Only failures of the infrastructure may be lost, and only of
simulation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from higgsflow.events.chunks import Chunk
    from higgsflow.events.index import SampleIndex
    from higgsflow.records.job_record import FailureRecord

State = Literal["complete", "enough", "open", "broken", "insufficient"]


class Completeness(Noun):
    """The state of a sample and year.

    Attributes:
        n_done: entries of chunks that are done and count.
        n_indexed: entries of all chunks.
        state: complete (every chunk is done), enough (the rest may be lost and is lost for good),
            open (jobs remain to be run), broken (a defect), insufficient (too much is lost).
    """

    n_done: int
    n_indexed: int
    state: State

    @property
    def fraction(self) -> float:
        """Done over indexed; 1 for a sample without entries."""
        return self.n_done / self.n_indexed if self.n_indexed else 1.0

    @property
    def suffices(self) -> bool:
        """Whether later stages may go on."""
        return self.state in ("complete", "enough")


def assess(
    index: SampleIndex,
    chunks: Sequence[Chunk],
    done: Collection[str],
    failures: Mapping[str, FailureRecord],
    min_completion: float,
) -> Completeness:
    """The state, given the last failure of each chunk that has one (of today's digest).

    What is left out with the missing part of a skim is lost as that is. Data is assessed with
    min_completion 1, or 0 where ranges may be missing.
    """
    missing = [chunk for chunk in chunks if chunk.id not in done]
    n_indexed = sum(chunk.n_entries for chunk in chunks)
    n_done = sum(chunk.n_entries for chunk in countable(index, chunks, done))
    # the quotient is rounded as the configured fraction was: 55 of 100 are 0.55; of no events at
    # all nobody knows the columns, whatever may be lost
    enough = n_done > 0 and n_done / n_indexed >= min_completion
    return Completeness(n_done=n_done, n_indexed=n_indexed, state=_state(missing, failures, enough))


def _state(missing: Sequence[Chunk], failures: Mapping[str, FailureRecord], enough: bool) -> State:
    if not missing:
        return "complete"
    lasts = [failures[chunk.id] for chunk in missing if chunk.id in failures]
    if any(not failure.is_infrastructure for failure in lasts):
        return "broken"
    if sum(failure.final for failure in lasts) < len(missing):
        return "open"
    return "enough" if enough else "insufficient"


def parts_of_skims(index: SampleIndex, chunks: Sequence[Chunk]) -> dict[str, str]:
    """The skim, by UUID, of each chunk that holds a part of one: such chunks count together."""
    n_entries = {file.uuid: file.n_entries for file in index.files if file.kind == "skim"}
    return {
        chunk.id: part.uuid
        for chunk in chunks
        for part in chunk.ranges
        if part.n_entries != n_entries.get(part.uuid, part.n_entries)
    }


def countable(
    index: SampleIndex, chunks: Sequence[Chunk], done: Collection[str]
) -> tuple[Chunk, ...]:
    """The done chunks whose events count: not those with a skim of which ranges are missing.

    A skim is normalised by the generated events of the whole file, so it counts whole or not.
    """
    if not any(file.kind == "skim" for file in index.files):
        return tuple(chunk for chunk in chunks if chunk.id in done)
    read: dict[str, int] = {}
    for chunk in chunks:
        if chunk.id in done:
            for part in chunk.ranges:
                read[part.uuid] = read.get(part.uuid, 0) + part.n_entries
    torn = {f.uuid for f in index.files if f.kind == "skim" and read.get(f.uuid) != f.n_entries}
    return tuple(
        chunk
        for chunk in chunks
        if chunk.id in done and not any(part.uuid in torn for part in chunk.ranges)
    )
