from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from higgsflow.catalog import files
from tasks import index_sample

if TYPE_CHECKING:
    import pytest
    from conftest import Lab


KILLED = """
import os, signal, sys
from pathlib import Path
from higgsflow.output.atomic import written_atomically

with written_atomically(Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_is_current_while_files_and_their_times_are_the_same(lab: Lab) -> None:
    found = lab.own_files()
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("IndexSample", sample="Sig", year="2017")
    assert task.complete()
    os.utime(found[0])
    assert not lab.task("IndexSample", sample="Sig", year="2017").complete()
    assert lab.run("IndexSample", sample="Sig")
    found[0].unlink()
    assert not lab.task("IndexSample", sample="Sig", year="2017").complete()


def test_a_few_files_are_told_one_by_one_and_many_together(lab: Lab) -> None:
    found = lab.own_files()
    lab.sig["files"]["2017"] = str(found[0].parent / "*.root")
    assert lab.run("IndexSample", sample="Sig")

    def reasons() -> list[str]:
        return list(lab.task("IndexSample", sample="Sig", year="2017").reasons())

    moved = [path.rename(path.with_name(f"moved_{path.name}")) for path in found]
    assert [one.rpartition("/")[2] for one in reasons()] == [
        *(f"{path.name} is new" for path in sorted(moved)),
        *(f"{path.name} is gone" for path in sorted(found)),
    ]
    for number in range(3):
        shutil.copy(moved[0], moved[0].with_name(f"{number}.root"))
    told = reasons()
    assert told[0] == f"5 files are new, the first is {moved[0].with_name('0.root')}"
    assert len(told) == 1 + len(found)


def test_holds_what_the_files_hold(lab: Lab) -> None:
    assert lab.run("IndexSample", sample="Sig")
    index = lab.read("index", "Sig", "2017", "index.json")["index"]
    assert [file["n_entries"] for file in index["files"]] == [40, 40]
    assert {file["kind"] for file in index["files"]} == {"whole"}
    (schema,) = index["schemas"].values()
    assert "MET_pt" in schema


def test_what_a_killed_one_left_is_removed_by_the_next(lab: Lab) -> None:
    assert lab.run("IndexSample", sample="Sig")
    folders = (lab.output("index"), lab.output().parent / "file_index")
    made = [path for folder in folders for path in folder.rglob("*.json")]
    # index, entries of two files, their columns, and where these are
    assert len({path.parent for path in made}) >= 4
    for path in made:
        killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
        assert killed.returncode == -signal.SIGKILL
        path.unlink()
    left = [path for folder in folders for path in folder.rglob(".*.tmp")]
    assert len(left) == len(made)
    assert lab.run("IndexSample", sample="Sig")
    assert [path for path in left if path.exists()] == []


def test_what_is_said_of_the_files_is_part_of_it(lab: Lab) -> None:
    assert lab.run("IndexSample", sample="Sig")
    lab.sig["skim"] = True
    assert not lab.task("IndexSample", sample="Sig", year="2017").complete()
    lab.content["samples"]["samples"]["Sig"] = {"kind": "data", "files": lab.sig["files"]}
    assert not lab.task("IndexSample", sample="Sig", year="2017").complete()


def test_a_file_at_a_server_that_comes_is_looked_into(lab: Lab) -> None:
    """Servers are not asked for that: their addresses are compared."""
    paths = [str(path) for path in lab.own_files()]
    assert lab.run("IndexSample", sample="Sig")
    assert lab.task("IndexSample", sample="Sig", year="2017").complete()
    lab.sig["files"]["2017"] = [*paths, "root://localhost:1//more.root"]
    stale = lab.task("IndexSample", sample="Sig", year="2017")
    assert not stale.complete()
    assert stale.reasons() == ("remote files: + root://localhost:1//more.root",)


def test_a_file_that_is_gone_fails_when_it_runs(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    lab.own_files()[0].unlink()
    assert not lab.run("IndexSample", sample="Sig")
    told = capfd.readouterr().err
    assert "IndexSample Sig 2017 failed: no file" in told
    assert "Traceback" not in told


def test_a_task_that_makes_the_files_is_required(lab: Lab) -> None:
    lab.sig["files"]["2017"] = "task:GenerateDemoFiles"
    entries = lab.content["samples"]["samples"]
    entries["GJet"] = entries.pop("Sig")
    (producer,) = lab.task("IndexSample", sample="GJet", year="2017").requires()
    assert type(producer).__name__ == "GenerateDemoFiles"
    assert producer.year == "2017"


def test_files_with_equal_sums_are_refused_unless_that_is_said(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    """All weights one and files of one length have equal sums without being the same."""
    files = [lab.folder / f"{i}.root" for i in range(2)]
    lab.write_unweighted(files)
    lab.sig["files"]["2017"] = [str(path) for path in files]
    assert not lab.run("IndexSample", sample="Sig")
    assert "allow_equal_sums: true" in capfd.readouterr().err
    lab.sig["allow_equal_sums"] = True
    assert lab.run("IndexSample", sample="Sig")


def test_tasks_that_make_files_are_those_that_a_catalogue_may_name() -> None:
    assert tuple(index_sample.PRODUCERS) == files.PRODUCERS
