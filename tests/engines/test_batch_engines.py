"""The same analysis on real engines, whatever happens to its jobs, its nodes, and its driver."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Lab


# chunks with events: eight of simulation; of those of data, two have none that are certified
N_STARTS = 14


def merged(lab: Lab) -> dict[str, Any]:
    """All merged events."""
    folder = lab.output("merged")
    return {str(p.relative_to(folder)): pq.read_table(p) for p in folder.rglob("*.parquet")}


def local(farm: Any) -> dict[str, Any]:
    """What the same analysis gives on this machine, in a store that is put away."""
    lab = farm.lab
    assert lab.law_run("RunAnalysis").returncode == 0
    found = merged(lab)
    lab.store.rename(lab.folder / "store_of_local")
    farm.starts.unlink()
    return found


def equal(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    return found.keys() == expected.keys() and all(
        found[name].equals(expected[name], check_metadata=False) for name in expected
    )


def wait_for(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 300
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def attempts(farm: Any) -> Counter[int]:
    """How many chunks took how many attempts."""
    return Counter(row["attempts"] for row in farm.rows())


def test_gives_what_the_same_analysis_gives_here(farm: Any) -> None:
    expected = local(farm)
    done = farm.run()
    assert done.returncode == 0, done.stderr
    assert equal(merged(farm.lab), expected)
    assert len(farm.started()) == len(set(farm.started())) == N_STARTS
    assert attempts(farm) == {1: 8}
    assert all(row["engine_id"] for row in farm.rows())
    for row in farm.rows():
        assert row["chunk_id"] in Path(row["log"]).read_text(encoding="utf-8")
    assert farm.is_clean()
    before = farm.lab.state()
    assert farm.run().returncode == 0
    assert farm.lab.changed_since(before) == set()


def test_several_chunks_share_a_job(farm: Any) -> None:
    farm.lab.without_data()
    farm.site["chunks_per_job"] = 3
    done = farm.run("MergeSample", "--sample", "Sig")
    assert done.returncode == 0, done.stderr
    assert len(farm.started()) == 8
    assert len({row["engine_id"] for row in farm.rows()}) == 3


SPAN = """
began = time.time()
time.sleep(1)
with open({path!r}, "a") as spans:
    spans.write(f"{{began}} {{time.time()}}\\n")
"""


def test_no_more_jobs_in_flight_than_configured(farm: Any) -> None:
    """Seen from inside the jobs: an engine lists a job a little longer than it runs."""
    farm.lab.without_data()
    spans = farm.lab.folder / "spans"
    farm.tagger(SPAN.format(path=str(spans)))
    farm.site["max_in_flight"] = 2
    done = farm.run("MergeSample", "--sample", "Sig")
    assert done.returncode == 0, done.stderr
    times = [tuple(map(float, line.split())) for line in spans.read_text("ascii").splitlines()]
    assert len(times) == 8
    assert max(sum(a <= t < b for a, b in times) for t, _ in times) <= 2


FAILS_ONCE = """
marker = Path({path!r})
if first == 2010 and not marker.exists():
    marker.touch()
    raise InputFileError("a disk is gone")
"""


def test_a_job_that_fails_once_is_tried_again(farm: Any) -> None:
    farm.lab.without_data()
    farm.tagger(FAILS_ONCE.format(path=str(farm.lab.folder / "marker")))
    done = farm.run("MergeSample", "--sample", "Sig")
    assert done.returncode == 0, done.stderr
    assert attempts(farm) == {1: 7, 2: 1}
    assert farm.is_clean()


def test_simulation_goes_on_where_data_refuse_and_late_jobs_are_merged(farm: Any) -> None:
    """Both in one invocation; what was lost is merged once it lands after all."""
    lab = farm.lab
    lab.jobs.update(min_completion=0.5, attempts=2)
    broken = lab.folder / "broken"
    broken.touch()
    farm.tagger(
        f"if first in (2010, 22010) and Path({str(broken)!r}).exists():\n"
        '    raise InputFileError("a disk is gone")'
    )
    done = farm.run()
    assert done.returncode != 0
    assert "10 of 80 entries of Data (2017) were lost" in done.stderr
    assert not lab.output("merged", "Data").exists()
    assert lab.read("merged", "Sig", "2017", "nominal.json")["fraction"] == 7 / 8
    assert len(set(farm.started())) == N_STARTS
    broken.unlink()
    done = farm.run("RunAnalysis", "--retry-failed")
    assert done.returncode == 0, done.stderr
    assert lab.read("merged", "Sig", "2017", "nominal.json")["complete"] is True
    assert lab.read("merged", "Data", "2017", "nominal.json")["complete"] is True
    assert set(Counter(farm.started()).values()) == {1, 3}
    assert farm.is_clean()


SLOW_ONCE = """
marker = Path({path!r})
if first == 2010 and not marker.exists():
    marker.touch()
    time.sleep(600)
