from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.errors import InputFileError, StoreError, TaggerError, WeightError
from higgsflow.model.jobs import JobsManager
from higgsflow.records.job_record import FailureRecord, JobRecord
from tasks.execution.pool import JobPool, error_class
from tasks.execution.slots import Slots

if TYPE_CHECKING:
    from conftest import Lab

TAGGER = '''

import os
import time
from pathlib import Path

from higgsflow.errors import InputFileError


@tagger(reads=["event"])
def unlucky(events, marker="", how=""):
    """Fails in the first attempt at the second file."""
    path = Path(marker)
    if marker and events.event[0] >= 2000 and not path.exists():
        if how != "always":
            path.touch()
        if how == "killed":
            os.kill(os.getpid(), 9)
        elif how == "exits":
            os._exit(3)
        elif how == "late":
            time.sleep(60)
        elif how == "memory":
            raise MemoryError("no room")
        elif how == "opens":
            Path("no_such_calibration.json").read_text()
        else:
            raise InputFileError("a disk is gone")
    print("looked at", len(events))
    return events.event > 0
'''


def run(lab: Lab, how: str, **settings: Any) -> list[JobRecord | FailureRecord]:
    """Runs the two jobs of the toy sample; what ended, in order."""
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + TAGGER, encoding="utf-8")
    options = {"marker": str(lab.folder / "marker"), "how": how}
    entry = {"name": "unlucky", "tagger": "toy_taggers:unlucky", "options": options}
    lab.content["tag_sequence"][1].insert(0, entry)
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    ended: list[JobRecord | FailureRecord] = []

    def listen(outcome: JobRecord | FailureRecord) -> bool:
        ended.append(outcome)
        return isinstance(outcome, JobRecord) or outcome.is_infrastructure

    manager = JobsManager(retry_delay=0.0, **settings)
    pool = JobPool(manager, Slots(lab.folder / "slots", 2), lab.folder / "logs")
    pool.run([task.job(chunk, task.wanted) for chunk in task.chunks], listen, lambda: None)
    assert pool.n_running == 0
    return ended


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
    (again,) = (e for e in ended if isinstance(e, JobRecord) and e.attempt == 2)
    assert again.chunk_id == failed.chunk_id
    assert again.digest == failed.digest


def test_a_job_may_take_so_long_and_no_longer(lab: Lab) -> None:
    ended = run(lab, "late", time_limit=1.0)
    assert kinds(ended) == ["done", "done", "time"]


def test_attempts_are_counted(lab: Lab) -> None:
    ended = run(lab, "always", attempts=2)
    assert kinds(ended) == ["done", "input", "input"]
    failures = [e for e in ended if isinstance(e, FailureRecord)]
    assert [(f.attempt, f.final) for f in failures] == [(1, False), (2, True)]
    assert failures[0].message == "a disk is gone"
    assert "in unlucky" in failures[0].traceback


def test_each_attempt_has_a_log(lab: Lab) -> None:
    ended = run(lab, "always", attempts=2)
    logs = lab.folder / "logs"
    for outcome in ended:
        name = f"{outcome.chunk_id}.{outcome.digest}.{outcome.attempt}.log"
        text = (logs / name).read_text(encoding="utf-8")
        expected = (
            "looked at " if isinstance(outcome, JobRecord) else "InputFileError: a disk is gone"
        )
        assert expected in text


def test_a_file_that_a_tagger_misses_is_its_defect(lab: Lab) -> None:
    """Not a failure of the infrastructure, which would be tried again and might be tolerated."""
    assert kinds(run(lab, "opens")) == ["defect", "done"]


def test_jobs_run_in_processes_of_their_own(lab: Lab) -> None:
    ended = run(lab, "killed")
    pids = {e.effort.pid for e in ended if isinstance(e, JobRecord)}
    assert os.getpid() not in pids


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InputFileError("x"), "input"),
        (MemoryError(), "memory"),
        (OSError(28, "no space"), "store"),
        (StoreError("x"), "store"),
        (TaggerError("x"), "defect"),
        (WeightError("x"), "defect"),
        (ZeroDivisionError(), "defect"),
        (KeyError("x"), "defect"),
    ],
)
def test_failures_are_of_the_infrastructure_or_defects(error: BaseException, expected: str) -> None:
    assert error_class(error) == expected
