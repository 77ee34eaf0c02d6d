from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.errors import StoreError
from higgsflow.model.jobs import Resources
from tasks.execution.batch.batch_file import batches_in
from tasks.execution.batch.engine import Seen
from tasks.execution.batch.submission import Submission
from tasks.execution.pool import Attempt

if TYPE_CHECKING:
    from tasks.execution.batch.engine import Phase, Request

Captured = pytest.CaptureFixture[str]


def due(bench: Any, *numbers: int) -> list[Attempt]:
    return [Attempt(job, Resources(), n) for job, n in zip(bench.jobs, numbers, strict=True)]


def test_chunks_share_a_job_at_their_first_attempt_only(bench: Any) -> None:
    bench.prepare()
    site = bench.site.model_copy(update={"chunks_per_job": 2})
    groups = Submission(site, bench.places, bench.room).groups(due(bench, 1, 1, 1, 2), 0, 10)
    assert sorted(len(group) for group in groups) == [1, 1, 2]
    assert groups[0][0].number == 2


def test_no_more_jobs_than_there_is_room_for(bench: Any) -> None:
    submission = Submission(bench.prepare().site, bench.places, bench.room)
    assert len(submission.groups(due(bench, 1, 1, 1, 1), 3, 5)) == 2
    assert submission.groups([], 0, 5) == []


def test_what_is_submitted_is_written_before(bench: Any) -> None:
    bench.prepare()
    submission = Submission(bench.site, bench.places, bench.room)
    old = bench.places.log(bench.jobs[0].stem, 1)
    old.parent.mkdir(parents=True)
    old.touch()
    flights = submission.write([[attempt] for attempt in due(bench, 1, 1, 1, 1)])
    (batch,) = batches_in(bench.places.jobs)
    assert [flight.key for flight in flights] == [(batch.token, i) for i in range(4)]
    assert not old.exists()
    submission.submit(bench.engine, flights)
    assert len(bench.engine.jobs) == 4


def test_where_files_for_the_engine_lie_is_told_when_they_cannot_be_written(bench: Any) -> None:
    """As on a full disk, which is not that of the store."""
    submission = Submission(bench.prepare().site, bench.places, bench.room)
    flights = submission.write([[attempt] for attempt in due(bench, 1, 1, 1, 1)])
    (bench.places.batch_folder(flights[0].key[0]) / "job.sh").mkdir(parents=True)
    with pytest.raises(StoreError, match="make room there, or set `submit_folder`"):
        submission.submit(bench.engine, flights)


def test_large_submissions_are_cut() -> None:
    cut = list(Submission.batches([[]] * 4500))  # type: ignore[list-item]
    assert [len(part) for part in cut] == [2000, 2000, 500]


class Patient:
    """An engine that takes everything, and begins with nothing."""

    def __init__(self) -> None:
        self.memory: list[float | None] = []

    def submit(self, request: Request) -> dict[int, str]:
        self.memory.extend(asked.memory_mb for asked in request.resources)
        return {}


def test_a_batch_asks_for_what_its_own_jobs_take_also_when_others_were_written_since(
    bench: Any,
) -> None:
    submission = Submission(bench.prepare().site, bench.places, bench.room)
    written = [
        submission.write([[Attempt(job, Resources(memory_mb=memory))]])
        for job, memory in zip(bench.jobs, (1000, 4000), strict=False)
    ]
    engine: Any = Patient()
    for flights in written:
        submission.submit(engine, flights)
    assert engine.memory == [1000, 4000]


class Stuck:
    """An engine that still has the jobs of ended chunks, one of which it holds."""

    cancelled: Any = None

    def look(self, owner: str, tokens: Any) -> dict[Any, Seen]:
        del owner
        (token,) = tokens
        return {(token, 0): Seen("1", "held"), (token, 1): Seen("2", "running")}

    def cancel(self, owner: str, jobs: Any) -> None:
        del owner
        self.cancelled = {number for _, number in jobs}


def test_held_jobs_do_not_stay_where_their_chunks_have_ended(bench: Any) -> None:
    """Both the node and the engine may end a job that takes too long, one after the other."""
    submission = Submission(bench.prepare().site, bench.places, bench.room)
    submission.write([[attempt] for attempt in due(bench, 1, 1, 1, 1)])
    engine = Stuck()
    submission.tidy(engine, ())  # type: ignore[arg-type]
    assert engine.cancelled == {0}
    assert not batches_in(bench.places.jobs)


def test_jobs_that_are_not_needed_do_not_stay_either(bench: Any) -> None:
    submission = Submission(bench.prepare().site, bench.places, bench.room)
    flights = submission.write([[attempt] for attempt in due(bench, 1, 1, 1, 1)])
    engine = Stuck()
    submission.tidy(engine, [flight.key for flight in flights])  # type: ignore[arg-type]
    assert engine.cancelled == {0, 1}
    assert not batches_in(bench.places.jobs)


class Tells:
    """An engine that still tells of one job of a batch, which is at its end or not."""

    def __init__(self, phase: Phase) -> None:
        self._phase = phase

    def look(self, owner: str, tokens: Any) -> dict[Any, Seen]:
        del owner
        return {(token, 0): Seen("1", self._phase) for token in tokens}


@pytest.mark.parametrize(("phase", "is_kept"), [("running", True), ("ended", False)])
def test_the_folder_of_a_batch_goes_once_the_engine_has_none_of_its_jobs(
    bench: Any, phase: Phase, is_kept: bool
) -> None:
    """It writes a last word there, and holds a job where it cannot."""
    submission = Submission(bench.prepare().site, bench.places, bench.room)
    flights = submission.write([[attempt] for attempt in due(bench, 1, 1, 1, 1)])
    folder = bench.places.make_batch_folder(flights[0].key[0])
    engine: Any = Tells(phase)
    submission.tidy(engine, ())
    assert folder.exists() == is_kept


def test_batches_of_another_engine_are_not_touched(bench: Any) -> None:
    """That may not have been to be asked when its jobs were to be cancelled."""
    bench.prepare()
    for name in ("slurm", "htcondor"):
        site = bench.site.model_copy(update={"engine": name})
        submission = Submission(site, bench.places, bench.room)
        submission.write([[attempt] for attempt in due(bench, 1, 1, 1, 1)])
    Submission(bench.site, bench.places, bench.room).tidy(bench.engine, ())
    assert [batch.engine for batch in batches_in(bench.places.jobs)] == ["htcondor"]


def test_batches_stay_where_the_engine_does_not_answer(bench: Any, capsys: Captured) -> None:
    submission = Submission(bench.prepare().site, bench.places, bench.room)
    submission.write([[attempt] for attempt in due(bench, 1, 1, 1, 1)])
    bench.engine.silent = True
    submission.tidy(bench.engine, ())
    assert len(batches_in(bench.places.jobs)) == 1
    assert "slurm: no answer; jobs that are not needed may be" in capsys.readouterr().err
