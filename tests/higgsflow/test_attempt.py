from __future__ import annotations

import gc
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow import attempt as attempt_module
from higgsflow.attempt import attempt_job, resident_mb
from higgsflow.model.jobs import Resources
from higgsflow.records.job_record import FailureRecord, JobRecord
from higgsflow.visible import has_controls

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab

LIMITED = """
import sys, time
from higgsflow.attempt import limited_memory, resident_mb

with limited_memory(resident_mb() + float(sys.argv[1]), sys.stderr):
    held = bytearray(200 * 2**20)
    held[::4096] = b"x" * len(held[::4096])
    time.sleep(30 if float(sys.argv[1]) < 200 else 0.5)
print("ended")
"""

# objects that the garbage collector passes over, after each attempt
COUNTS: list[int] = []
# what each attempt left
LEFT: list[list[Any]] = []


def attempt(lab: Lab, asked: Resources, times: int = 1) -> tuple[JobRecord | FailureRecord, str]:
    """The first job of the toy sample, in this process."""
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    path = lab.folder / "attempt.log"
    job = task.job(task.chunks[0], task.wanted)
    try:
        with path.open("w", encoding="utf-8") as log:
            for _ in range(times):
                outcome = attempt_job(job, asked, log, str(path))
                COUNTS.append(gc.get_freeze_count())
                LEFT.append([[] for _ in range(10_000)])
    finally:
        gc.unfreeze()
        attempt_module._pass_over_what_is_there.cache_clear()
        LEFT.clear()
    return outcome, path.read_text(encoding="utf-8")


def test_the_log_says_what_begins_where_and_what_it_may_use(lab: Lab) -> None:
    outcome, log = attempt(lab, Resources(memory_mb=100000.0, time_limit=60.0))
    assert isinstance(outcome, JobRecord)
    assert log.startswith(f"higgsflow runs chunk {outcome.chunk_id} of Sig 2017, attempt 1, ")
    assert log.endswith("at most 100000 MB and 60 s\n")


