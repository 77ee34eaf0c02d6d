from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.attempt import resident_mb
from higgsflow.errors import StoreError
from higgsflow.model.jobs import JobsManager, Resources
from higgsflow.records.job_record import FailureRecord, JobRecord, read_outline
from tasks.execution import pool
from tasks.execution.pool import JobPool
from tasks.execution.slots import Slots
from tasks.execution.workers import Workers

if TYPE_CHECKING:
    from conftest import Lab
    from filelock import FileLock

FULL = Path("/dev/full")
TAGGER = '''

import os
import sys
import time
from pathlib import Path

from higgsflow.errors import InputFileError


@tagger(reads=["event"])
def unlucky(events, marker="", how=""):
    """Fails in the first attempt at the second file."""
    if how == "hungry" and events.event[0] >= 2000:
        held = bytearray(700 * 2**20)
        held[::4096] = b"x" * len(held[::4096])
        time.sleep(1.0)
    path = Path(marker)
    if marker and how not in ("hungry", "large") and events.event[0] >= 2000 and not path.exists():
        if how != "always":
            path.touch()
        if how == "killed":
            os.kill(os.getpid(), 9)
        elif how == "exits":
            os._exit(3)
        elif how == "leaves":
            os._exit(0)
        elif how == "interrupts":
            raise KeyboardInterrupt
        elif how == "unusual":
            raise GeneratorExit
        elif how == "late":
            time.sleep(60)
        elif how == "memory":
            raise MemoryError("no room")
        elif how == "crashes":
            import faulthandler

            faulthandler._sigsegv()
        elif how == "opens":
            Path("no_such_calibration.json").read_text()
        else:
            raise InputFileError("a disk is gone")
    if how == "large":
        from higgsflow.kept_memory import use_large_pages

        print("asked", use_large_pages.cache_info().currsize)
    print("looked at", len(events))
    print("told", len(events), file=sys.stderr)
    for descriptor in (1, 2):
        os.write(descriptor, f"a library said so to {descriptor}\\n".encode())
    return events.event > 0
'''


