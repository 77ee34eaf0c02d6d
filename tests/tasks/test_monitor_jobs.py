from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tasks import session
from tasks.execution.driver_lock import driving
from tasks.monitor_jobs import sealed_ingredients

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab


def test_adds_what_all_jobs_counted(lab: Lab) -> None:
    assert lab.run("MonitorJobs", sample="Sig")
    jobs = lab.read("jobs", "Sig", "2017", "jobs.json")
    assert [row["status"] for row in jobs["rows"]] == ["done", "done"]
    assert sum(row["n_entries"] for row in jobs["rows"]) == 80
    assert [part["stop"] - part["start"] for part in jobs["ranges"]] == [40, 40]
    flow = next(f for f in jobs["ledgers"]["nominal"]["flows"] if f["tagger"] == "pair")
    assert flow["flow"]["total"]["n"] == 80
    assert jobs["completeness"] == {"n_done": 80, "n_indexed": 80, "state": "complete"}
    assert jobs["lost"] == []


def test_a_chunk_that_lands_meanwhile_waits_for_the_next_invocation(lab: Lab) -> None:
    """Within one invocation the seal is the truth, in the next one the disk."""
    assert lab.run("MonitorJobs", sample="Sig")
    task = lab.task("MonitorJobs", sample="Sig", year="2017")
    next(lab.output("chunks", "Sig", "2017").glob("*.parquet")).unlink()
    assert not task.complete()
    path = lab.output("jobs", "Sig", "2017", "jobs.json")
    session.current.id = lab.read("jobs", "Sig", "2017", "jobs.json")["invocation"]
    assert sealed_ingredients(path) is not None
    assert task.complete()


def test_jobs_of_a_change_that_failed_and_was_taken_back_are_those_of_today(
    command_line: Lab,
) -> None:
    """All was current, and beside it stood 0 of 2 chunks, and 2 defects."""
    lab = command_line.without_data()
    assert lab.run()
    right = dict(lab.content["tag_sequence"][1][0])
    lab.content["tag_sequence"][1][0]["options"] = {"threshold": None}
    asked = ("run", "MonitorJobs", "--sample", "Sig", "--analysis", str(lab.write()))
    assert lab.law(*asked).returncode == 1
    shown = lab.law(*asked, "--show")
    assert (shown.returncode, "a defect in code stopped it" in shown.stdout) == (1, True)
    lab.content["tag_sequence"][1][0] = right
    lab.write()
    for how in ((), ("--show",), ("--year", "2017", "--show")):
        shown = lab.law(*asked, *how)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "Sig (2017): complete; last driven" in shown.stdout
        assert "defect" not in shown.stdout
    (table,) = json.loads(lab.law(*asked, "--json").stdout)
    assert (table["state"], table["done"], table["failed"]) == ("complete", 2, {})


def test_a_change_that_is_taken_back_is_told_and_only_once(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its jobs are there, so that none of them tells it; where some run, they do."""
    high_met = lab.content["tag_sequence"][1][0]
    told = []
    for threshold in (60.0, 80.0, 60.0, 80.0):
        high_met["options"] = {"threshold": threshold}
        assert lab.run("MonitorJobs", sample="Sig")
        lines = capfd.readouterr().err.splitlines()
        told.append([line for line in lines if " again: " in line])
    change = "again: tagger high_met: threshold"
    before = ", which was made before: nothing to make again"
    assert told == [
        [],
        [f"ProcessSample Sig 2017 {change} 60 -> 80 (2 of 2 chunks)"],
        [f"MonitorJobs Sig 2017 {change} 80 -> 60{before}"],
        [f"MonitorJobs Sig 2017 {change} 60 -> 80{before}"],
    ]


@pytest.mark.parametrize("changed", ["nothing", "a cut", "the files"])
def test_jobs_have_landed_late_only_where_nothing_else_has_changed(
    lab: Lab, capfd: pytest.CaptureFixture[str], make_toy_file: Callable[..., Path], changed: str
) -> None:
    lab.jobs.update(min_completion=0.5, attempts=1)
    path = lab.own_files()[1]
    assert lab.run("IndexSample", sample="Sig")
    content = path.read_bytes()
    overwrite(path, bytes(len(content)))
    assert lab.run("MonitorJobs", sample="Sig")
    overwrite(path, content)
    if changed == "a cut":
        lab.content["tag_sequence"][1][0]["options"] = {"threshold": 80.0}
    if changed == "the files":
        lab.sig["files"]["2017"].append(str(make_toy_file(lab.folder / "more.root", 9, False)))
    capfd.readouterr()
    assert lab.run("MonitorJobs", sample="Sig", retry_failed=True)
    told = "late or retried jobs have landed"
    assert (told in capfd.readouterr().err) == (changed == "nothing")
    n_done = lab.read("jobs", "Sig", "2017", "jobs.json")["made_from"]["chunks that are done"]
    assert n_done == (3 if changed == "the files" else 2)


def overwrite(path: Path, content: bytes) -> None:
    """Other content, and the time that the index knows."""
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_the_journal_is_left_to_who_drives_the_jobs(lab: Lab) -> None:
    """What is begun anew here would be without what another command notes meanwhile."""
    assert lab.run("ProcessSample", sample="Sig", year="2017")
    folder = lab.output("jobs", "Sig", "2017")
    (journal,) = folder.glob("*.jsonl")
    written = journal.stat().st_ino
    with driving(folder, lambda: None):
        assert lab.run("UpdateScale1fb", sample="Sig")
        assert journal.stat().st_ino == written
    lab.output("jobs", "Sig", "2017", "jobs.json").unlink()
    assert lab.run("UpdateScale1fb", sample="Sig")
    assert journal.stat().st_ino != written


def test_the_records_of_jobs_are_looked_through_once(lab: Lab) -> None:
    """With ten thousand of them a look takes a while, and each command asks whether all is done."""
    assert lab.run("MonitorJobs", sample="Sig")
    folder, looks, watching = str(lab.output("chunks", "Sig", "2017")), [], True

    def note(event: str, about: tuple[Any, ...]) -> None:
        if watching and event == "os.scandir" and str(about[0]) == folder:
            looks.append(event)

    sys.addaudithook(note)
    assert lab.task("MonitorJobs", sample="Sig", year="2017").complete()
    # a hook stays as long as the process
    watching = False
    assert len(looks) == 1


def test_a_narrowed_table_has_a_name_of_its_own(lab: Lab) -> None:
    assert lab.run("MonitorJobs", sample="Sig", variation=("nominal",))
    names = [path.name for path in lab.output("jobs", "Sig", "2017").glob("jobs*.json")]
    assert names == ["jobs.nominal.json"]


def test_only_this_invocations_table_is_sealed(tmp_path: Path) -> None:
    path = tmp_path / "jobs.json"
    assert sealed_ingredients(path) is None
    path.write_text("{", encoding="utf-8")
    assert sealed_ingredients(path) is None
    path.write_text('{"made_from": {"a": 1}, "invocation": "other"}', encoding="utf-8")
    assert sealed_ingredients(path) is None
    text = f'{{"made_from": {{"a": 1}}, "invocation": "{session.current.id}"}}'
    path.write_text(text, encoding="utf-8")
    assert sealed_ingredients(path) == {"a": 1}