"""


def slow_once(farm: Any) -> Path:
    marker: Path = farm.lab.folder / "marker"
    farm.lab.without_data()
    farm.tagger(SLOW_ONCE.format(path=str(marker)))
    return marker


def only_running(farm: Any) -> str:
    """The job that sleeps, once all others have ended."""
    found = wait_for(lambda: len(farm.pool.queue()) == 1 and farm.pool.queue("running"))
    return str(found[0])


def test_a_job_that_the_engine_kills_is_tried_again(farm: Any) -> None:
    marker = slow_once(farm)
    process = farm.start("MergeSample", "--sample", "Sig")
    wait_for(marker.exists)
    farm.pool.kill(only_running(farm))
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert attempts(farm) == {1: 7, 2: 1}
    assert farm.is_clean()


def test_a_held_job_does_not_stay_in_the_queue(farm: Any) -> None:
    farm.lab.without_data()
    farm.tagger("time.sleep(4)")
    process = farm.start("MergeSample", "--sample", "Sig")
    farm.pool.hold(wait_for(lambda: farm.pool.queue("waiting"))[-1])
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert attempts(farm) == {1: 7, 2: 1}
    assert farm.is_clean()


def test_out_of_time_is_tried_again_with_more(farm: Any) -> None:
    farm.lab.jobs["time_limit"] = 20.0
    slow_once(farm)
    done = farm.run("MergeSample", "--sample", "Sig")
    assert done.returncode == 0, done.stderr
    assert attempts(farm) == {1: 7, 2: 1}
    assert [row["time_limit"] for row in farm.rows() if row["attempts"] == 2] == [40.0]
    assert farm.is_clean()


HUNGRY = """
if first == 2010:
    held = bytearray(700 * 2**20)
    held[::4096] = b"x" * len(held[::4096])
    time.sleep(10)
"""


def test_out_of_memory_is_tried_again_with_more(farm: Any) -> None:
    farm.lab.without_data()
    farm.site["memory"] = 700
    farm.tagger(HUNGRY)
    done = farm.run("MergeSample", "--sample", "Sig")
    assert done.returncode == 0, done.stderr
    assert attempts(farm) == {1: 7, 2: 1}
    assert [row["memory_mb"] for row in farm.rows() if row["attempts"] == 2] == [1400.0]
    assert farm.is_clean()


def test_a_node_goes_away_and_comes_back(farm: Any) -> None:
    farm.lab.without_data()
    farm.tagger("time.sleep(2)")
    process = farm.start("MergeSample", "--sample", "Sig")
    wait_for(lambda: farm.pool.queue("running"))
    farm.pool.script("stop-node")
    time.sleep(3)
    farm.pool.script("start-node")
    _, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert farm.lab.read("merged", "Sig", "2017", "nominal.json")["complete"] is True
    assert farm.is_clean()


def test_killed_at_random_moments_and_started_again(farm: Any) -> None:
    """The driver, not its jobs: those go on, and none is run twice."""
    expected = local(farm)
    farm.tagger("time.sleep(1)")
    moments = random.Random(2018)
    for _ in range(10):
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
    wait_for(lambda: not farm.pool.queue())


def test_ctrl_c_says_what_goes_on_and_how_to_come_back_or_cancel(farm: Any) -> None:
    lab = farm.lab.without_data()
    farm.tagger("time.sleep(60)")
    process = farm.start("MergeSample", "--sample", "Sig")
    wait_for(lambda: len(farm.started()) >= 1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode not in (0, None)
    assert "Traceback" not in out + err
    assert f"8 jobs of {farm.pool.name} go on" in err
    assert len(farm.pool.queue()) == 8
    done = farm.run("MergeSample", "--sample", "Sig", "--cancel-jobs")
    assert done.stdout == f"cancelled jobs: 8 of {farm.pool.name}\n", done.stderr
    wait_for(lambda: not farm.pool.queue())
    assert not lab.output("merged").exists()


@pytest.mark.parametrize("stage", ["RunAnalysis"])
def test_a_defect_stops_its_sample(farm: Any, stage: str) -> None:
    farm.lab.without_data()
    farm.tagger('raise RuntimeError("no such calibration")')
    done = farm.run(stage)
    assert done.returncode != 0
    assert done.stderr.count("RuntimeError: no such calibration") == 1
    wait_for(lambda: not farm.pool.queue())
