"""Killed at any moment and started again: the same content as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Lab

VOLATILE = {
    "stages", "started", "created", "invocation", "host",
}  # fmt: skip


def stripped(value: Any) -> Any:
    """Without what says when and how fast."""
    if isinstance(value, dict):
        return {k: stripped(v) for k, v in value.items() if not is_volatile(k)}
    return [stripped(v) for v in value] if isinstance(value, list) else value


def is_volatile(key: str) -> bool:
    return key in VOLATILE or any(word in key for word in ("wall", "cpu", "memory", "attempt"))


def results(lab: Lab) -> tuple[dict[str, Any], Any]:
    """All merged events, and the summary."""
    tables = {
        str(path.relative_to(lab.store)): pq.read_table(path)
        for path in sorted(lab.output("merged").rglob("*.parquet"))
    }
    return tables, stripped(lab.read("summary", "summary.json"))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kill_group(process: subprocess.Popen[str]) -> None:
    """As a batch system or a closed terminal does: everything at once, no time to tidy up."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_killed_at_random_moments_and_started_again(command_line: Lab) -> None:
    lab = command_line
    lab.jobs["n_events_per_output"] = 10
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    assert lab.run()
    tables, summary = results(lab)
    shutil.rmtree(lab.store)
    moments = random.Random(2017)
    ended = 0
    for _ in range(4):
        process = lab.start("RunAnalysis")
        try:
            process.wait(timeout=moments.uniform(0.9, 2.8))
            ended += 1
        except subprocess.TimeoutExpired:
            kill_group(process)
        else:
            process.communicate()
    assert ended < 4
    final = lab.law_run("RunAnalysis")
    assert final.returncode == 0, final.stderr
    again_tables, again_summary = results(lab)
    assert set(again_tables) == set(tables)
    assert all(again_tables[name].equals(tables[name]) for name in tables)
    assert again_summary == summary
    before = lab.state()
    assert lab.run()
    assert lab.changed_since(before) == set()


def test_killed_after_the_first_chunk(command_line: Lab) -> None:
    """What was done stays done: its files are not written again."""
    lab = command_line.without_data()
    lab.jobs.update(n_events_per_output=10, n_workers=1)
    slow(lab, 0.3)
    folder = lab.output("chunks", "Sig", "2017")
    process = lab.start("MergeSample", "--sample", "Sig")
    wait_for(lambda: len(list(folder.glob("*.json"))) > 0)
    kill_group(process)
    done = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.json")}
    assert 0 < len(done) < 8
    assert lab.run("MergeSample", sample="Sig")
    now = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.json")}
    assert len(now) == 8
    assert {name: now[name] for name in done} == done
    assert not [path for path in lab.output("merged").rglob(".*") if path.is_file()]


def test_a_stage_whose_process_is_killed_is_told(command_line: Lab) -> None:
    """As the system does that runs out of memory; the same command goes on."""
    lab = command_line.without_data()
    lab.jobs.update(n_events_per_output=10, n_workers=1)
    slow(lab, 0.3)
    process = lab.start("RunAnalysis")
    wait_for(lambda: any(lab.output("chunks", "Sig", "2017").glob("*.json")))
    for stage in children(process.pid):
        os.kill(stage, signal.SIGKILL)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told.endswith(
        "ProcessSample Sig 2017 failed: its process was killed (out of memory?)\n"
        "  run the same command again\n"
    )
    assert "Traceback" not in told
    assert lab.run()


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    command = ["ps", "-o", "pid=", "--ppid", str(pid)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(one) for one in found.stdout.split()]


SLOW = """

import time


@tagger(reads=["event"])
def slow(events, seconds=0.0):
    time.sleep(seconds)
    return events.event > 0
"""


def slow(lab: Lab, seconds: float) -> None:
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + SLOW, encoding="utf-8")
    entry = {"name": "slow", "tagger": "toy_taggers:slow", "options": {"seconds": seconds}}
    lab.content["tag_sequence"][1].insert(0, entry)


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_ctrl_c_ends_everything_and_says_how_to_go_on(command_line: Lab) -> None:
    lab = command_line
    slow(lab, 300.0)
    process = lab.start("RunAnalysis")
    logs = lab.output("jobs")
    wait_for(lambda: len(list(logs.rglob("*.log"))) > 1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    assert "interrupted" in err
    assert "the same command" in err
    wait_for(lambda: not is_alive(process.pid))
    failures = [p for p in lab.output("jobs").rglob("failures/*.json") if json.loads(p.read_text())]
    assert not failures


def test_ctrl_c_while_it_starts(command_line: Lab) -> None:
    """While modules are imported and processes forked, where exceptions are dropped."""
    lab = command_line
    slow(lab, 300.0)
    logs = lab.output("logs")
    for n in range(6):
        process = lab.start("RunAnalysis")
        # of each command there is one from the moment at which something is to be made
        wait_for(lambda n=n: len(list(logs.glob("*"))) > n)
        time.sleep(0.07 * n)
        # a terminal tells all processes, `kill -INT` the first one
        tell = os.kill if n % 2 else os.killpg
        tell(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "interrupted" in err
        assert "Traceback" not in out + err
        assert "failed" not in err
        wait_for(lambda group=process.pid: not is_alive(group))


WHILE_IT_IMPORTS = """
import os, signal, sys
from tasks import sample_task
from tasks.execution import interruption

kept, interruption._GRACE = sample_task.preload, 300.0

def preload():
    os.kill(os.getpid(), signal.SIGINT)
    kept()
    print("whole")

sample_task.preload = preload
sys.argv = ["law", "run", "RunAnalysis", "--analysis", sys.argv[1]]

from law.cli.cli import run
run()
"""


def test_ctrl_c_waits_for_imports_and_is_not_lost_to_luigi(command_line: Lab) -> None:
    """luigi drops it in callbacks; of half a module each later stage would fail."""
    lab = command_line
    done = lab.program(sys.executable, "-c", WHILE_IT_IMPORTS, str(lab.write()))
    assert (done.returncode, done.stdout) == (130, "whole\n")
    assert "interrupted" in done.stderr
    assert not list(lab.output("jobs").rglob("*.log"))


INTERRUPTED = """

import os
import signal
import time

try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
except BaseException:
    raise ValueError("something is wrong")
"""


def test_ctrl_c_of_which_the_import_of_a_module_makes_another_error(command_line: Lab) -> None:
    lab = command_line
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + INTERRUPTED, encoding="utf-8")
    done = lab.law_run("RunAnalysis")
    assert done.returncode == 130
    assert done.stderr.startswith("interrupted: what is done is kept")
    assert len(done.stderr.splitlines()) == 1


def test_ctrl_c_again_and_again(command_line: Lab) -> None:
    """As somebody does who is in a hurry, in a terminal that tells all processes each time."""
    lab = command_line
    slow(lab, 300.0)
    gaps, logs = random.Random(2019), lab.output("logs")
    for n in range(6):
        process = lab.start("RunAnalysis")
        wait_for(lambda n=n: len(list(logs.glob("*"))) > n)
        time.sleep(0.1 * n)
        for _ in range(4):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            time.sleep(gaps.uniform(0.0, 0.15))
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "interrupted" in err
        assert len((out + err).splitlines()) == 1
        wait_for(lambda group=process.pid: not is_alive(group))


def test_when_the_main_process_is_killed_its_jobs_end_too(command_line: Lab) -> None:
    lab = command_line.without_data()
    slow(lab, 300.0)
    process = lab.start("MergeSample", "--sample", "Sig")
    wait_for(lambda: len(list(lab.output("jobs").rglob("*.log"))) > 0)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not is_alive(process.pid))
