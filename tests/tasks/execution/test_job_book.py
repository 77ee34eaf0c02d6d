from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.errors import UserError
from higgsflow.model.jobs import Resources
from higgsflow.records.chunk_store import ChunkStore
from higgsflow.records.job_record import FailureRecord
from higgsflow.records.journal import read_journal
from tasks import session
from tasks.execution.job_book import JobBook

if TYPE_CHECKING:
    from conftest import Lab

    from higgsflow.records.job_state import JobState

TRACEBACK = 'Traceback (most recent call last):\n  File "/x/mine.py", line {}, in f\n    raise\n'


class Desk:
    """A book of eight chunks, of which none was run."""

    def __init__(self, lab: Lab) -> None:
        lab.jobs["n_events_per_output"] = 10
        assert lab.run("IndexSample", sample="Sig")
        self.task = lab.task("ProcessSample", sample="Sig", year="2017")
        self.book = JobBook(self.task, "slurm")
        self.jobs = self.book.open_jobs()
        self.folder = lab.output("jobs", "Sig", "2017")
        self.store = ChunkStore(self.task.chunk_folder)

    def states(self) -> list[JobState]:
        found = read_journal(self.folder)
        assert found is not None
        return list(found[1])

    def failure(self, i: int, error_class: str = "lost", **changes: Any) -> FailureRecord:
        job = self.jobs[i]
        facts = {"attempt": 1, "message": "m", "host": "h", "started": 1.0, "wall": 1.0}
        return FailureRecord(
            **{
                "chunk_id": job.chunk.id, "digest": job.digest, "error_class": error_class,
                **facts, **changes,
            }
        )  # fmt: skip

    def defect(self, i: int, line: int, exception: str = "KeyError") -> FailureRecord:
        text = TRACEBACK.format(line) + f"{exception}: {i}"
        return self.failure(i, "defect", traceback=text, exception=exception, final=True)


def test_the_journal_begins_with_every_chunk_and_where_they_run(lab: Lab) -> None:
    desk = Desk(lab)
    found = read_journal(desk.folder)
    assert found is not None
    assert (found[0].engine, found[0].name, found[0].min_completion) == ("slurm", "Sig (2017)", 1.0)
    assert found[0].variations == ("nominal",)
    assert [state.status for state in found[1]] == ["waiting"] * 8 == ["waiting"] * len(desk.jobs)


def test_the_life_of_a_job_on_an_engine(lab: Lab) -> None:
    desk = Desk(lab)
    chunk_id = desk.jobs[3].chunk.id
    desk.book.submitted(chunk_id, "123.4")
    assert desk.states()[3].engine_id == "123.4"
    desk.book.begun(chunk_id, 2, Resources(memory_mb=2000.0), host="n1", log="/x.log")
    found = desk.states()[3]
    assert (found.status, found.attempts, found.memory_mb) == ("running", 2, 2000.0)
    assert (found.host, found.log, found.time_limit) == ("n1", "/x.log", None)
    assert desk.book.ended(desk.failure(3))
    assert desk.states()[3].status == "waiting"
    assert [f.chunk_id for f in desk.task.failures.all()] == [chunk_id]


def test_stops_after_a_few_failures_of_one_cause(lab: Lab) -> None:
    lab.jobs["defects"] = 3
    desk = Desk(lab)
    others = [desk.defect(0, 1), desk.defect(1, 2), desk.defect(2, 1, "ValueError")]
    assert all(desk.book.ended(failure) for failure in others)
    assert desk.book.ended(desk.defect(3, 1))
    assert not desk.book.ended(desk.defect(4, 1))
    with pytest.raises(UserError, match=r"KeyError: 0\n.*it hit 3 jobs of Sig"):
        desk.book.judge()


def test_one_job_that_fails_twice_is_one_job(lab: Lab) -> None:
    lab.jobs["defects"] = 2
    desk = Desk(lab)
    assert desk.book.ended(desk.defect(0, 1))
    assert desk.book.ended(desk.defect(0, 1))


def test_what_was_left_out_is_lost_unless_a_defect_left_it_out(lab: Lab) -> None:
    lab.jobs.update(min_completion=0.5)
    desk = Desk(lab)
    desk.book.close([desk.failure(7, "cancelled")])
    assert desk.states()[7].error_class == "cancelled"
    assert [f.final for f in desk.task.failures.all()] == [True]
    again = Desk(lab)
    again.book.ended(again.defect(0, 1))
    again.book.close([again.failure(6, "cancelled")])
    assert again.states()[6].status == "waiting"


