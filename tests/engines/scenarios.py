"""What is seen on each engine: whatever happens to its jobs, its nodes, and the driver.

Several things go wrong in one run where they do not touch each other: what takes time is the
start of jobs, not what is seen.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from higgsflow.records.failures import FailureLog

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Lab

PATIENCE = 300.0
KILLS = int(os.environ.get("HIGGSFLOW_KILLS", "10"))
# chunks of ten with events: eight of simulation; of those of data, two have none that is certified
N_STARTS = 14

SPAN = """
began = time.time()
time.sleep({seconds})
with open({path!r}, "a") as spans:
    spans.write(f"{{began}} {{time.time()}}\\n")
"""

# by the first event of a chunk; each of these happens once
TROUBLES = """
marker = Path({folder!r}) / str(first)
if first in (1000, 1010, 1020, 1030) and not marker.exists():
    marker.touch()
    if first == 1030:
        raise InputFileError("a disk is gone")
    if first == 1020:
        held = bytearray(900 * 2**20)
        held[::4096] = b"x" * len(held[::4096])
    time.sleep(600)
"""

BROKEN = """
if first in (2000, 22000) and Path({path!r}).exists():
    raise InputFileError("a disk is gone")
"""

# prints more than is looked at; one is killed once, another one crashes
CRASHED = """
print("x" * 1000 + "\\n" * 200 * 1000, flush=True)
marker = Path({folder!r}) / "killed"
if first == 1000:
    os.kill(os.getpid(), {number})
if first == 1020 and not marker.exists():
    marker.touch()
    os.kill(os.getpid(), 9)
"""

# the first job runs until all messages are sent; two others wait until both of them run
MESSAGED = """
folder = Path({folder!r})
if first == 2020:
    raise InputFileError("a disk is gone")
(folder / str(first)).touch()
needed = ["told"] if first == 1000 else ["1020", "2000"]
while not all((folder / name).exists() for name in needed):
    time.sleep(0.1)
"""

MESSAGES = {
    "parallel_jobs = 3": "parallel_jobs is 3",
    "retries = 0": "retries is 0",
    "memory = 900 MB": "memory is 900 MB",
    "walltime = 2 h": "walltime is 7200 s",
    "poll_interval = 0.5 s": "poll_interval is 0.5 s",
}

# one job tells how it was started and waits; enough is done only once another one has its place
WAITING = """
import json, sys
folder = Path({folder!r})
if first == 2020:
    if (folder / "argv").exists():
        (folder / "twin").touch()
    else:
        (folder / "argv.part").write_text(json.dumps(sys.argv[1:]))
        os.rename(folder / "argv.part", folder / "argv")
wanted = {{2000: "twin", 2020: "go"}}.get(first, "")
while not (folder / wanted).exists():
    time.sleep(0.2)
"""


def merged(lab: Lab) -> dict[str, Any]:
    """All merged events."""
    folder = lab.output("merged")
    return {str(p.relative_to(folder)): pq.read_table(p) for p in folder.rglob("*.parquet")}


def content(lab: Lab) -> dict[str, bytes]:
    """All merged files, byte for byte."""
    folder = lab.output("merged")
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.parquet")}


def local(farm: Any, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What the same analysis gives on this machine, in a store that is put away."""
    if not known:
        lab = farm.lab
        assert lab.law_run("RunAnalysis").returncode == 0
        known.update(tables=merged(lab), bytes=content(lab))
        lab.store.rename(lab.folder / "store_of_local")
        farm.starts.unlink()
    return known["tables"]


