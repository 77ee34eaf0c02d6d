from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.errors import StoreError
from higgsflow.model.engines import Site
from higgsflow.model.jobs import JobsManager, Resources
from higgsflow.records.failures import FailureLog
from higgsflow.records.job_record import FailureRecord, JobRecord
from tasks.execution.batch import submission
from tasks.execution.batch.batch_file import batches_in
from tasks.execution.batch.batch_pool import first_resources
from tasks.execution.batch.engine import NoAnswer, Seen
from tasks.execution.batch.room import Room
from tasks.execution.batch.submission import Submission
from tasks.execution.pool import Attempt

if TYPE_CHECKING:
    from collections.abc import Collection

    from tasks.execution.batch.engine import Key, Request

ONCE = """

import os
from pathlib import Path


@tagger(reads=["event"])
def killed_once(events, folder=""):
    # a file that an option names would count by what is in it
    marker = Path(folder, "marker")
    if events.event[0] >= 2000 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), 9)
    return events.event > 0
"""


def test_runs_all_and_leaves_no_batch_behind(bench: Any) -> None:
    outcomes = bench.prepare().run()
    assert [type(outcome) for outcome in outcomes] == [JobRecord] * 4
    assert len(bench.engine.jobs) == 4
    assert not batches_in(bench.places.jobs)
    # nor do jobs that are done take room from other samples
    assert not list((bench.lab.folder / "room").glob("*.jobs"))


def kill_once(lab: Any) -> None:
    """One of the jobs is killed when it runs for the first time."""
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + ONCE, encoding="utf-8")
    options = {"folder": str(lab.folder)}
    entry = {"name": "once", "tagger": "toy_taggers:killed_once", "options": options}
    lab.content["tag_sequence"][1].insert(0, entry)


def test_a_killed_job_is_tried_again(bench: Any) -> None:
    kill_once(bench.lab)
    bench.lab.jobs.update(retry_delay=5.0)
    outcomes = bench.prepare().run()
    failures = [outcome for outcome in outcomes if isinstance(outcome, FailureRecord)]
    assert failures
    records = {outcome.chunk_id: outcome for outcome in outcomes if isinstance(outcome, JobRecord)}
    for failure in failures:
        again = records[failure.chunk_id].effort.started
        assert again - (failure.started + failure.wall) >= 5.0
    assert {(f.error_class, f.attempt, f.final) for f in failures} == {("lost", 1, False)}
    assert len(outcomes) == 4 + len(failures)
    assert {f.batch for f in failures} < {token for token, _ in bench.engine.jobs}


def submit(bench: Any, give: bool) -> None:
    """What a process does that is killed after, or before, the engine has the jobs."""
    submitted = Submission(bench.site, bench.places, bench.room)
    asked = first_resources(bench.site, bench.task.model.jobs_manager)
    flights = submitted.write([[Attempt(job, asked)] for job in bench.jobs])
    if give:
        submitted.submit(bench.engine, flights)


def test_takes_over_what_a_killed_process_has_submitted(bench: Any) -> None:
    submit(bench.prepare(), give=True)
    assert all(bench.pool().has(job.stem) for job in bench.jobs)
    assert len(bench.run()) == 4
    assert len(bench.engine.jobs) == 4


def test_what_was_written_but_never_submitted_is_submitted_and_costs_no_attempt(
    bench: Any,
) -> None:
    submit(bench.prepare(), give=False)
    outcomes = bench.run()
    assert [(type(o), o.attempt) for o in outcomes] == [(JobRecord, 1)] * 4
    assert len(bench.engine.jobs) == 4


@pytest.mark.parametrize(("trace", "expected"), [("log", "lost"), ("code", "environment")])
def test_a_job_that_began_and_was_forgotten_costs_an_attempt(
    bench: Any, trace: str, expected: str
) -> None:
    """Its log, or what its script told, is there: the engine had it while no command ran."""
    submit(bench.prepare(), give=False)
    (batch,) = batches_in(bench.places.jobs)
    log = bench.places.log(bench.jobs[0].stem, 1)
    left = log if trace == "log" else bench.places.batch_folder(batch.token) / "0.out"
    left.parent.mkdir(parents=True)
    left.write_text("" if trace == "log" else "the exit code of this job is 85\n", encoding="utf-8")
    outcomes = bench.run()
    (lost,) = [o for o in outcomes if isinstance(o, FailureRecord)]
    assert (lost.chunk_id, lost.error_class) == (bench.jobs[0].chunk.id, expected)
    assert (lost.attempt, lost.final) == (1, False)
    attempts = {o.chunk_id: o.attempt for o in outcomes if isinstance(o, JobRecord)}
    assert attempts == {job.chunk.id: 2 if job is bench.jobs[0] else 1 for job in bench.jobs}


