from __future__ import annotations

import subprocess
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


def test_the_engine_is_asked_to_end_jobs_that_nobody_wants_any_more(bench: Any) -> None:
    write(bench.prepare())
    asked = first_resources(bench.site, bench.task.model.jobs_manager)
    submission = Submission(bench.site, bench.places, bench.room)
    flights = submission.write([[Attempt(job, asked)] for job in bench.jobs])
    submission.submit(bench.engine, flights)
    wanted = {flight.key for flight in flights[:1]}
    Earlier(bench.places, "slurm").cancel_others(bench.engine, wanted)
    ended = {key: process.poll() for key, process in bench.engine.jobs.items()}
    assert [ended[flight.key] is not None for flight in flights] == [False, True, True, True]


def test_what_a_killed_process_is_still_submitting_is_awaited(bench: Any) -> None:
    """Its command has the lock, too, and may give jobs to the engine after that was asked."""
    submitted = bench.lab.folder / "submitted"
    with bench.prepare().places.submitting() as descriptor:
        # as if it had been started by a process that is gone
        command = subprocess.Popen(
            ["sh", "-c", 'sleep 2; touch "$0"', str(submitted)], pass_fds=[descriptor]
        )
    Earlier(bench.places, "slurm")
    assert submitted.exists()
    command.wait()


def test_of_a_batch_that_is_damaged_the_rest_counts(bench: Any) -> None:
    write(bench.prepare())
    (batch,) = batches_in(bench.places.jobs)
    lines = batch.path.read_text("utf-8").splitlines()
    batch.path.write_text("\n".join([*lines[:3], lines[3][:40]]), encoding="utf-8")
    assert set(Earlier(bench.places, "slurm").open) == {job.stem for job in bench.jobs[:2]}
