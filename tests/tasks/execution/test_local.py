from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.execution.job_screen import look
from tasks.execution.local import remove_leftovers

if TYPE_CHECKING:
    from conftest import Lab

Captured = pytest.CaptureFixture[str]
LAW_RUN = (str(Path(sys.executable).parent / "law"), "run", "ProcessSample")

FAILING = """

from higgsflow.errors import InputFileError


@tagger(reads=["event"])
def failing(events, above=0):
    if events.event[0] >= above:
        raise InputFileError("cannot read on")
    return events.event > 0
"""


SLOW = """

import time


@tagger(reads=["event"])
def slow(events):
    time.sleep(30)
    return events.event > 0
"""


LATE = """

import time
from pathlib import Path

from higgsflow.errors import InputFileError


@tagger(reads=["event"])
def late(events, at=""):
    if events.event[0] >= 2000:
        # until who drives has heard that the other one is done
        while '"status": "done"' not in Path(at, "journal.jsonl").read_text():
            time.sleep(0.1)
        raise InputFileError("cannot read on")
    return events.event > 0
"""


AWAITED = """

import time
from pathlib import Path


@tagger(reads=["event"])
def awaited(events, at=""):
    if len(events.event):
        with open(Path(at, "asked"), "a") as asked:
            asked.write(f"{events.event[0]}\\n")
        while not Path(at, "go").exists():
            time.sleep(0.05)
    return events.event > 0
"""


LEAVING = """

import os
from pathlib import Path


@tagger(reads=["event"])
def leaving(events, at=""):
    if any(Path(at).glob(".*.parquet.*.tmp")):
        os.kill(os.getpid(), 9)
    return events.event > 0
"""


def failing(lab: Lab, above: int) -> Lab:
    """Chunks from an event number on fail for a reason that may be tolerated."""
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + FAILING, encoding="utf-8")
    entry = {"name": "failing", "tagger": "toy_taggers:failing", "options": {"above": above}}
    lab.content["tag_sequence"][1].insert(0, entry)
    return lab


def test_runs_only_what_is_missing(lab: Lab) -> None:
    assert lab.run("ProcessSample", sample="Sig", year="2017", branch=0)
    before = lab.state()
    assert lab.run("ProcessSample", sample="Sig")
    made = {name for name in lab.changed_since(before) if name.endswith(".parquet")}
    assert len(made) == 1


def test_asks_for_as_many_branches_as_may_not_be_lost(lab: Lab) -> None:
    """For `--print-status`; the rule itself counts entries."""
    lab.jobs.update(min_completion=0.75, n_events_per_output=20)
    for sample, expected in (("Sig", 3.0), ("Data", 4.0)):
        assert lab.run("IndexSample", sample=sample)
        task = lab.task("ProcessSample", sample=sample, year="2017")
        assert task.workflow_proxy.threshold() == expected


def test_too_much_lost_names_what_and_why(lab: Lab, capfd: Captured) -> None:
    failing(lab, 2000).jobs.update(attempts=1)
    assert not lab.run("ProcessSample", sample="Sig")
    lines = capfd.readouterr().err.splitlines()
    at = next(i for i, line in enumerate(lines) if "failed: " in line)
    assert lines[at] == (
        "ProcessSample Sig 2017 failed: 40 of 80 entries of Sig (2017) were lost: cannot read on"
    )
    assert lines[at + 1] == f"  {lab.files / 'Sig_2017_1.root'} 0 to 40"
    assert lines[at + 2].endswith("run the same command to try again")


def test_jobs_that_had_too_little_time_are_told_how_to_get_more(lab: Lab, capfd: Captured) -> None:
    """The same command would give them as much as before."""
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + SLOW, encoding="utf-8")
    lab.content["tag_sequence"][1].insert(0, {"name": "slow", "tagger": "toy_taggers:slow"})
    lab.jobs.update(attempts=1, n_events_per_output=80, time_limit=1, max_time_limit=1)
    assert not lab.run("ProcessSample", sample="Sig")
    text = capfd.readouterr().err
    assert "were lost: took longer than the limit of 1 s" in text
    assert "to try again, but allow more with `max_time_limit`, or make" in text


