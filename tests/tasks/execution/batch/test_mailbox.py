from __future__ import annotations

from typing import Any

from higgsflow.records.failures import FailureLog
from higgsflow.records.job_record import FailureRecord, JobRecord
from tasks.execution.batch.mailbox import Mailbox


def test_a_record_counts_once_its_events_are_all_there(bench: Any) -> None:
    bench.prepare().run()
    stem = bench.jobs[0].stem
    # as files that go while others are looked at
    for i in range(30):
        (bench.places.chunks / f"{i}").symlink_to("nowhere")
    for job in bench.jobs:
        assert isinstance(Mailbox(bench.places).outcome(job.stem, 1, "batch"), JobRecord)
    events = bench.places.chunks / f"{stem}.parquet"
    events.write_bytes(events.read_bytes()[:-1])
    assert Mailbox(bench.places).outcome(stem, 1, "batch") is None
    events.unlink()
    assert Mailbox(bench.places).outcome(stem, 1, "batch") is None


def test_what_is_written_by_half_is_not_there_yet(bench: Any) -> None:
    """Tools that copy a store write in place."""
    stem = bench.prepare().jobs[0].stem
    failures = FailureLog(bench.places.jobs).folder
    for folder, name in ((bench.places.chunks, stem), (failures, f"{stem}.1")):
        folder.mkdir(parents=True)
        (folder / f"{name}.json").write_text('{"chunk_id": "', encoding="utf-8")
    assert Mailbox(bench.places).outcome(stem, 1, "batch") is None


def fail(bench: Any, **known: Any) -> FailureRecord:
    job = bench.jobs[0]
    failure = FailureRecord(
        chunk_id=job.chunk.id, digest=job.digest, attempt=2, error_class="lost", message="m",
        host="h", started=1.0, wall=1.0, **known,
    )  # fmt: skip
    FailureLog(bench.places.jobs).add(failure)
    return failure


def test_a_failure_is_that_of_its_attempt(bench: Any) -> None:
    """One of an earlier version does not say of which batch it is."""
    failure = fail(bench.prepare())
    mailbox, stem = Mailbox(bench.places), bench.jobs[0].stem
    assert mailbox.outcome(stem, 1, "batch") is None
    assert mailbox.outcome(stem, 2, "batch") == failure


def test_a_failure_is_that_of_its_batch(bench: Any) -> None:
    """That of another engine has the same chunk and attempt."""
    failure = fail(bench.prepare(), batch="batch")
    mailbox, stem = Mailbox(bench.places), bench.jobs[0].stem
    assert mailbox.outcome(stem, 2, "other") is None
    assert mailbox.outcome(stem, 2, "batch") == failure
