"""Looking at the jobs of a sample: while they run, after they ran, and from another shell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab

# the second file waits until the test has seen the first one done
SLOW = """
@tagger(reads=["mass", "event"], adds={{"m_gg": "float64"}})
def pair(events, low=100.0):
    import pathlib, time
    while events.event[0] >= 2000 and not pathlib.Path("{go}").exists():
        time.sleep(0.05)
    return events.mass > low, {{"m_gg": events.mass}}
"""


def slow(lab: Lab) -> Path:
    go = lab.folder / "go"
    code = lab.taggers.read_text("utf-8")
    begin, end = code.index('@tagger(reads=["mass"]'), code.index('@tagger(reads=["MET_pt"]')
    code = code[:begin] + SLOW.format(go=go).lstrip() + "\n\n" + code[end:]
    lab.taggers.write_text(code, encoding="utf-8")
    lab.without_data()
    return go


def test_another_shell_sees_the_jobs_and_runs_none(command_line: Lab) -> None:
    lab = command_line
    go = slow(lab)
    before = lab.law_run("MonitorJobs", "--sample", "Sig", "--show")
    assert (before.returncode, before.stdout) == (1, "no jobs of Sig have run yet\n")
    driver = lab.start("MergeSample", "--sample", "Sig")
    try:
        found = wait_for_one_done(lab)
        assert found["state"] == "running"
        assert found["head"]["pid"] != 0
        assert (found["running"], found["n_chunks"]) == (1, 2)
        seen = lab.law_run("MonitorJobs", "--sample", "Sig")
        assert seen.returncode == 3, seen.stderr
        assert "driven by process" in seen.stdout
        assert not lab.output("jobs", "Sig", "2017", "jobs.json").exists()
    finally:
        go.touch()
        driver.communicate(timeout=120)
    assert driver.returncode == 0
    after = lab.law_run("MonitorJobs", "--sample", "Sig", "--json")
    assert after.returncode == 0
    assert json.loads(after.stdout)[0]["state"] == "complete"


def wait_for_one_done(lab: Lab) -> dict[str, object]:
    for _ in range(100):
        seen = lab.law_run("MonitorJobs", "--sample", "Sig", "--year", "2017", "--json")
        tables: list[dict[str, object]] = json.loads(seen.stdout)
        if tables and tables[0]["done"] == 1 and tables[0]["running"] == 1:
            assert seen.returncode == 3
            return tables[0]
    raise AssertionError("no job was ever done")


def test_stage_shows_its_table_and_keeps_it(command_line: Lab) -> None:
    lab = command_line.without_data()
    first = lab.law_run("MonitorJobs", "--sample", "Sig", "--year", "2017")
    again = lab.law_run("MonitorJobs", "--sample", "Sig")
    assert first.returncode == again.returncode == 0
    for told in (first.stdout, again.stdout):
        assert "80 (100 %)" in told
        assert "Sig (2017): complete" in told
        assert "log: " in told
    kept = lab.read("jobs", "Sig", "2017", "job_table.json")
    rows = pq.read_table(lab.output("jobs", "Sig", "2017", "job_table.parquet")).to_pylist()
    assert [row["chunk_id"] for row in rows] == [chunk["chunk_id"] for chunk in kept["chunks"]]
    assert all(row["status"] == "done" for row in rows)


def test_other_stages_do_not_show_it(command_line: Lab) -> None:
    lab = command_line.without_data()
    merged = lab.law_run("MergeSample", "--sample", "Sig")
    assert merged.returncode == 0
    assert "log: " not in merged.stdout