def test_many_lost_ranges_fit_three_lines(lab: Lab, capfd: Captured) -> None:
    failing(lab, 0).jobs.update(attempts=1, n_events_per_output=10)
    assert not lab.run("ProcessSample", sample="Sig")
    lines = capfd.readouterr().err.splitlines()
    at = next(i for i, line in enumerate(lines) if "failed: " in line)
    assert lines[at + 1].endswith(" and 4 more ranges")
    assert lines[at + 1].count(".root ") == 4
    assert len(lines) == at + 3


def test_a_look_goes_by_the_fraction_that_suffices_today(lab: Lab) -> None:
    """Lowered, it needs no job and no driver that would say so."""
    failing(lab, 2000).jobs.update(attempts=1)
    assert not lab.run("MonitorJobs", sample="Sig")
    folder = lab.output("jobs", "Sig", "2017")
    assert [table.state for table in look([folder])] == ["insufficient"]
    lab.jobs.update(min_completion=0.5)
    assert lab.run("MonitorJobs", sample="Sig")
    assert [table.state for table in look([folder])] == ["enough"]


def test_jobs_that_are_not_needed_can_be_left_out(lab: Lab) -> None:
    """`stragglers: cancel` stops when enough is done; what is left is not counted as failed."""
    lab.jobs.update(min_completion=0.25, n_events_per_output=10, n_workers=1, stragglers="cancel")
    assert lab.run("MergeSample", sample="Sig")
    found = lab.read("scale1fb", "Sig", "2017", "scale1fb.json")
    assert 0.25 <= found["fraction"] < 1.0
    assert found["complete"] is False


def test_data_are_never_cut_short(lab: Lab) -> None:
    lab.jobs.update(min_completion=0.25, n_events_per_output=10, n_workers=1, stragglers="cancel")
    assert lab.run("ProcessSample", sample="Data")
    assert lab.task("ProcessSample", sample="Data", year="2017").completeness().fraction == 1.0


def test_old_temporary_files_are_removed_and_fresh_ones_are_not(tmp_path: Path) -> None:
    old, fresh = tmp_path / ".a.parquet.x.tmp", tmp_path / ".b.parquet.y.tmp"
    for path in (old, fresh, tmp_path / "a.parquet"):
        path.touch()
    os.utime(old, (1, 1))
    # as one that went while others were looked at
    gone = tmp_path / ".0.parquet.z.tmp"
    gone.symlink_to("nowhere")
    remove_leftovers(tmp_path)
    gone.unlink()
    assert sorted(p.name for p in tmp_path.iterdir()) == [".b.parquet.y.tmp", "a.parquet"]


def test_what_jobs_left_that_are_run_again_is_removed_at_once(lab: Lab) -> None:
    """As of a driver that was killed, or of workers when the disk was full."""
    assert lab.run("ProcessSample", sample="Sig")
    folder = lab.output("chunks", "Sig", "2017")
    (again, other) = (path.stem for path in sorted(folder.glob("*.json")))
    (folder / f"{again}.json").unlink()
    left = [folder / f".{stem}.parquet.abcd_123.tmp" for stem in (again, other)]
    for path in left:
        path.touch()
    assert lab.run("ProcessSample", sample="Sig")
    assert [path.exists() for path in left] == [False, True]


def test_what_jobs_leave_that_are_ended_is_removed(lab: Lab) -> None:
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + LEAVING, encoding="utf-8")
    folder = lab.output("chunks", "Sig", "2017")
    entry = {"name": "leaving", "tagger": "toy_taggers:leaving", "options": {"at": str(folder)}}
    lab.content["tag_sequence"][1].insert(0, entry)
    lab.jobs.update(attempts=1)
    assert not lab.run("ProcessSample", sample="Sig")
    assert folder.is_dir()
    assert not list(folder.iterdir())


def test_stragglers_are_cancelled_once_enough_is_done_and_retried_on_demand(lab: Lab) -> None:
    lab.without_data()
    lab.jobs.update(n_events_per_output=10, n_workers=1, min_completion=0.3, stragglers="cancel")
    assert lab.run("MergeSample", sample="Sig")
    first = lab.read("scale1fb", "Sig", "2017", "scale1fb.json")
    assert 0.3 <= first["fraction"] < 1
    assert not first["complete"]
    assert lab.run("MergeSample", sample="Sig", retry_failed=True)
    assert lab.read("scale1fb", "Sig", "2017", "scale1fb.json")["complete"]