class Keeper:
    """Remembers what it hears."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int]] = []
        self.outcomes: list[JobRecord | FailureRecord] = []
        self.most_running = 0
        self.limits: set[float | None] = set()

    def begun(self, chunk_id: str, attempt: int, asked: Resources, **known: Any) -> None:
        assert asked.time_limit
        assert Path(known["log"]).parent.is_dir()
        self.started.append((chunk_id, attempt))
        self.limits.add(asked.time_limit)
        self.most_running = max(self.most_running, len(self.started) - len(self.outcomes))

    def ended(self, outcome: JobRecord | FailureRecord) -> bool:
        self.outcomes.append(outcome)
        return isinstance(outcome, JobRecord) or outcome.is_infrastructure

    def tick(self, n_running: int) -> None:
        assert 0 <= n_running <= 2


def run(lab: Lab, how: str, **settings: Any) -> list[JobRecord | FailureRecord]:
    """Runs the two jobs of the toy sample; what ended, in order."""
    return kept(lab, how, {}, **settings).outcomes


def kept(
    lab: Lab, how: str, knobs: dict[str, Any], keeper: Keeper | None = None, **settings: Any
) -> Keeper:
    """Runs the two jobs of the toy sample with knobs turned before; who heard of it."""
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + TAGGER, encoding="utf-8")
    options = {"marker": str(lab.folder / "marker"), "how": how}
    entry = {"name": "unlucky", "tagger": "toy_taggers:unlucky", "options": options}
    lab.content["tag_sequence"][1].insert(0, entry)
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    keeper = keeper or Keeper()
    manager = JobsManager(**{"retry_delay": 0.0, **settings})
    pool = JobPool(manager, Slots(lab.folder / "slots", 2), lab.folder / "logs")
    for name, value in knobs.items():
        setattr(pool.knobs, name, value)
    pool.run([task.job(chunk, task.wanted) for chunk in task.chunks], keeper)
    assert pool.n_running == 0
    assert len(keeper.started) == len(keeper.outcomes)
    return keeper


def kinds(ended: list[JobRecord | FailureRecord]) -> list[str]:
    return sorted(e.error_class if isinstance(e, FailureRecord) else "done" for e in ended)


@pytest.mark.parametrize(
    ("how", "error"), [("killed", "lost"), ("exits", "lost"), ("memory", "memory")]
)
def test_a_failure_costs_one_attempt_of_one_job(lab: Lab, how: str, error: str) -> None:
    ended = run(lab, how)
    assert kinds(ended) == ["done", "done", error]
    (failed,) = (e for e in ended if isinstance(e, FailureRecord))
    assert (failed.attempt, failed.final) == (1, False)
    assert 0.0 < failed.wall < 600.0
    (again,) = (e for e in ended if isinstance(e, JobRecord) and e.attempt == 2)
    assert again.chunk_id == failed.chunk_id
    assert again.digest == failed.digest


@pytest.mark.skipif(not FULL.exists(), reason="needs a disk that is full")
def test_a_disk_too_full_for_the_log_of_a_job_is_told(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "created", lambda _: os.open(FULL, os.O_WRONLY))
    with pytest.raises(StoreError, match=rf"cannot write {lab.folder}/logs/.*\.1\.log") as told:
        run(lab, "")
    assert told.value.parts[0].endswith(".1.log: No space left on device")
    assert told.value.parts[2].startswith("make room there")


def only_failure(ended: list[JobRecord | FailureRecord]) -> FailureRecord:
    (failed,) = (e for e in ended if isinstance(e, FailureRecord))
    return failed


def log_of_second_attempt(lab: Lab) -> str:
    (path,) = (lab.folder / "logs").glob("*.2.log")
    return path.read_text(encoding="utf-8")


def test_a_job_may_take_so_long_and_has_longer_next_time(lab: Lab) -> None:
    ended = run(lab, "late", time_limit=4.0, growth=8.0, max_time_limit=30.0)
    assert kinds(ended) == ["done", "done", "time"]
    assert only_failure(ended).asked.time_limit == 4.0
    assert "at most 30 s" in log_of_second_attempt(lab)


@pytest.mark.parametrize("is_many", [False, True])
def test_workers_ask_for_large_pages_where_jobs_are_large(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, is_many: bool
) -> None:
    monkeypatch.setattr(pool, "MANY", 1 if is_many else 10**6)
    assert kinds(run(lab, "large")) == ["done", "done"]
    for log in (lab.folder / "logs").glob("*.log"):
        (line,) = (n for n in log.read_text("utf-8").splitlines() if n.startswith("asked"))
        # what comes of it depends on what the process of all these tests has done before
        assert line == f"asked {int(is_many)}"


def resident_mb_of_a_child() -> float:
    """What a job begins with: less than this process, whose libraries it has not touched yet."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(resident_mb)


def test_a_job_may_use_so_much_memory_and_has_more_next_time(lab: Lab) -> None:
    """It is ended while it holds 700 MB more than it began with, where 400 MB more are allowed.

    Twice that is enough however little the process began with.
    """
    limit = resident_mb_of_a_child() + 400.0
    ended = run(lab, "hungry", memory_mb=limit)
    assert kinds(ended) == ["done", "done", "memory"]
    failed = only_failure(ended)
    assert (failed.asked.memory_mb, failed.exit_code) == (limit, 82)
    assert "MB are used" in failed.message
    assert f"at most {2 * limit:g} MB" in log_of_second_attempt(lab)


def test_the_most_memory_is_not_tried_twice(lab: Lab) -> None:
    limit = resident_mb_of_a_child() + 300.0
    ended = run(lab, "hungry", memory_mb=limit, max_memory_mb=limit)
    assert kinds(ended) == ["done", "memory"]
    assert only_failure(ended).final


def test_a_crash_of_user_code_is_a_defect_with_the_place_where_it_was(lab: Lab) -> None:
    ended = run(lab, "crashes")
    assert kinds(ended) == ["defect", "done"]
    failed = only_failure(ended)
    assert "SIGSEGV" in failed.message
    assert failed.exit_code == -11
    assert failed.place.startswith(f"{lab.taggers}:")


@pytest.mark.parametrize("how", ["interrupts", "unusual"])
def test_an_interruption_that_no_user_made_is_a_defect(lab: Lab, how: str) -> None:
    ended = run(lab, how)
    assert kinds(ended) == ["defect", "done"]
    failed = only_failure(ended)
    assert failed.final
    assert failed.exception in ("KeyboardInterrupt", "GeneratorExit")
    assert "in unlucky" in failed.traceback


