from __future__ import annotations

from typing import Any

from higgsflow.records.failures import FailureLog
from higgsflow.records.job_record import FailureRecord
from tasks.execution.batch.batch_file import batches_in
from tasks.execution.batch.batch_pool import first_resources
from tasks.execution.batch.earlier import Earlier
from tasks.execution.batch.submission import Submission
from tasks.execution.pool import Attempt


def write(bench: Any, number: int = 1) -> None:
    asked = first_resources(bench.site, bench.task.model.jobs_manager)
    submission = Submission(bench.site, bench.places, bench.room)
    submission.write([[Attempt(job, asked, number)] for job in bench.jobs])


def test_the_last_attempt_counts(bench: Any) -> None:
    write(bench.prepare())
    write(bench, 2)
    found = Earlier(bench.places, "slurm")
    assert {known.attempt for known in found.open.values()} == {2}
    assert len(found.keys) == 8
    assert not Earlier(bench.places, "htcondor").keys


def test_what_failed_for_good_is_not_open(bench: Any) -> None:
    write(bench.prepare())
    job = bench.jobs[0]
    failure = FailureRecord(
        chunk_id=job.chunk.id, digest=job.digest, attempt=1, error_class="lost", message="m",
        host="h", started=1.0, wall=1.0, final=True,
    )  # fmt: skip
    FailureLog(bench.places.jobs).add(failure)
    assert set(Earlier(bench.places, "slurm").open) == {j.stem for j in bench.jobs[1:]}


def test_jobs_that_nobody_wants_any_more_are_cancelled(bench: Any) -> None:
    write(bench.prepare())
    found = Earlier(bench.places, "slurm")
    found.cancel_others(bench.engine, found.keys)
    assert batches_in(bench.places.jobs)
    found.cancel_others(bench.engine, ())
    assert not batches_in(bench.places.jobs)
