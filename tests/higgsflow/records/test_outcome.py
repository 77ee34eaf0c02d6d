from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.completeness import assess
from higgsflow.events.chunks import Range
from higgsflow.events.index import FileIndex, SampleIndex
from higgsflow.model.sample import SampleYear, SimulatedSample, Year
from higgsflow.records.chunk_store import ChunkStore
from higgsflow.records.job_record import FailureRecord, JobRecord, Product
from higgsflow.records.ledger import Ledger
from higgsflow.records.outcome import Outcome, joined, put_together
from higgsflow.selection.cutflow import Counter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from higgsflow.events.chunks import Chunk
    from higgsflow.records.sample_jobs import SampleJobs

    Finish = Callable[..., JobRecord]
    Chunks = tuple[Chunk, ...]

WANTED = {"nominal": Product(digest="p", columns={})}
SAMPLE = SimulatedSample(name="Sig", files={"2017": "/a.root"}, xs=1.0)
PAIR = SampleYear(sample=SAMPLE, year="2017", era=Year(luminosity=1.0))


def index(kind: Any) -> SampleIndex:
    """The one file that the chunks are of."""
    facts = {"url": "/a.root", "uuid": "a", "size": 1, "mtime_ns": 1, "clusters": (0, 60)}
    file = FileIndex(**facts, n_entries=60, schema_id="s", kind=kind)
    return SampleIndex(files=(file,), schemas={})


def of_folder(
    folder: Path,
    chunks: Chunks,
    kind: Any = "whole",
    failures: dict[str, FailureRecord] | None = None,
) -> tuple[SampleJobs, dict[str, list[JobRecord]]]:
    store, known = ChunkStore(folder), failures or {}
    sources = store.done(chunks, WANTED)
    completeness = assess(index(kind), chunks, sources, known, 0.1)
    outcome = Outcome(store, chunks, sources, known, completeness)
    return put_together(PAIR, index(kind), outcome, lambda _: None)


def bounds(ranges: Sequence[Any]) -> list[tuple[int, int]]:
    return [(part.start, part.stop) for part in ranges]


def test_what_is_not_done_is_lost_and_the_rest_counts(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    finish(chunks[2], WANTED)
    jobs, records = of_folder(tmp_path, chunks)
    assert jobs.counted == (chunks[2].id,)
    assert (bounds(jobs.ranges), bounds(jobs.lost)) == ([(30, 60)], [(0, 30)])
    assert [row.status for row in jobs.rows] == ["missing", "missing", "done"]
    assert jobs.losses is not None
    assert jobs.losses.fraction_lost == 0.5
    assert set(records) == {chunks[2].id}


@pytest.mark.parametrize(("rows", "compared"), [(2, True), (3, False)])
def test_selected_fractions_are_not_compared_where_rows_are_candidates(
    tmp_path: Path, chunks: Chunks, finish: Finish, rows: int, compared: bool
) -> None:
    """Rows of one event are no independent ones, so they vary more than statistics say."""
    ledger = Ledger(
        before={"a": Counter(n=2)},
        after={"a": Counter(n=2)},
        yields={"a": {"central": Counter(n=rows)}},
    )
    for chunk in chunks[1:]:
        finish(chunk, WANTED, ledgers={"nominal": ledger})
    losses = of_folder(tmp_path, chunks)[0].losses
    assert losses is not None
    assert (losses.selected is not None) == compared


def test_done_part_of_a_torn_skim_is_left_out(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    """Its row stays in the table, but nothing that it counted is in any sum."""
    finish(chunks[0], WANTED)
    jobs, records = of_folder(tmp_path, chunks, "skim")
    assert (jobs.counted, jobs.ranges, jobs.ledgers, jobs.factor_sums) == ((), (), {}, {})
    assert (bounds(jobs.left_out), bounds(jobs.lost)) == ([(0, 10)], [(10, 60)])
    assert jobs.rows[0].status == "done"
    assert jobs.losses is not None
    assert jobs.losses.fraction_lost == 1.0
    assert set(records) == {chunks[0].id}


def test_where_all_is_done_nothing_is_lost(tmp_path: Path, chunks: Chunks, finish: Finish) -> None:
    for chunk in chunks:
        finish(chunk, WANTED)
    jobs, _ = of_folder(tmp_path, chunks)
    assert (jobs.lost, jobs.left_out, jobs.losses) == ((), (), None)
    assert jobs.ledgers["nominal"].after["tag"].n == 60


def test_row_of_a_chunk_that_failed_for_good_says_why(tmp_path: Path, chunks: Chunks) -> None:
    failure = FailureRecord(
        chunk_id=chunks[1].id, digest="d", attempt=3, error_class="input", message="gone",
        final=True, host="h", started=1.0, wall=2.0,
    )  # fmt: skip
    jobs, _ = of_folder(tmp_path, chunks, failures={chunks[1].id: failure})
    assert (jobs.rows[1].status, jobs.rows[1].error_class) == ("failed", "input")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([("a", 0, 20), ("a", 20, 40), ("a", 50, 60)], [("a", 0, 40), ("a", 50, 60)]),
        ([("a", 0, 60), ("b", 60, 70), ("b", 70, 70)], [("a", 0, 60), ("b", 60, 70)]),
        ([], []),
    ],
)
def test_neighbouring_ranges_of_a_file_are_told_as_one(parts: Any, expected: Any) -> None:
    ranges = [Range(url=f"/{u}", uuid=u, start=m, stop=n) for u, m, n in parts]
    assert [(part.uuid, part.start, part.stop) for part in joined(ranges)] == expected