def test_the_log_tells_meanwhile_that_a_server_does_not_answer(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that breaks off again and again is given up after minutes without a word."""
    monkeypatch.setattr("higgsflow.servers._LONG", 0.01)
    waits = "__import__('higgsflow.servers').servers.asked(__import__('time').sleep, 0.2)"
    code = lab.taggers.read_text("utf-8").replace("events.run > 0", f"{waits} or events.run > 0")
    lab.taggers.write_text(code, encoding="utf-8")
    outcome, log = attempt(lab, Resources())
    assert isinstance(outcome, JobRecord)
    assert "\na server has not answered for 0 s\n" in log


def test_the_peak_of_memory_is_that_of_the_job(lab: Lab) -> None:
    """This process held 200 MB more before the job began."""
    held = bytearray(200 * 2**20)
    held[::4096] = b"x" * len(held[::4096])
    del held
    before = resident_mb()
    outcome, _ = attempt(lab, Resources())
    assert isinstance(outcome, JobRecord)
    assert outcome.effort.peak_memory_mb < before + 150


def test_the_collector_does_not_look_at_modules_again_for_each_job(lab: Lab) -> None:
    """But it does at what the job before left."""
    assert isinstance(attempt(lab, Resources(), times=2)[0], JobRecord)
    first, second = COUNTS[-2:]
    # some of what was there may be gone; nothing came to it
    assert first >= second > 10_000


def test_what_the_collector_passes_over_is_not_counted_for_each_job(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """These are some 200,000 objects, and counting them takes as long as a short job."""
    counted: list[int] = []
    count = gc.get_freeze_count

    def noted() -> int:
        counted.append(count())
        return counted[-1]

    monkeypatch.setattr(gc, "get_freeze_count", noted)
    attempt(lab, Resources(), times=3)
    # the test itself did, after each
    assert len(counted) == 3


def test_the_collector_looks_rarely_while_a_job_runs_and_finds_what_it_left(lab: Lab) -> None:
    source = """

import gc


class Circle:
    left = 0

    def __init__(self):
        Circle.left += 1
        self.itself = self

    def __del__(self):
        Circle.left -= 1


@tagger(reads=["event"])
def leaving(events):
    Circle()
    made = [[] for _ in range(10 * gc_usual)]
    assert Circle.left == 1
    return events.event >= 0
"""
    usual = gc.get_threshold()
    code = lab.taggers.read_text("utf-8") + source.replace("gc_usual", str(usual[0]))
    lab.taggers.write_text(code, encoding="utf-8")
    lab.content["tag_sequence"][1].insert(0, "toy_taggers:leaving")
    outcome, log = attempt(lab, Resources())
    assert isinstance(outcome, JobRecord), log
    assert gc.get_threshold() == usual
    found = [one for one in gc.get_objects() if type(one).__name__ == "Circle"]
    assert not found


def test_who_has_turned_the_collector_off_keeps_it_so(lab: Lab) -> None:
    usual = gc.get_threshold()
    gc.set_threshold(0, *usual[1:])
    seen: list[int] = []
    try:
        with attempt_module.rare_looks():
            seen.append(gc.get_threshold()[0])
    finally:
        gc.set_threshold(*usual)
    assert seen == [0]


def test_leaving_the_program_is_a_defect_of_who_does(lab: Lab) -> None:
    source = '\n\n@tagger(reads=["event"])\ndef leaving(events):\n    raise SystemExit(0)\n'
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + source, encoding="utf-8")
    lab.content["tag_sequence"][1].insert(0, "toy_taggers:leaving")
    outcome, log = attempt(lab, Resources())
    assert isinstance(outcome, FailureRecord)
    assert (outcome.error_class, outcome.exception) == ("defect", "SystemExit")
    assert "in leaving" in log
    assert "in leaving" in outcome.traceback


UNTOLD = {
    "a long text": ("raise ValueError('x' * 10_000_000)", 10_000_000),
    "what a terminal would obey": (r"raise ValueError('\x1b]0;title\x07')", 0),
    "another encoding": (r"raise ValueError('\udce9')", 0),
    "none at all": ("raise type('E', (Exception,), {'__str__': lambda self: 1 / 0})", 0),
}


@pytest.mark.parametrize("case", UNTOLD)
def test_whatever_an_exception_says_there_is_a_record_of_it(lab: Lab, case: str) -> None:
    """The log has all of it, and can be looked at in a terminal."""
    code, length = UNTOLD[case]
    source = f'\n\n@tagger(reads=["event"])\ndef failing(events):\n    {code}\n'
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + source, encoding="utf-8")
    lab.content["tag_sequence"][1].insert(0, "toy_taggers:failing")
    outcome, log = attempt(lab, Resources())
    assert isinstance(outcome, FailureRecord)
    assert outcome.error_class == "defect"
    assert "in failing" in outcome.traceback
    assert len(outcome.model_dump_json()) < 100_000
    assert len(log) > length
    assert not has_controls(log)
    assert "in failing" in log


def test_an_interruption_ends_a_process_that_hears_of_the_signal(lab: Lab) -> None:
    source = '\n\n@tagger(reads=["event"])\ndef leaving(events):\n    raise KeyboardInterrupt\n'
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + source, encoding="utf-8")
    lab.content["tag_sequence"][1].insert(0, "toy_taggers:leaving")
    with pytest.raises(KeyboardInterrupt):
        attempt(lab, Resources())


def run_limited(more: int, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LIMITED, str(more)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_process_that_takes_too_much_memory_is_ended_and_says_where(tmp_path: Path) -> None:
    ended = run_limited(100, tmp_path)
    assert ended.returncode == 82
    assert "ended" not in ended.stdout
    assert "MB are allowed" in ended.stderr
    assert 'File "<string>"' in ended.stderr


def test_a_process_that_keeps_to_its_limit_is_left_alone(tmp_path: Path) -> None:
    ended = run_limited(400, tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "ended\n")
