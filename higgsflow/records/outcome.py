"""What became of the jobs of a sample and year: what counts, what is lost, what was counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgsflow.completeness import countable
from higgsflow.model.systematic import CENTRAL, NOMINAL
from higgsflow.records.ledger import Ledger
from higgsflow.records.losses import losses
from higgsflow.records.lumi_coverage import sample_coverage
from higgsflow.records.sample_jobs import SampleJobs, collect, job_rows
from higgsflow.selection.cutflow import Counter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from higgsflow.completeness import Completeness
    from higgsflow.events.chunks import Chunk, Range
    from higgsflow.events.index import SampleIndex
    from higgsflow.model.sample import SampleYear
    from higgsflow.records.chunk_store import ChunkStore, Seen
    from higgsflow.records.job_record import FailureRecord, JobRecord
    from higgsflow.records.sample_jobs import Collected
    from higgsflow.renaming import Renaming

    # of a chunk, by variation the outputs that hold it
    Sources = Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """What became of every chunk of a sample and year.

    Attributes:
        chunks: all of them.
        sources: of those that are done.
        failures: the final ones of those that are not, as far as there are any.
    """

    store: ChunkStore
    chunks: Sequence[Chunk]
    sources: Mapping[str, Sources]
    failures: Mapping[str, FailureRecord]
    completeness: Completeness


def put_together(
    pair: SampleYear,
    index: SampleIndex,
    outcome: Outcome,
    renaming: Callable[[Seen], Renaming | None],
) -> tuple[SampleJobs, dict[str, list[JobRecord]]]:
    """What is known of the jobs, and the records of all chunks that are done.

    Of an invocation, and of what it was made from, it says nothing yet.
    """
    chunks, sources = outcome.chunks, outcome.sources
    counted = countable(index, chunks, sources)
    found, records = collect(outcome.store, counted, sources, renaming)
    ids = {chunk.id for chunk in counted}
    torn = [chunk for chunk in chunks if chunk.id in sources and chunk.id not in ids]
    records |= collect(outcome.store, torn, sources)[1]
    lost = tuple(r for c in chunks if c.id not in sources for r in c.ranges)
    left_out = tuple(r for c in torn for r in c.ranges)
    rows = job_rows(chunks, sources, records, outcome.failures)
    selected = [(row.n_entries, row.n_selected) for row in rows if row.chunk_id in ids]
    jobs = SampleJobs(
        inputs="",
        invocation="",
        sample=pair.sample.name,
        year=pair.year,
        rows=rows,
        completeness=outcome.completeness,
        counted=tuple(chunk.id for chunk in counted),
        ranges=found.ranges,
        lost=joined(lost),
        left_out=joined(left_out),
        losses=losses(found.ranges, lost, selected if _are_events(found) else (), left_out),
        factor_sums=found.factor_sums,
        ledgers=found.ledgers,
        lumisections=sample_coverage(pair, index, found.ranges, lost),
    )
    return jobs, records


def _are_events(found: Collected) -> bool:
    """Whether rows are events, and not candidates, of which an event may have several."""
    nominal = found.ledgers.get(NOMINAL, Ledger())
    rows = {tag: found.get(CENTRAL, Counter()).n for tag, found in nominal.yields.items()}
    return all(rows.get(tag, n.n) == n.n for tag, n in nominal.after.items())


def joined(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Neighbouring ranges of a file as one."""
    found: list[Range] = []
    for part in ranges:
        last = found[-1] if found else None
        if last is not None and last.uuid == part.uuid and last.stop == part.start:
            found[-1] = last.model_copy(update={"stop": part.stop})
        else:
            found.append(part)
    return tuple(found)