def equal(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Every column of every file to the last bit; files also tell which taggers made them."""
    return found.keys() == expected.keys() and all(
        found[name].equals(expected[name], check_metadata=False) for name in expected
    )


def wait_for(condition: Callable[[], Any], told: Callable[[], str] = str) -> Any:
    """What it returns, once that is something; where it never is, what is told then."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, told()
        time.sleep(0.1)
    return found


def attempts(farm: Any) -> Counter[int]:
    """How many chunks took how many attempts."""
    return Counter(row["attempts"] for row in farm.rows())


def by_start(farm: Any) -> dict[int, Any]:
    """The rows of the table by the first event of their chunk."""
    first_file = min(row["first_url"] for row in farm.rows())
    return {
        (1000 if row["first_url"] == first_file else 2000) + row["start"]: row
        for row in farm.rows()
    }


def ended_well(process: subprocess.Popen[str]) -> str:
    """What it said, once it has ended without an error."""
    _, err = process.communicate(timeout=2 * PATIENCE)
    assert process.returncode == 0, err
    return err


class Scenarios:
    """The tests of one engine, which a class of its name runs."""

    engine = ""

    def test_gives_what_the_same_analysis_gives_here(
        self, farm: Any, known: dict[str, dict[str, Any]]
    ) -> None:
        local(farm, known)
        done = farm.run()
        assert done.returncode == 0, done.stderr
        assert content(farm.lab) == known["bytes"]
        assert len(farm.started()) == len(set(farm.started())) == N_STARTS
        assert attempts(farm) == {1: 8}
        assert all(row["engine_id"] for row in farm.rows())
        for row in farm.rows():
            assert row["chunk_id"] in Path(row["log"]).read_text(encoding="utf-8")
        assert farm.is_clean()
        before = farm.lab.state()
        assert farm.run().returncode == 0
        assert farm.lab.changed_since(before) == set()

    def test_several_chunks_share_a_job_and_few_jobs_are_in_flight(self, farm: Any) -> None:
        """Seen from inside the jobs: an engine lists a job a little longer than it runs.

        Here the analysis itself says where its jobs run.
        """
        farm.lab.without_data()
        spans = farm.lab.folder / "spans"
        farm.tagger(SPAN.format(path=str(spans), seconds=1))
        farm.site.update(chunks_per_job=3, max_in_flight=2)
        farm.lab.jobs["batch"] = farm.pool.name
        farm.arguments()
        ended_well(farm.lab.start("MergeSample", "--sample", "Sig"))
        assert len(farm.started()) == 8
        assert len({row["engine_id"] for row in farm.rows()}) == 3
        lines = spans.read_text("ascii").splitlines()
        times = [tuple(map(float, line.split())) for line in lines]
        assert len(times) == 8
        assert max(sum(a <= t < b for a, b in times) for t, _ in times) <= 2

    def test_jobs_that_fail_are_killed_held_late_or_hungry_are_tried_again(self, farm: Any) -> None:
        """What is wrong with each job is told apart, and only what it lacked is increased."""
        farm.lab.without_data()
        farm.lab.jobs["time_limit"] = 30.0
        farm.site["memory"] = 700
        folder = farm.lab.folder / "markers"
        folder.mkdir()
        farm.tagger(TROUBLES.format(folder=str(folder)))
        process = farm.start("MergeSample", "--sample", "Sig")
        farm.pool.hold(wait_for(lambda: farm.pool.job(7, "waiting")))
        wait_for((folder / "1000").exists)
        farm.pool.kill(farm.pool.job(0, "running"))
        ended_well(process)
        rows = by_start(farm)
        failures = {start: row["failures"] for start, row in rows.items() if row["failures"]}
        classes = {1000: "lost", 1010: "time", 1020: "memory", 1030: "input", 2030: "lost"}
        assert failures == {start: {name: 1} for start, name in classes.items()}
        assert attempts(farm) == {1: 3, 2: 5}
        asked = {s: (row["memory_mb"], row["time_limit"]) for s, row in rows.items()}
        assert asked.pop(1010) == (700.0, 60.0)
        assert asked.pop(1020) == (1400.0, 30.0)
        assert set(asked.values()) == {(700.0, 30.0)}
        assert farm.is_clean()

    def test_simulation_goes_on_where_data_refuse_and_is_completed_later(self, farm: Any) -> None:
        """Both in one invocation; what was lost is merged once it is tried again and done."""
        lab = farm.lab
        lab.jobs.update(min_completion=0.5, attempts=2, n_events_per_output=20)
        broken = lab.folder / "broken"
        broken.touch()
        farm.tagger(BROKEN.format(path=str(broken)))
        done = farm.run()
        assert done.returncode != 0
        assert "20 of 80 entries of Data (2017) were lost" in done.stderr
        assert not lab.output("merged", "Data").exists()
        assert lab.read("merged", "Sig", "2017", "nominal.json")["fraction"] == 3 / 4
        broken.unlink()
        done = farm.run("RunAnalysis", "--retry-failed")
        assert done.returncode == 0, done.stderr
        assert lab.read("merged", "Sig", "2017", "nominal.json")["complete"] is True
        assert lab.read("merged", "Data", "2017", "nominal.json")["complete"] is True
        assert Counter(farm.started()) == {
            **dict.fromkeys(("1000", "1020", "2020", "21000", "21020", "22020"), 1),
            **dict.fromkeys(("2000", "22000"), 3),
        }
        assert farm.is_clean()

    def test_a_job_that_lands_late_is_merged_by_the_next_run(
        self, farm: Any, known: dict[str, dict[str, Any]]
    ) -> None:
        """Of a node that the engine does not reach: cancelled, it goes on all the same."""
        expected = {k: v for k, v in local(farm, known).items() if k.startswith("Sig")}
        lab = farm.lab.without_data()
        lab.jobs.update(min_completion=0.75, stragglers="cancel", n_events_per_output=20)
        farm.tagger(WAITING.format(folder=str(lab.folder)))
        process = farm.start()
        wait_for((lab.folder / "argv").exists)
        straggler = farm.node(json.loads((lab.folder / "argv").read_text()))
        assert "have landed" not in ended_well(process)
        (summary,) = lab.read("summary", "summary.json")["samples"]
        assert (summary["complete"], summary["fraction"]) == (False, 3 / 4)
        ((url, start, stop),) = summary["lost"]
        assert (Path(url).name, start, stop) == ("Sig_2017_1.root", 20, 40)
        partly = lab.read("merged", "Sig", "2017", "nominal.json")
        lengths = sorted(stop - start for _, start, stop in partly["ranges"])
        assert (partly["complete"], partly["fraction"], lengths) == (False, 3 / 4, [20, 40])
        assert not farm.pool.queue()
        (lab.folder / "go").touch()
        assert straggler.wait(timeout=PATIENCE) == 0
        n_started = len(farm.started())
        assert (
            "Sig (2017): late or retried jobs have landed: 4 of 4 chunks are done, 3 before; "
            "it is merged again with a new scale1fb"
        ) in ended_well(farm.start())
        assert len(farm.started()) == n_started
        assert equal(merged(lab), expected)
        whole = lab.read("merged", "Sig", "2017", "nominal.json")
        assert (whole["complete"], whole["fraction"]) == (True, 1.0)
        assert whole["scale1fb"] != partly["scale1fb"]
        summary = lab.read("summary", "summary.json")
        assert [s["complete"] for s in summary["samples"]] == [True]

    def test_a_node_goes_away_and_comes_back(self, farm: Any) -> None:
        farm.lab.without_data()
        farm.lab.jobs["n_events_per_output"] = 20
        farm.tagger("time.sleep(2)")
        process = farm.start("MergeSample", "--sample", "Sig")
        # an engine calls jobs running that it still sends there
        wait_for(farm.started)
        farm.pool.script("stop-node")
        time.sleep(1)
        farm.pool.script("start-node")
        ended_well(process)
        assert farm.lab.read("merged", "Sig", "2017", "nominal.json")["complete"] is True
        assert farm.is_clean()

    def test_killed_at_random_moments_and_started_again(
        self, farm: Any, known: dict[str, dict[str, Any]]
    ) -> None:
        """The driver, not its jobs: those go on, and none is run twice."""
        expected = local(farm, known)
        farm.tagger(f"time.sleep({KILLS / 10})")
        moments = random.Random(2018)
        for _ in range(KILLS):
            process = farm.start()
            try:
                process.wait(timeout=moments.uniform(0.8, 4.0))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        done = farm.run()
        assert done.returncode == 0, done.stderr
        assert equal(merged(farm.lab), expected)
        assert max(Counter(farm.started()).values()) == 1
        assert len(farm.started()) == N_STARTS
        assert farm.pool.empties()

    def test_ctrl_c_says_what_goes_on_and_how_to_come_back_or_cancel(self, farm: Any) -> None:
        lab = farm.lab.without_data()
        farm.tagger("time.sleep(600)")
        process = farm.start("MergeSample", "--sample", "Sig")
        wait_for(lambda: len(farm.started()) >= 1)
        seen = json.loads(lab.law_run("MonitorJobs", "--sample", "Sig", "--json").stdout)[0]
        assert (seen["state"], seen["n_chunks"]) == ("running", 8)
        assert set(farm.pool.queue("running")) & {row["engine_id"] for row in seen["chunks"]}
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=120)
        assert process.returncode not in (0, None)
        assert "Traceback" not in out + err
        assert f"8 jobs of {farm.pool.name} go on" in err
        assert len(farm.pool.queue()) == 8
        done = farm.run("MergeSample", "--sample", "Sig", "--cancel-jobs")
        assert done.stdout == f"cancelled jobs: 8 of {farm.pool.name}\n", done.stderr
        assert farm.pool.empties()
        assert not lab.output("merged").exists()

    def test_another_workflow_takes_the_jobs_out_of_the_queue(self, farm: Any) -> None:
        lab = farm.lab.without_data()
        go = lab.folder / "go"
        farm.tagger(f"while not Path({str(go)!r}).exists():\n    time.sleep(0.1)")
        process = farm.start("MergeSample", "--sample", "Sig")
        wait_for(farm.started)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=120)
        assert len(farm.pool.queue()) == 8
        process = lab.start("MergeSample", "--sample", "Sig", "--workflow", "local")
        assert farm.pool.empties()
        go.touch()
        err = ended_well(process)
        assert f"Sig (2017): cancelled 8 jobs of {farm.pool.name}: they run with --workflow" in err
        assert lab.read("merged", "Sig", "2017", "nominal.json")["complete"] is True
        assert farm.is_clean()

    def test_a_crash_is_a_defect_and_a_kill_is_not(self, farm: Any) -> None:
        """However much is printed before, and whatever the engine makes of the exit code."""
        farm.lab.without_data()
        farm.lab.jobs.update(min_completion=0.5, n_events_per_output=20)
        farm.tagger(CRASHED.format(folder=str(farm.lab.folder), number=int(signal.SIGSEGV)))
        done = farm.run("MergeSample", "--sample", "Sig")
        assert done.returncode != 0
        assert "Segmentation fault" in done.stderr
        assert not farm.lab.output("merged").exists()
        found = FailureLog(farm.lab.output("jobs", "Sig", "2017")).all()
        assert {(f.error_class, f.final, f.exit_code) for f in found} == {
            ("defect", True, 128 + signal.SIGSEGV),
            ("lost", False, 128 + signal.SIGKILL),
        }
        assert farm.is_clean()