def test_jobs_that_failed_are_the_reason_why_they_run_again(lab: Lab) -> None:
    """They were told as never made."""
    desk = Desk(lab)
    desk.book.ended(desk.failure(0, "time", final=True))
    desk.book.ended(desk.defect(1, 3))
    desk.book.ended(desk.failure(2, final=False))
    assert desk.task.reasons() == (
        "was never made (6 of 8 chunks)",
        "was never made: its job failed (time) (1 of 8 chunks)",
        "was never made: its job failed (defect) (1 of 8 chunks)",
    )


@pytest.mark.parametrize("started", [1.0, 1e11])
def test_failures_of_this_run_stay_whatever_the_clock_of_their_host_says(
    lab: Lab, started: float
) -> None:
    """Also of a job that was in flight before; those of earlier runs are forgotten."""
    lab.jobs.update(min_completion=0.5)
    desk = Desk(lab)
    desk.book.ended(desk.failure(0, final=True, started=started))
    assert desk.task.failures.final()
    session.current.retry_failed = True
    assert [f.attempt for f in desk.task.final_failures(desk.store).values()] == [1]
    desk.task = lab.task("ProcessSample", sample="Sig", year="2017", retry_failed=True)
    assert desk.task.final_failures(desk.store) == {}
    desk.book = JobBook(desk.task, "slurm")
    desk.book.open_jobs()
    desk.book.close([desk.failure(1, "cancelled", started=started)])
    assert len(desk.task.final_failures(desk.store)) == 1


def test_failures_of_jobs_in_flight_are_kept_and_of_others_forgotten(lab: Lab) -> None:
    """They came in while no command ran: what failed would be waited for, and then be just lost."""
    desk = Desk(lab)
    for i in range(2):
        desk.task.failures.add(desk.failure(i, "memory"))
    stem = desk.jobs[0].stem
    jobs = desk.book.open_jobs(lambda asked: asked == stem)
    assert [job.stem for job in jobs] == [job.stem for job in desk.jobs]
    assert [f.chunk_id for f in desk.task.failures.all()] == [desk.jobs[0].chunk.id]


@pytest.mark.parametrize(("min_completion", "n_again"), [(0.5, 0), (1.0, 1)])
def test_what_is_lost_for_good_runs_again_where_too_little_is_left(
    lab: Lab, min_completion: float, n_again: int
) -> None:
    """As for a command that has waited for another one, which has ended with that."""
    lab.jobs["n_events_per_output"] = 10
    assert lab.run("ProcessSample", sample="Sig", year="2017")
    lab.jobs["min_completion"] = min_completion
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    job = task.job(task.chunks[0], task.wanted)
    (task.chunk_folder / f"{job.stem}.json").unlink()
    facts = {"attempt": 3, "message": "m", "host": "h", "started": 1.0, "wall": 1.0, "final": True}
    failure = FailureRecord(
        chunk_id=job.chunk.id, digest=job.digest, error_class="lost", **facts
    )  # fmt: skip
    task.failures.add(failure)
    assert len(JobBook(task, "local").open_jobs()) == n_again
    # whose failure tells nothing any more
    assert len(list(task.failures.all())) == 1 - n_again


def test_the_next_run_knows_what_was_done_before(lab: Lab) -> None:
    lab.jobs["n_events_per_output"] = 10
    assert lab.run("ProcessSample", sample="Sig", year="2017")
    desk = Desk(lab)
    assert desk.jobs == []
    found = desk.states()
    assert {state.status for state in found} == {"done"}
    assert all(state.wall > 0 and state.host and state.log for state in found)
    desk.book.close([])
    progress = lab.read("jobs", "Sig", "2017", "progress.json")
    assert (progress["done"], progress["entries_done"], progress["entries_read"]) == (8, 80, 0)


def test_too_little_is_judged_too_little(lab: Lab) -> None:
    desk = Desk(lab)
    for i in range(8):
        desk.book.ended(desk.failure(i, final=True))
    desk.book.close([])
    with pytest.raises(UserError, match="80 of 80 entries of Sig"):
        desk.book.judge()
