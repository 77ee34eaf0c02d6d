"""Exceptions in the code of users: found early, told once, and seen again by one command."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Lab

Captured = pytest.CaptureFixture[str]

FAILING = """

@tagger(reads=["event"])
def failing(events, above=0):
    if above <= events.event[0] < 3000:
        raise RuntimeError(f"no calibration for event {events.event[0]}")
    return events.event > 0
"""


def failing(lab: Lab, above: int = 0, **jobs: int) -> Lab:
    """Eight chunks of ten events; those from an event number on fail, each with its own message."""
    lab.without_data().jobs.update(n_events_per_output=10, n_workers=1, **jobs)
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + FAILING, encoding="utf-8")
    entry = {"name": "failing", "tagger": "toy_taggers:failing", "options": {"above": above}}
    lab.content["tag_sequence"][1].insert(0, entry)
    return lab


def told_by(lab: Lab, capfd: Captured) -> str:
    assert not lab.run("ProcessSample", sample="Sig")
    return capfd.readouterr().err


def begun(lab: Lab) -> int:
    return len(list(lab.output("jobs", "Sig", "2017", "logs").glob("*.log")))


def test_the_same_exception_again_and_again_stops_the_sample(lab: Lab, capfd: Captured) -> None:
    """Messages differ from job to job; the place and the type of the exception are the same."""
    told = told_by(failing(lab, defects=3), capfd)
    assert begun(lab) == 3
    assert told.count("Traceback (most recent call last)") == 1
    assert told.count("RuntimeError: no calibration for event") == 1
    assert "it hit 3 jobs of Sig (2017); log: " in told


def test_a_few_exceptions_let_the_other_jobs_end(lab: Lab, capfd: Captured) -> None:
    """So that it is known how many jobs it hits."""
    told = told_by(failing(lab, above=2030, defects=3), capfd)
    assert begun(lab) == 8
    assert "it hit 1 job of Sig (2017)" in told
    assert len(list(lab.output("chunks", "Sig", "2017").glob("*.json"))) == 7


def test_a_defect_is_not_tried_again(lab: Lab, capfd: Captured) -> None:
    told_by(failing(lab, defects=1, attempts=3), capfd)
    assert begun(lab) == 1


def test_the_command_that_is_told_shows_it_again_on_the_failing_events(
    command_line: Lab, capfd: Captured
) -> None:
    lab = failing(command_line, above=2000, n_events_per_block=5)
    lab.version = "w7"
    lab.content["version"] = "w7"
    told = told_by(lab, capfd)
    (line,) = (line for line in told.splitlines() if "to see it again: " in line)
    words = shlex.split(line.partition("to see it again: ")[2])
    assert words[:3] == ["law", "run", "ProcessSample"]
    assert words[-4:] == ["--branch", "4", "--events", "0:5"]
    before = lab.state()
    again = lab.law(*words[1:])
    assert again.returncode == 1
    assert "RuntimeError: no calibration for event 2000" in again.stderr
    if sys.version_info >= (3, 11):  # before there are no notes on exceptions
        assert f"in events 0 to 5 of {lab.files / 'Sig_2017_1.root'}" in again.stderr
    lab.taggers.write_text(lab.taggers.read_text("utf-8").replace("3000", "0"), encoding="utf-8")
    mended = lab.law(*words[1:])
    assert mended.returncode == 0, mended.stderr
    assert "5 events of branch 4 ran without an exception" in mended.stdout
    changed = {name.partition("/recipes/")[0] for name in lab.changed_since(before)}
    assert changed <= {"analysis.yaml", "jobs/Sig/2017"}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--events", "0:5"], "--events needs --branch"),
        (["--branch", "0", "--events", "5:5"], "--events 5:5 is no range"),
        (["--branch", "0", "--events", "x"], "give START:STOP, such as 0:100"),
        (["--branch", "0", "--events", "90:100"], "has 40 events"),
    ],
)
def test_events_that_cannot_be_are_told(command_line: Lab, more: list[str], told: str) -> None:
    done = command_line.law_run("ProcessSample", "--sample", "Sig", "--year", "2017", *more)
    assert done.returncode == 1
    assert told in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
