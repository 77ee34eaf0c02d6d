from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.records.job_state import JobsHead, JobState, tabulate
from higgsflow.records.journal import Journal
from tasks.execution.driver_lock import driving
from tasks.execution.job_screen import (
    exit_code,
    folders_of,
    look,
    write_json,
    write_screen,
)

if TYPE_CHECKING:
    from pathlib import Path

HEAD = JobsHead(
    sample="Sig", year="2017", engine="local", host="h", pid=7, began=0.0, min_completion=0.5
)


def state(branch: int, status: str = "done", **changes: Any) -> JobState:
    facts = {"chunk_id": f"c{branch}", "n_entries": 100, "first_url": "/a.root", "start": 0}
    return JobState(**{"branch": branch, "status": status, **facts, **changes})


FAILED = state(
    1, "failed", error_class="time", message="too long\nby far", failures={"time": 3},
    attempts=3, log="/logs/c1.3.log", start=100,
)  # fmt: skip


def written(folder: Path, *states: JobState) -> Path:
    folder.mkdir(parents=True)
    Journal(folder).begin(HEAD, states)
    return folder


def test_looks_at_what_is_recorded_and_passes_over_what_never_ran(tmp_path: Path) -> None:
    folders = folders_of(tmp_path, "Sig", ["2016", "2017"])
    written(folders[1], state(0, wall=2.0), FAILED)
    (found,) = look(folders)
    assert (found.done, found.failed, found.state) == (1, {"time": 1}, "enough")
    assert not found.driven


def test_exit_code_is_that_of_what_is_least_done(tmp_path: Path) -> None:
    done, lost = written(tmp_path / "a", state(0)), written(tmp_path / "b", FAILED)
    running = written(tmp_path / "c", state(0, "running"))
    assert exit_code(look([done]), 1) == 0
    assert exit_code(look([done]), 2) == 1
    assert exit_code(look([done, lost]), 2) == 1
    with driving(running, lambda: None):
        assert exit_code(look([done, lost, running]), 3) == 3
    assert exit_code(look([running]), 1) == 1
    assert exit_code([], 1) == 1


def test_screen_names_failing_chunks_with_their_logs(capsys: pytest.CaptureFixture[str]) -> None:
    write_screen([tabulate(HEAD, [state(0, wall=90.0), FAILED], driven=True, now=0.0)])
    told = capsys.readouterr().out
    assert "driven by process 7 on h" in told
    assert "1 time" in told
    (failing,) = (line for line in told.splitlines() if "failing" in line)
    assert "branch 1 failed, attempt 3" in failing
    assert "time: too long; /a.root from 100, 100 events; log: /logs/c1.3.log" in failing
    assert "slowest: branch 0 done, attempt 0, 1.5 min" in told


def test_messages_that_jobs_left_cannot_drive_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = FAILED.model_copy(update={"message": "\x1b[2Jall is well"})
    write_screen([tabulate(HEAD, [failed], driven=False, now=0.0)])
    assert r"time: \x1b[2Jall is well" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error_class", "told"),
    [
        ("defect", "a defect in code stopped it, on a chunk; correct it, and the same command"),
        ("lost", "too much has failed: 0 % of the events count; the same command tries it again"),
    ],
)
def test_what_helps_after_a_defect_is_not_to_try_again(
    capsys: pytest.CaptureFixture[str], error_class: str, told: str
) -> None:
    failed = FAILED.model_copy(update={"error_class": error_class})
    write_screen([tabulate(HEAD, [failed], driven=False, now=0.0)])
    assert told in capsys.readouterr().out


def test_what_is_done_is_never_rounded_up(capsys: pytest.CaptureFixture[str]) -> None:
    almost = state(0).model_copy(update={"n_entries": 99_999_999})
    failed = FAILED.model_copy(update={"error_class": "lost", "n_entries": 1})
    write_screen([tabulate(HEAD, [almost, failed], driven=False, now=0.0)])
    assert "99,999,999 (99.99 %)" in capsys.readouterr().out


def test_json_is_one_list(capsys: pytest.CaptureFixture[str]) -> None:
    write_json([tabulate(HEAD, [state(0)], driven=False, now=0.0)])
    (found,) = json.loads(capsys.readouterr().out)
    assert found["head"]["sample"] == "Sig"
    assert found["chunks"][0]["status"] == "done"