def test_leaving_the_process_without_a_word_is_a_defect(lab: Lab) -> None:
    """Also where it is the code of success, and nobody waits for the limit of the time."""
    began = time.monotonic()
    ended = run(lab, "leaves", time_limit=300.0)
    assert time.monotonic() - began < 100
    assert kinds(ended) == ["defect", "done"]
    failed = only_failure(ended)
    assert failed.final
    assert "ended the process, with exit code 0" in failed.message


def test_an_exception_says_where_and_in_which_events(lab: Lab) -> None:
    ended = run(lab, "opens")
    failed = only_failure(ended)
    assert failed.exception == "FileNotFoundError"
    assert failed.failing is not None
    assert (failed.failing.start, failed.failing.stop) == (0, 40)
    assert failed.failing.url.endswith("Sig_2017_1.root")
    assert failed.log.endswith(".1.log")


def test_attempts_are_counted(lab: Lab) -> None:
    ended = run(lab, "always", attempts=2)
    assert kinds(ended) == ["done", "input", "input"]
    failures = [e for e in ended if isinstance(e, FailureRecord)]
    assert [(f.attempt, f.final) for f in failures] == [(1, False), (2, True)]
    assert failures[0].message.startswith("a disk is gone\n  in events 0 to 40 of ")
    assert "in unlucky" in failures[0].traceback


def test_the_next_attempt_begins_after_its_delay(lab: Lab) -> None:
    """A disk that is gone for a moment would be asked three times within that."""
    ended = run(lab, "once", retry_delay=2.0)
    failed = only_failure(ended)
    (again,) = (e for e in ended if isinstance(e, JobRecord) and e.attempt == 2)
    assert again.effort.started - (failed.started + failed.wall) >= 2.0


def test_each_attempt_has_a_log(lab: Lab) -> None:
    ended = run(lab, "always", attempts=2)
    logs = lab.folder / "logs"
    for outcome in ended:
        name = f"{outcome.chunk_id}.{outcome.digest}.{outcome.attempt}.log"
        text = (logs / name).read_text(encoding="utf-8")
        if isinstance(outcome, JobRecord):
            printed = ("looked at ", "told ", "a library said so to 1", "a library said so to 2")
            assert all(one in text for one in printed)
        else:
            assert "InputFileError: a disk is gone" in text


def test_a_log_is_written_through_no_link(lab: Lab) -> None:
    precious, logs = lab.folder / "precious", lab.folder / "logs"
    precious.write_text("of the user", encoding="utf-8")
    logs.mkdir()
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    jobs = [task.job(chunk, task.wanted) for chunk in task.chunks]
    for job in jobs:
        (logs / f"{job.stem}.1.log").symlink_to(precious)
    keeper = Keeper()
    JobPool(JobsManager(), Slots(lab.folder / "slots", 2), logs).run(jobs, keeper)
    assert kinds(keeper.outcomes) == ["done", "done"]
    assert precious.read_text("utf-8") == "of the user"
    assert [path for path in logs.iterdir() if path.is_symlink()] == []


def test_a_file_that_a_tagger_misses_is_its_defect(lab: Lab) -> None:
    """Not a failure of the infrastructure, which would be tried again and might be tolerated."""
    assert kinds(run(lab, "opens")) == ["defect", "done"]


def test_jobs_run_in_processes_of_their_own(lab: Lab) -> None:
    ended = run(lab, "killed")
    pids = {e.effort.pid for e in ended if isinstance(e, JobRecord)}
    assert os.getpid() not in pids


def test_knobs_that_were_turned_hold_for_attempts_to_come(lab: Lab) -> None:
    keeper = kept(lab, "killed", {"parallel_jobs": 1, "retries": 0, "walltime": 77.0})
    assert kinds(keeper.outcomes) == ["done", "lost"]
    assert only_failure(keeper.outcomes).final is True
    assert keeper.limits == {77.0}
    assert keeper.most_running == 1


class Killer(Keeper):
    """Kills all workers when a job has ended."""

    def ended(self, outcome: JobRecord | FailureRecord) -> bool:
        for worker in multiprocessing.active_children():
            worker.kill()
            worker.join()
        return super().ended(outcome)


def test_workers_that_are_killed_while_they_have_nothing_to_do_are_replaced(lab: Lab) -> None:
    """As those of a sample that waits for cores which others have."""
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    keeper = Killer()
    manager = JobsManager(retry_delay=0.0, time_limit=60.0)
    made = JobPool(manager, Slots(lab.folder / "slots", 1), lab.folder / "logs")
    made.run([task.job(chunk, task.wanted) for chunk in task.chunks], keeper)
    assert kinds(keeper.outcomes).count("done") == 2
    assert set(kinds(keeper.outcomes)) <= {"done", "lost"}


