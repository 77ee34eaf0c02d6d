"""The jobs of a sample and year: their table, and what they counted together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer

from higgsflow.completeness import Completeness
from higgsflow.events.chunks import Chunk, Range
from higgsflow.model.noun import Noun
from higgsflow.model.systematic import NOMINAL
from higgsflow.records.job_record import FailureRecord, JobRecord, Product, RangeSums
from higgsflow.records.ledger_sum import LedgerSum
from higgsflow.records.losses import Losses
from higgsflow.records.lumi_coverage import SampleCoverage
from higgsflow.records.packed_ledgers import SampleLedgers
from higgsflow.records.profile import Profile, total
from higgsflow.records.row_sources import with_names, with_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from higgsflow.records.chunk_store import ChunkStore, Seen
    from higgsflow.records.job_record import Effort
    from higgsflow.records.packed import Packed
    from higgsflow.renaming import Renaming


class JobRow(Noun):
    """One chunk in the table of jobs; efforts are sums over the jobs that made it.

    Attributes:
        n_selected: nominal rows that it has written: events, or candidates of such.
    """

    chunk_id: str
    status: Literal["done", "failed", "missing"]
    n_entries: int
    first_url: str
    n_selected: int | None = None
    sources: dict[str, str] = {}
    attempts: int = 0
    error_class: str = ""
    message: str = ""
    host: str = ""
    wall: float = 0.0
    cpu: float = 0.0
    peak_memory_mb: float = 0.0
    started: float = 0.0
    stages: dict[str, float] = {}
    profile: Profile | None = None
    versions: dict[str, str] = {}


def _rows_of_file(rows: Any) -> Any:
    return tuple(with_names(rows)) if isinstance(rows, list) else rows


def _rows_for_file(rows: tuple[JobRow, ...]) -> list[dict[str, Any]]:
    return list(with_numbers(row.model_dump(mode="json") for row in rows))


Rows = Annotated[
    tuple[JobRow, ...],
    BeforeValidator(_rows_of_file),
    PlainSerializer(_rows_for_file, when_used="json"),
]


class SampleJobs(Noun):
    """What is known of the jobs of one sample and year.

    Attributes:
        inputs, made_from: digest of what this was made from, and that in words.
        counted: ids of the done chunks whose events count.
        ranges: sums of every range in them.
        lost: ranges that were not done.
        left_out: ranges that were, but do not count: of skims that others of are lost.
        losses: what was processed against what was lost, where something was.
        ledgers: merged counters, per variation.
        lumisections: of data, those processed and those missing.
    """

    inputs: str
    made_from: dict[str, Any] = {}
    invocation: str
    sample: str
    year: str
    rows: Rows
    completeness: Completeness
    counted: tuple[str, ...]
    ranges: tuple[RangeSums, ...]
    lost: tuple[Range, ...]
    left_out: tuple[Range, ...] = ()
    losses: Losses | None = None
    factor_sums: dict[str, float]
    ledgers: SampleLedgers
    lumisections: SampleCoverage | None = None

    @property
    def done(self) -> tuple[JobRow, ...]:
        """The rows of chunks that are done, in their order."""
        return tuple(row for row in self.rows if row.status == "done")


def _as_it_was(_: Seen) -> None:
    """Nothing was renamed."""


class Collected(Noun):
    """Sums and ledgers over chunks."""

    ranges: tuple[RangeSums, ...]
    factor_sums: dict[str, float]
    ledgers: SampleLedgers


def collect(
    store: ChunkStore,
    chunks: Sequence[Chunk],
    sources: Mapping[str, Mapping[str, str]],
    renaming: Callable[[Seen], Renaming | None] = _as_it_was,
) -> tuple[Collected, dict[str, list[JobRecord]]]:
    """Adds the records of the done chunks in the order of their ids, and returns them by chunk.

    The returned ones come without their products and ledgers, which would fill the memory. A factor
    that some job did not sum has no sum. Names are those of today, by the renaming of each job.
    """
    records: dict[str, list[JobRecord]] = {}
    ranges: dict[str, tuple[RangeSums, ...]] = {}
    factors: dict[str, float] = {}
    ledgers = LedgerSum()
    for chunk in sorted((c for c in chunks if c.id in sources), key=lambda c: c.id):
        by_stem = {}
        for stem, variations in _by_stem(sources[chunk.id]).items():
            by_stem[stem], packed = _read(store, stem, renaming)
            with store.reading(stem):
                _check_ranges(by_stem[stem], chunk)
                _check_all_there(packed, variations)
                ledgers.add(packed, variations)
        records[chunk.id] = list(by_stem.values())
        base = by_stem[sources[chunk.id].get(NOMINAL, next(iter(by_stem)))]
        ranges[chunk.id] = _where_they_lie(base.ranges, chunk)
        known_factors = base.factor_sums if len(ranges) == 1 else factors
        factors = {
            name: factors.get(name, 0.0) + base.factor_sums[name]
            for name in known_factors
            if name in base.factor_sums
        }
    in_order = tuple(part for chunk in chunks for part in ranges.get(chunk.id, ()))
    return Collected(ranges=in_order, factor_sums=factors, ledgers=ledgers.ledgers()), records


def _read(
    store: ChunkStore, stem: str, renaming: Callable[[Seen], Renaming | None]
) -> tuple[JobRecord, tuple[Packed, ...]]:
    """A record and its packed ledgers, by the names of today."""
    record, packed = store.packed(stem)
    found = renaming(store.seen(stem))
    if found is None:
        return record, packed
    sums = found.factor_sums(record.factor_sums)
    return record.model_copy(update={"factor_sums": sums}), found.ledgers(packed)


def _check_ranges(record: JobRecord, chunk: Chunk) -> None:
    """Raises where a record is not of the entries of its chunk: the others would weigh more."""
    read, asked = (
        [(part.uuid, part.start, part.stop) for part in parts]
        for parts in (record.ranges, chunk.ranges)
    )
    if read == asked:
        return
    if record.n_entries == chunk.n_entries:
        raise ValueError("it is of other entries than its chunk")
    raise ValueError(f"it is of {record.n_entries} entries, its chunk has {chunk.n_entries}")


def _where_they_lie(read: Sequence[RangeSums], chunk: Chunk) -> tuple[RangeSums, ...]:
    """What was read, with the addresses that the files have today: they may have been moved."""
    return tuple(
        part.model_copy(update={"url": today.url})
        for part, today in zip(read, chunk.ranges, strict=True)
    )


def _check_all_there(packed: Sequence[Packed], variations: Sequence[str]) -> None:
    """Raises for a variation without counters, whose sum would be that of the other jobs."""
    there = {name for group in packed for name in group.variations}
    if lacking := [name for name in variations if name not in there]:
        raise ValueError(f"it has no counters of {', '.join(lacking)}")


def _by_stem(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """The variations that each job of a chunk is the source of."""
    found: dict[str, list[str]] = {}
    for variation, stem in sorted(sources.items(), key=lambda item: item[1]):
        found.setdefault(stem, []).append(variation)
    return found


def job_rows(
    chunks: Sequence[Chunk],
    sources: Mapping[str, Mapping[str, str]],
    records: Mapping[str, Sequence[JobRecord]],
    failures: Mapping[str, FailureRecord],
) -> tuple[JobRow, ...]:
    """The table, in the order of the chunks."""
    return tuple(
        _done_row(chunk, sources[chunk.id], records[chunk.id])
        if chunk.id in sources
        else _missing_row(chunk, failures.get(chunk.id))
        for chunk in chunks
    )


def _done_row(chunk: Chunk, sources: Mapping[str, str], records: Sequence[JobRecord]) -> JobRow:
    efforts = [record.effort for record in records]
    return JobRow(
        chunk_id=chunk.id,
        status="done",
        n_entries=chunk.n_entries,
        first_url=chunk.ranges[0].url,
        n_selected=_n_selected(sources.get(NOMINAL, ""), records),
        sources=dict(sources),
        attempts=max(record.attempt for record in records),
        host=efforts[-1].host,
        wall=sum(effort.wall for effort in efforts),
        cpu=sum(effort.cpu for effort in efforts),
        peak_memory_mb=max(effort.peak_memory_mb for effort in efforts),
        started=efforts[-1].started,
        stages=_stages(efforts),
        profile=total([effort.profile for effort in efforts if effort.profile is not None]),
        versions=records[-1].versions,
    )


def _n_selected(stem: str, records: Sequence[JobRecord]) -> int | None:
    rows = (r.output.rows.get(NOMINAL) for r in records if f"{r.chunk_id}.{r.digest}" == stem)
    return next(rows, None)


def _stages(efforts: Sequence[Effort]) -> dict[str, float]:
    """Seconds per stage over the jobs that made a chunk."""
    names = dict.fromkeys(stage for effort in efforts for stage in effort.stages)
    return {name: sum(effort.stages.get(name, 0.0) for effort in efforts) for name in names}


def _missing_row(chunk: Chunk, failure: FailureRecord | None) -> JobRow:
    if failure is None:
        return JobRow(
            chunk_id=chunk.id,
            status="missing",
            n_entries=chunk.n_entries,
            first_url=chunk.ranges[0].url,
        )
    return JobRow(
        chunk_id=chunk.id,
        status="failed",
        n_entries=chunk.n_entries,
        first_url=chunk.ranges[0].url,
        attempts=failure.attempt,
        error_class=failure.error_class,
        message=failure.message,
        host=failure.host,
        wall=failure.wall,
        started=failure.started,
    )


def missing_products(
    store: ChunkStore, chunk: Chunk, wanted: Mapping[str, Product]
) -> dict[str, Product]:
    """What a job for this chunk has to make."""
    there = store.sources(chunk, wanted)
    return {variation: product for variation, product in wanted.items() if variation not in there}
