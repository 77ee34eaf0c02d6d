"""What is done is not done again; what is gone is made again, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab

SUMMARY = {"summary/summary.json", "summary/report.html"}
MERGED = {"merged/Sig/2017/nominal.json", "merged/Sig/2017/nominal.parquet"}


@pytest.fixture
def finished(lab: Lab) -> Lab:
    """The simulated sample, merged."""
    assert lab.without_data().run("MergeSample", sample="Sig")
    return lab


def without_times(path: Path) -> Any:
    """The content of a JSON file without what says when, how fast and by which run it was made."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if k not in TIMES}
        return [strip(v) for v in value] if isinstance(value, list) else value

    return strip(json.loads(path.read_text(encoding="utf-8")))


JOBS = {f"jobs/Sig/2017/{name}" for name in ("jobs.json", "job_table.json", "job_table.parquet")}
TIMES = {
    "invocation", "wall", "cpu", "started", "peak_memory_mb", "effort", "created", "attempts",
    "mtime_ns", "pid",
}  # fmt: skip


def test_the_second_run_changes_nothing(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    assert lab.run()
    before = lab.state()
    capfd.readouterr()
    assert lab.run()
    assert lab.changed_since(before) == set()
    assert capfd.readouterr().out.startswith("nothing to do, everything is current")


def chunk_file(lab: Lab, ending: str) -> str:
    found = sorted(lab.output("chunks", "Sig", "2017").glob(f"*.{ending}"))[0]
    return str(found.relative_to(lab.output()))


@pytest.mark.parametrize(
    ("gone", "made"),
    [
        ("index/Sig/2017/index.json", {"index/Sig/2017/index.json"}),
        ("jobs/Sig/2017/jobs.json", JOBS),
        ("scale1fb/Sig/2017/scale1fb.json", {"scale1fb/Sig/2017/scale1fb.json"}),
        ("merged/Sig/2017/nominal.json", MERGED),
        ("merged/Sig/2017/nominal.parquet", MERGED),
    ],
)
def test_one_output_that_is_gone_is_made_again(finished: Lab, gone: str, made: set[str]) -> None:
    """Stages after it are current again when it has come back the same."""
    lab = finished
    before, table = lab.state(), lab.table()
    content = without_times(lab.output(gone)) if gone.endswith("json") else None
    lab.output(gone).unlink()
    assert lab.run("MergeSample", sample="Sig")
    changed = lab.changed_since(before)
    assert gone in changed
    assert lab.output(gone).is_file()
    assert changed <= made | after(gone)
    assert not {name for name in changed if name.startswith("chunks")}
    assert lab.table().equals(table)
    assert content is None or without_times(lab.output(gone)) == content


def after(gone: str) -> set[str]:
    """Outputs of later stages."""
    stages = ["index", "jobs", "scale1fb", "merged"]
    paths = {
        "jobs": JOBS,
        "scale1fb": {"scale1fb/Sig/2017/scale1fb.json"},
        "merged": MERGED,
    }
    later = stages[stages.index(gone.partition("/")[0]) + 1 :]
    return {path for stage in later for path in paths[stage]}


@pytest.mark.parametrize("ending", ["parquet", "json"])
def test_one_chunk_that_is_gone_is_processed_again(finished: Lab, ending: str) -> None:
    lab = finished
    before, table = lab.state(), lab.table()
    gone = chunk_file(lab, ending)
    stem = gone.rpartition(".")[0]
    lab.output(gone).unlink()
    assert lab.run("MergeSample", sample="Sig")
    changed = lab.changed_since(before)
    chunks = {name for name in changed if name.startswith("chunks")}
    assert gone in chunks
    assert chunks <= {f"{stem}.json", f"{stem}.parquet"}
    assert not {name for name in changed if name.startswith("index")}
    assert lab.table().equals(table)


@pytest.mark.parametrize(
    "emptied",
    ["processed_lumis.json", "job_table.json", "job_table.parquet"],
)
def test_an_empty_file_of_the_jobs_is_made_again(lab: Lab, emptied: str) -> None:
    assert lab.run("MergeSample", sample="Data")
    path = lab.output("jobs", "Data", "2017", emptied)
    size, before = path.stat().st_size, lab.state()
    path.write_bytes(b"")
    assert lab.run("MergeSample", sample="Data")
    assert path.stat().st_size == size
    assert not {name for name in lab.changed_since(before) if name.startswith("merged")}


def another_time_of_an_input(lab: Lab) -> None:
    os.utime(lab.own_paths("Data")[0], ns=(0, 0))


def another_name_of_an_input(lab: Lab) -> None:
    path = lab.own_paths("Data")[1]
    path.rename(path.with_name("Data_2017_9.root"))
    lab.data["files"]["2017"] = [str(path) for path in lab.own_paths("Data")]


def no_record_of_a_chunk(lab: Lab) -> None:
    sorted(lab.output("chunks", "Data", "2017").glob("*.json"))[0].unlink()


def no_index(lab: Lab) -> None:
    lab.output("index", "Data", "2017", "index.json").unlink()


def no_table_of_jobs(lab: Lab) -> None:
    lab.output("jobs", "Data", "2017", "jobs.json").write_text("{", encoding="utf-8")


def no_scale1fb(lab: Lab) -> None:
    lab.output("scale1fb", "Data", "2017", "scale1fb.json").unlink()


@pytest.mark.parametrize(
    "lose",
    [
        another_time_of_an_input, another_name_of_an_input, no_record_of_a_chunk, no_index,
        no_table_of_jobs, no_scale1fb,
    ],
    ids=lambda one: one.__name__,
)  # fmt: skip
def test_data_whose_stages_come_back_the_same_are_not_merged_again(
    lab: Lab, lose: Callable[[Lab], None]
) -> None:
    lab.own_files("Data")
    assert lab.run("MergeSample", sample="Data")
    table, before = lab.table("Data"), lab.state()
    lose(lab)
    assert lab.run("MergeSample", sample="Data")
    assert lab.task("MergeSample", sample="Data").complete()
    assert lab.table("Data").equals(table)
    assert not {name for name in lab.changed_since(before) if name.startswith("merged")}


def test_the_summary_is_made_again_when_either_file_is_gone(lab: Lab) -> None:
    lab.without_data()
    assert lab.run()
    for gone in ("summary.json", "report.html"):
        before = lab.state()
        content = without_times(lab.output("summary", "summary.json"))
        lab.output("summary", gone).unlink()
        assert lab.run()
        changed = lab.changed_since(before)
        assert changed >= SUMMARY
        assert {name.partition("/")[0] for name in changed} == {"summary"}
        assert without_times(lab.output("summary", "summary.json")) == content


def test_a_half_written_record_is_not_taken_for_done(finished: Lab) -> None:
    lab = finished
    table = lab.table()
    for text in ("", "[]", '{"inputs": 3}'):
        jobs = lab.output("jobs", "Sig", "2017", "jobs.json")
        for path in (jobs, lab.output(chunk_file(lab, "json"))):
            path.write_text(text, encoding="utf-8")
        assert lab.run("MergeSample", sample="Sig")
        assert lab.table().equals(table)


def test_a_chunk_of_another_size_is_processed_again(finished: Lab) -> None:
    lab = finished
    table = lab.table()
    path = lab.output(chunk_file(lab, "parquet"))
    path.write_bytes(path.read_bytes()[:-1])
    assert lab.run("MergeSample", sample="Sig")
    assert lab.table().equals(table)


def test_the_store_is_also_found_under_another_path(finished: Lab) -> None:
    """What was made does not depend on where the store lies."""
    lab = finished
    other = lab.folder / "elsewhere"
    shutil.move(lab.store, other)
    lab.content["store"] = str(other)
    lab.store = other
    before = lab.state()
    assert lab.run("MergeSample", sample="Sig")
    assert not {name for name in lab.changed_since(before) if name.startswith("chunks")}
