from __future__ import annotations

from typing import Any

from higgsflow.records.failures import FailureLog
from higgsflow.records.job_record import FailureRecord, JobRecord
from tasks.execution.batch.mailbox import Mailbox


def test_a_record_counts_once_its_events_are_all_there(bench: Any) -> None:
    bench.prepare().run()
    stem = bench.jobs[0].stem
    assert isinstance(Mailbox(bench.places).outcome(stem, 1), JobRecord)
    events = bench.places.chunks / f"{stem}.parquet"
    events.write_bytes(events.read_bytes()[:-1])
    assert Mailbox(bench.places).outcome(stem, 1) is None
    events.unlink()
    assert Mailbox(bench.places).outcome(stem, 1) is None


def test_a_failure_is_that_of_its_attempt(bench: Any) -> None:
    job = bench.prepare().jobs[0]
    failure = FailureRecord(
        chunk_id=job.chunk.id, digest=job.digest, attempt=2, error_class="lost", message="m",
        host="h", started=1.0, wall=1.0,
    )  # fmt: skip
    FailureLog(bench.places.jobs).add(failure)
    mailbox = Mailbox(bench.places)
    assert mailbox.outcome(job.stem, 1) is None
    assert mailbox.outcome(job.stem, 2) == failure