class Once:
    """What is the same for all engines, so that one of them is enough."""

    def test_messages_from_luigis_page_change_what_runs(self, farm: Any, page: Any) -> None:
        """With one job in flight, two that wait for each other would do so for ever."""
        farm.lab.without_data()
        farm.lab.jobs.update(n_events_per_output=20, min_completion=0.5)
        farm.site.update(max_in_flight=1, poll_interval=600, memory=700)
        farm.tagger(MESSAGED.format(folder=str(farm.lab.folder)))
        scheduler = ("--local-scheduler", "False", "--scheduler-host", "127.0.0.1")
        process = farm.start(
            "MergeSample", "--sample", "Sig", *scheduler, "--scheduler-port", str(page.port)
        )
        task = wait_for(lambda: page.running("ProcessSample"))
        wait_for((farm.lab.folder / "1000").exists)
        assert "did you mean 'parallel_jobs'" in page.tell(task, "paralel_jobs = 3")
        for message, answer in MESSAGES.items():
            assert page.tell(task, message) == f"{answer} from now on"
        (farm.lab.folder / "told").touch()
        ended_well(process)
        rows = by_start(farm)
        assert (rows[1000]["memory_mb"], rows[1000]["time_limit"]) == (700.0, 3600.0)
        later = [rows[start] for start in (1020, 2000, 2020)]
        assert {(row["memory_mb"], row["time_limit"]) for row in later} == {(900.0, 7200.0)}
        assert rows[2020]["failures"] == {"input": 1}

    def test_a_defect_stops_its_sample(self, farm: Any) -> None:
        farm.lab.without_data()
        farm.tagger('raise RuntimeError("no such calibration")')
        done = farm.run()
        assert done.returncode != 0
        assert done.stderr.count("RuntimeError: no such calibration") == 1
        assert farm.pool.empties()