class Backwards(Keeper):
    """Sets the clock back by an hour when a job has failed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self._monkeypatch, self._n_ticks = monkeypatch, 0

    def ended(self, outcome: JobRecord | FailureRecord) -> bool:
        if isinstance(outcome, FailureRecord):
            right = time.time
            self._monkeypatch.setattr(time, "time", lambda: right() - 3600.0)
        return super().ended(outcome)

    def tick(self, n_running: int) -> None:
        super().tick(n_running)
        # of a tenth of a second each where nothing runs
        self._n_ticks += 1
        assert self._n_ticks < 600


def test_a_clock_that_is_set_back_keeps_no_attempt_waiting(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = kept(lab, "fails", {}, keeper=Backwards(monkeypatch), retry_delay=0.1)
    assert kinds(keeper.outcomes) == ["done", "done", "input"]


class AskedSlots(Slots):
    """Counts how often somebody looks for a free one."""

    n_asked = 0

    def take(self) -> FileLock | None:
        self.n_asked += 1
        return super().take()


class Patient(Keeper):
    """Frees the slots of another sample after some rounds, which it counts."""

    def __init__(self, others: list[FileLock]) -> None:
        super().__init__()
        self._others, self.n_ticks = others, 0

    def tick(self, n_running: int) -> None:
        super().tick(n_running)
        self.n_ticks += 1
        if self.n_ticks == 5:
            for slot in self._others:
                slot.release()


def test_who_waits_for_a_slot_looks_for_one_once_in_a_round(lab: Lab) -> None:
    """Thousands of chunks would each look at all of them, ten times a second."""
    lab.jobs["n_events_per_output"] = 10
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    others = Slots(lab.folder / "slots", 2)
    keeper = Patient([slot for slot in (others.take(), others.take()) if slot is not None])
    slots = AskedSlots(lab.folder / "slots", 2)
    pool = JobPool(JobsManager(), slots, lab.folder / "logs")
    pool.run([task.job(chunk, task.wanted) for chunk in task.chunks], keeper)
    assert kinds(keeper.outcomes) == ["done"] * 8
    assert [chunk_id for chunk_id, _ in keeper.started] == [chunk.id for chunk in task.chunks]
    assert slots.n_asked <= keeper.n_ticks + 8


class Counting(Keeper):
    """Counts the processes that there are at a time."""

    most = 0

    def tick(self, n_running: int) -> None:
        super().tick(n_running)
        self.most = max(self.most, len(multiprocessing.active_children()))


def test_no_more_processes_are_begun_than_there_are_jobs(lab: Lab) -> None:
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    keeper = Counting()
    before = len(multiprocessing.active_children())
    pool = JobPool(JobsManager(), Slots(lab.folder / "slots", 8), lab.folder / "logs")
    pool.run([task.job(chunk, task.wanted) for chunk in task.chunks], keeper)
    assert kinds(keeper.outcomes) == ["done", "done"]
    assert 0 < keeper.most - before <= 2


def test_a_job_that_ended_well_is_heard_of_through_its_record_alone(lab: Lab) -> None:
    """Half of a large answer would stay in the pipe of all workers, were one killed meanwhile."""
    keeper = kept(lab, "large", {})
    for outcome in keeper.outcomes:
        path = lab.output("chunks", "Sig", "2017", outcome.output.name).with_suffix(".json")
        assert outcome == read_outline(path.read_bytes())
    workers = Workers(1)
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    job = task.job(task.chunks[0], task.wanted)
    answer = workers.schedule(pool.work, [job, lab.folder / "log", Resources()], 60.0)
    assert answer.result() is None
    workers.close()
    workers.join()


def test_a_record_that_cannot_be_read_is_a_failure_of_the_store(lab: Lab) -> None:
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    job = task.job(task.chunks[0], task.wanted)
    made = JobPool(JobsManager(), Slots(lab.folder / "slots", 1), lab.folder / "logs")
    found = made._record(pool.Attempt(job, Resources()))
    assert isinstance(found, FailureRecord)
    assert found.error_class == "store"
    assert f"{job.stem}.json" in found.message