def test_jobs_that_go_on_are_told_where_the_store_takes_nothing_more(
    bench: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """As with a full disk: the process that drives them ends, and they do not."""
    folder = bench.lab.folder / "room"
    submit(bench.prepare(), give=True)
    shutil.rmtree(folder)
    folder.touch()
    with pytest.raises(StoreError):
        bench.run()
    assert "slurm: 4 jobs go on; the same command comes back to them" in capfd.readouterr().err
    folder.unlink()
    assert len(bench.run()) == 4
    assert len(bench.engine.jobs) == 4


def test_jobs_that_no_engine_was_given_do_not_go_on(
    bench: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """As when the folder for its files is full."""
    engine = bench.prepare().engine
    engine.refusals, engine.refused_with = 1, StoreError("cannot write job.sub")
    with pytest.raises(StoreError):
        bench.run()
    assert "go on" not in capfd.readouterr().err
    assert len(bench.run()) == 4
    assert len(bench.engine.jobs) == 4


def test_failures_of_the_jobs_of_another_engine_cost_no_attempt(bench: Any) -> None:
    """Its jobs may go on after `--workflow` was changed."""
    log = FailureLog(bench.prepare().places.jobs)
    for job in bench.jobs:
        failure = FailureRecord(
            chunk_id=job.chunk.id, digest=job.digest, attempt=1, error_class="defect", message="m",
            host="h", started=1.0, wall=1.0, batch="of another engine",
        )  # fmt: skip
        log.add(failure)
    assert [(type(o), o.attempt) for o in bench.run()] == [(JobRecord, 1)] * 4


def test_what_the_user_sets_meanwhile_holds_for_jobs_to_come(bench: Any) -> None:
    pool = bench.prepare().pool()
    pool.knobs.set("memory = 3 GB")
    pool.run(bench.jobs, bench.heard, bench.room)
    assert {known["asked"].memory_mb for known in bench.heard.begun_with} == {3072.0}


def test_jobs_that_nobody_wants_any_more_are_taken_out_of_the_queue(bench: Any) -> None:
    """As those of an older configuration."""
    lab = bench.lab
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + SLOW, encoding="utf-8")
    lab.content["tag_sequence"][1].insert(0, "toy_taggers:slow")
    submit(bench.prepare(), give=True)
    bench.pool().run(bench.jobs[:1], bench.heard, bench.room)
    assert [outcome.chunk_id for outcome in bench.heard.outcomes] == [bench.jobs[0].chunk.id]
    assert all(process.poll() is not None for key, process in bench.engine.jobs.items() if key[1])


class Forgetful:
    """An engine that takes all jobs, and has none of them."""

    def __init__(self) -> None:
        self.jobs: dict[Key, Any] = {}
        self.n_asked = 0

    def submit(self, request: Request) -> dict[int, str]:
        del request
        return {}

    def look(self, *_: Any) -> dict[Key, Seen]:
        self.n_asked += 1
        # it would be given the same jobs again and again
        assert self.n_asked < 60
        return {}

    past = look

    def cancel(self, owner: str, jobs: Collection[Key]) -> None:
        """There are none."""


def test_a_job_that_was_taken_and_is_gone_costs_an_attempt(bench: Any) -> None:
    bench.lab.jobs.update(attempts=2)
    bench.engine = Forgetful()
    outcomes = bench.prepare().run()
    assert {(o.error_class, o.attempt, o.final) for o in outcomes} == {
        ("lost", 1, False),
        ("lost", 2, True),
    }
    assert len(outcomes) == 8


class Strict(Forgetful):
    """One that ends what takes too much memory, and says so when it is asked for the past."""

    def past(self, owner: str, jobs: Collection[Key], *_: Any) -> dict[Key, Seen]:
        del owner
        return {key: Seen("17", "ended", "OUT_OF_MEMORY", 0) for key in jobs}


def test_a_job_that_its_engine_ended_for_its_memory_has_more_next_time(bench: Any) -> None:
    bench.lab.jobs.update(attempts=2)
    bench.engine = Strict()
    outcomes = bench.prepare().run()
    assert {(o.error_class, o.attempt, o.asked.memory_mb, o.engine_id) for o in outcomes} == {
        ("memory", 1, 2048.0, "17"),
        ("memory", 2, 4096.0, "17"),
    }


def test_what_a_lost_job_had_not_begun_costs_no_attempt(bench: Any) -> None:
    """Chunks that share a job are run one after the other."""
    kill_once(bench.lab)
    bench.site = bench.site.model_copy(update={"chunks_per_job": 2})
    outcomes = bench.prepare().run()
    found = {(o.chunk_id, o.attempt, type(o)) for o in outcomes}
    first, second, killed, other = (job.chunk.id for job in bench.jobs)
    assert found == {
        (first, 1, JobRecord), (second, 1, JobRecord), (killed, 1, FailureRecord),
        (killed, 2, JobRecord), (other, 1, JobRecord),
    }  # fmt: skip
    assert len(outcomes) == 5


class Holding(Forgetful):
    """One that holds all jobs until they are cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.held: set[Key] = set()
        # how many it has when it is given more
        self.n_left: list[int] = []

    def submit(self, request: Request) -> dict[int, str]:
        self.n_left.append(len(self.held))
        self.held |= {(request.token, number) for number in range(len(request.resources))}
        return {}

    def look(self, *_: Any) -> dict[Key, Seen]:
        super().look()
        return {key: Seen("17", "held", "held: no such image") for key in self.held}

    def past(self, *_: Any) -> dict[Key, Seen]:
        return {}

    def cancel(self, owner: str, jobs: Collection[Key]) -> None:
        del owner
        self.held -= set(jobs)


def test_jobs_that_are_held_are_lost_and_taken_out_of_the_queue(bench: Any) -> None:
    bench.lab.jobs.update(attempts=2)
    bench.site = bench.site.model_copy(update={"landing_time": 600})
    bench.engine = Holding()
    outcomes = bench.prepare().run()
    assert sorted((o.error_class, o.final) for o in outcomes) == [
        *[("environment", False)] * 4,
        *[("environment", True)] * 4,
    ]
    assert "no such image" in outcomes[0].message
    assert not any(bench.engine.n_left)


def test_nothing_is_heard_of_what_was_dropped(bench: Any) -> None:
    """Where the end of the first of several jobs ends everything."""
    bench.lab.jobs.update(attempts=1)
    bench.engine = Forgetful()

    def enough(outcome: FailureRecord) -> bool:
        bench.heard.outcomes.append(outcome)
        return False

    bench.heard.ended = enough
    pool = bench.prepare().pool()
    pool.run(bench.jobs, bench.heard, bench.room)
    (heard,) = bench.heard.outcomes
    dropped = [attempt.job.chunk.id for attempt in pool.dropped]
    assert sorted([heard.chunk_id, *dropped]) == sorted(job.chunk.id for job in bench.jobs)


class Slow(Forgetful):
    """One whose jobs have ended well, but are seen in the store a little later."""

    def __init__(self, made: Path, store: Path) -> None:
        super().__init__()
        self._made, self._store = made, store

    def look(self, *_: Any) -> dict[Key, Seen]:
        super().look()
        if self.n_asked == 4:
            shutil.copytree(self._made, self._store, dirs_exist_ok=True)
        return {}

    def past(self, owner: str, jobs: Collection[Key], *_: Any) -> dict[Key, Seen]:
        del owner
        return {key: Seen("17", "ended", "COMPLETED", 0) for key in jobs}


def test_what_a_job_leaves_may_be_seen_a_little_later(bench: Any) -> None:
    """As where the store is on a file system of the network."""
    bench.site = bench.site.model_copy(update={"landing_time": 600})
    bench.prepare().run()
    made = bench.lab.folder / "made"
    bench.places.chunks.rename(made)
    bench.heard.outcomes.clear()
    bench.engine = Slow(made, bench.places.chunks)
    assert [(type(o), o.attempt) for o in bench.run()] == [(JobRecord, 1)] * 4


def test_jobs_that_come_after_they_were_given_up_are_taken_out_of_the_queue(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others run in their place."""
    engine, late, cancelled = bench.engine, set(), set()
    submit, look, cancel = engine.submit, engine.look, engine.cancel

    def given(request: Request) -> dict[int, str]:
        if not late:
            late.update((request.token, number) for number in range(len(request.resources)))
            raise NoAnswer("sbatch failed: Socket timed out")
        return submit(request)

    def seen(owner: str, tokens: Any, others: Any = ()) -> dict[Key, Seen]:
        there = {key for key in late - cancelled if key[0] in tokens and engine.jobs}
        return look(owner, tokens, others) | {key: Seen("17", "waiting") for key in there}

    def cancels(owner: str, jobs: Any) -> None:
        cancelled.update(jobs)
        cancel(owner, jobs)

    monkeypatch.setattr(submission, "_LATE", 0.1)
    engine.submit, engine.look, engine.cancel = given, seen, cancels
    assert [o.attempt for o in bench.prepare().run()] == [1] * 4
    assert late
    assert late <= cancelled


def test_a_refused_submission_is_made_again(bench: Any) -> None:
    bench.engine.refusals = 1
    assert [o.attempt for o in bench.prepare().run()] == [1] * 4


@pytest.mark.parametrize(("patience", "n_jobs"), [(30.0, 4), (0.1, 8)])
def test_an_engine_that_is_slow_to_answer_may_have_taken_the_jobs(
    bench: Any, monkeypatch: pytest.MonkeyPatch, patience: float, n_jobs: int
) -> None:
    """They come later; who has given them up by then has them cancelled when they come."""
    monkeypatch.setattr(submission, "_LATE", patience)
    bench.engine.slow = 6
    outcomes = bench.prepare().run()
    assert [(type(o), o.attempt) for o in outcomes] == [(JobRecord, 1)] * 4
    assert len(bench.engine.jobs) == n_jobs
    # a record is written a moment before its job ends
    assert all(process.wait(30) is not None for process in bench.engine.jobs.values())
    assert not batches_in(bench.places.jobs)


def test_the_site_says_first_what_jobs_have() -> None:
    settings = JobsManager(time_limit=50, memory_mb=500)
    site = Site(engine="slurm", memory="2 GB", run_time="1 h")
    assert first_resources(site, settings) == Resources(memory_mb=2048, time_limit=3600)
    bare = Site(engine="slurm")
    assert first_resources(bare, settings) == Resources(memory_mb=500, time_limit=50)
    assert first_resources(bare, JobsManager()).memory_mb == 2048


def test_a_job_that_ends_between_two_looks_is_told_of_all_the_same(bench: Any) -> None:
    """Its log, what it was allowed, and what the engine called it."""

    def waiting(*_: Any) -> dict[Any, Seen]:
        return {key: Seen(str(job.pid), "waiting") for key, job in bench.engine.jobs.items()}

    bench.engine.look = waiting
    bench.prepare().run()
    ids = {str(process.pid) for process in bench.engine.jobs.values()}
    assert {known["engine_id"] for known in bench.heard.begun_with} == ids
    assert len(bench.heard.begun_with) == 4
    for known in bench.heard.begun_with:
        assert known["chunk"] in Path(known["log"]).read_text("utf-8")
        assert known["asked"].memory_mb == 2048.0
    assert set(bench.heard.submitted_ids) == ids


SLOW = """

import shutil
import time


@tagger(reads=["event"])
def slow(events):
    time.sleep(600 if events.event[0] >= 1020 else 0)
    return events.event > 0
"""


@pytest.mark.parametrize("for_good", [True, False])
def test_jobs_that_could_not_be_cancelled_are_not_forgotten(
    bench: Any, for_good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is silent when enough is done; perhaps it answers again a little later."""
    lab, engine = bench.lab, bench.engine
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + SLOW, encoding="utf-8")
    lab.content["tag_sequence"][1].insert(0, "toy_taggers:slow")

    def enough(_: Any) -> bool:
        engine.silent = True
        return False

    def answer(ended: Submission, *about: Any) -> None:
        engine.silent = for_good
        tidy(ended, *about)

    tidy = Submission.tidy
    monkeypatch.setattr(Submission, "tidy", answer)
    bench.heard.ended = enough
    pool = bench.prepare().pool()
    pool.run(bench.jobs, bench.heard, bench.room)
    assert len(pool.dropped) == 3
    n_running = sum(process.poll() is None for process in engine.jobs.values())
    assert n_running >= 3 if for_good else n_running == 0
    assert len(batches_in(bench.places.jobs)) == for_good


def test_jobs_that_have_ended_together_are_each_heard_of_once(bench: Any) -> None:
    """Also where the first one is enough."""
    submit(bench.prepare(), give=True)
    assert [process.wait(60) for process in bench.engine.jobs.values()] == [0] * 4

    def enough(outcome: JobRecord) -> bool:
        bench.heard.outcomes.append(outcome)
        return False

    bench.heard.ended = enough
    outcomes = bench.run()
    assert sorted(o.chunk_id for o in outcomes) == sorted(job.chunk.id for job in bench.jobs)
    assert len(bench.engine.jobs) == 4


def test_what_waits_for_room_is_left_out_once_enough_is_done(bench: Any) -> None:
    bench.site = bench.site.model_copy(update={"max_in_flight": 1})
    bench.heard.ended = lambda _: False
    pool = bench.prepare().pool()
    pool.run(bench.jobs, bench.heard, bench.room)
    assert len(bench.engine.jobs) == 1
    assert [attempt.job.stem for attempt in pool.dropped] == [job.stem for job in bench.jobs[1:]]


class Full(Room):
    """Others have all jobs that there may be, until room was asked for three times."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "Sig")
        self.asked: list[float] = []

    def take(self, wanted: int, have: int, most: int) -> int:
        self.asked.append(time.monotonic())
        return super().take(wanted, have, most) if len(self.asked) > 2 else 0


def test_room_is_asked_for_as_often_as_the_queue(bench: Any) -> None:
    bench.site = bench.site.model_copy(update={"poll_interval": 1.0})
    bench.prepare()
    bench.room = Full(bench.lab.folder / "room")
    assert len(bench.run()) == 4
    first, second, third = bench.room.asked[:3]
    assert second - first > 0.9
    assert third - second > 0.9