def test_what_fails_once_enough_is_done_is_not_tried_again(lab: Lab) -> None:
    """Enough was awaited until all attempts had failed, with the time between them."""
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + LATE, encoding="utf-8")
    options = {"at": str(lab.output("jobs", "Sig", "2017"))}
    entry = {"name": "late", "tagger": "toy_taggers:late", "options": options}
    lab.content["tag_sequence"][1].insert(0, entry)
    lab.jobs.update(min_completion=0.5, stragglers="cancel")
    assert lab.run("ProcessSample", sample="Sig", year="2017")
    failures = lab.task("ProcessSample", sample="Sig", year="2017").failures.all()
    first, second = sorted(failures, key=lambda failure: failure.attempt)
    assert (first.attempt, first.error_class, first.final) == (1, "input", False)
    assert (second.attempt, second.error_class, second.final) == (2, "cancelled", True)
    # it was not begun
    assert (second.wall, second.log) == (0.0, "")


def awaited(lab: Lab) -> Path:
    """Jobs wait in the code of a tagger until this file is there; each says that it was asked."""
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + AWAITED, encoding="utf-8")
    options = {"at": str(lab.folder)}
    entry = {"name": "awaited", "tagger": "toy_taggers:awaited", "options": options}
    lab.content["tag_sequence"][1].insert(0, entry)
    return lab.folder / "go"


def started(lab: Lab, name: str) -> subprocess.Popen[bytes]:
    """`law run ProcessSample`, whose errors go to a file."""
    command = [*LAW_RUN, "--analysis", str(lab.write()), "--sample", "Sig", "--year", "2017"]
    environment = lab.environment()
    with (lab.folder / name).open("wb") as told:
        return subprocess.Popen(
            command, env=environment, cwd=lab.folder, stdout=subprocess.PIPE, stderr=told
        )


def wait_for(path: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() or text not in path.read_text("utf-8"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def asked(lab: Lab) -> list[str]:
    return sorted((lab.folder / "asked").read_text("utf-8").split())


def test_of_two_commands_at_once_one_runs_the_jobs_and_the_other_waits(command_line: Lab) -> None:
    lab = command_line
    go = awaited(lab)
    with started(lab, "first") as first:
        try:
            wait_for(lab.folder / "asked", "1000")
            with started(lab, "second") as second:
                try:
                    wait_for(lab.folder / "second", "another command runs its jobs; this one waits")
                finally:
                    go.touch()
        finally:
            go.touch()
    assert (first.returncode, second.returncode) == (0, 0)
    assert asked(lab) == ["1000", "2000"]


def test_work_in_the_first_process_goes_on_when_its_shell_ends(command_line: Lab) -> None:
    """As of a command that is begun with nohup by who logs out: it ended without a word."""
    lab = command_line
    go = awaited(lab)
    command = [*LAW_RUN, "--analysis", str(lab.write()), "--sample", "Sig", "--year", "2017"]
    script = f"{shlex.join([*command, '--workers', '1'])} & until [ -e asked ]; do sleep 0.1; done"
    with subprocess.Popen(
        ["sh", "-c", script], env=lab.environment(), cwd=lab.folder, stdout=subprocess.PIPE
    ) as shell:
        try:
            shell.wait(timeout=60)
            # as often as is looked after it
            time.sleep(1)
        finally:
            go.touch()
        # until nobody is left who might write there
        shell.communicate(timeout=60)
    assert asked(lab) == ["1000", "2000"]
    assert len(list(lab.output("chunks").rglob("*.json"))) == 2


def test_who_waits_ends_when_its_command_is_killed(command_line: Lab) -> None:
    """It waited on, and would have run the jobs once the other command was gone."""
    lab = command_line
    go = awaited(lab)
    with started(lab, "first") as first:
        try:
            wait_for(lab.folder / "asked", "1000")
            with started(lab, "second") as second:
                wait_for(lab.folder / "second", "another command runs its jobs; this one waits")
                second.terminate()
                # until nobody is left who might write there
                second.communicate(timeout=60)
        finally:
            go.touch()
    assert first.returncode == 0
    assert asked(lab) == ["1000", "2000"]


def test_what_a_killed_driver_left_half_written_is_removed(lab: Lab) -> None:
    left = lab.output("jobs", "Sig", "2017", ".progress.json.x.tmp")
    left.parent.mkdir(parents=True)
    left.touch()
    assert lab.run("ProcessSample", sample="Sig")
    assert not left.exists()
