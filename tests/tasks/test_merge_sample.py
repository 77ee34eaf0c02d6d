from __future__ import annotations

import json
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.errors import StoreError
from higgsflow.output import merge
from higgsflow.output.merged_events import read
from tasks.execution.driver_lock import making
from tasks.targets import Overtaken

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab

Captured = pytest.CaptureFixture[str]


def test_one_file_per_variation(lab: Lab) -> None:
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    output = lab.task("MergeSample", sample="Sig", year="2017").output()
    assert list(output) == ["nominal", "met_scale_up", "met_scale_down"]
    data = lab.task("MergeSample", sample="Data", year="2017").output()
    assert list(data) == ["nominal"]


def test_is_stale_without_its_events(lab: Lab) -> None:
    assert lab.run("MergeSample", sample="Sig")
    lab.output("merged", "Sig", "2017", "nominal.parquet").unlink()
    assert not lab.task("MergeSample", sample="Sig", year="2017").complete()


@pytest.mark.parametrize("ending", ["parquet", "root"])
def test_events_that_were_cut_off_are_merged_again_and_the_reason_is_told(
    lab: Lab, capfd: pytest.CaptureFixture[str], ending: str
) -> None:
    lab.content["output_format"] = ending
    assert lab.run("MergeSample", sample="Data")
    path = lab.output("merged", "Data", "2017", f"nominal.{ending}")
    content = path.read_bytes()
    path.write_bytes(content[:3000])
    stale = lab.task("MergeSample", sample="Data", year="2017")
    reason = f"nominal.{ending} is damaged: 3000 bytes, {len(content)} when it was made"
    assert not stale.complete()
    assert stale.reasons() == (reason,)
    capfd.readouterr()
    assert lab.run("MergeSample", sample="Data")
    assert f"MergeSample Data 2017 again: {reason}\n" in capfd.readouterr().err
    assert len(path.read_bytes()) == len(content)
    assert lab.task("MergeSample", sample="Data", year="2017").complete()


def test_outputs_that_other_jobs_have_made_again_are_merged_again(lab: Lab) -> None:
    """Manifests name the jobs whose events they hold, and those are gone."""
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    assert lab.run("MergeSample", sample="Sig")
    process = lab.task("ProcessSample", sample="Sig", year="2017")
    process.output()["collection"].targets[0].remove()
    for variation in process.variations:
        assert lab.run("ProcessSample", sample="Sig", year="2017", variation=variation)
    assert lab.run("MergeSample", sample="Sig")
    jobs = {path.stem for path in lab.output("chunks", "Sig", "2017").glob("*.json")}
    assert len(jobs) > len(process.chunks)
    for variation in process.variations:
        found = lab.read("merged", "Sig", "2017", f"{variation}.json")
        assert {stem for _, stem in found["chunks"]} <= jobs


def test_only_what_is_stale_is_merged_again(lab: Lab) -> None:
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    assert lab.run("MergeSample", sample="Sig")
    before = lab.state()
    lab.output("merged", "Sig", "2017", "met_scale_up.json").unlink()
    assert lab.run("MergeSample", sample="Sig")
    names = {f"merged/Sig/2017/met_scale_up.{ending}" for ending in ("json", "parquet")}
    assert lab.changed_since(before) == names


@pytest.mark.parametrize("ending", ["parquet", "root"])
def test_any_number_of_processes_merges_the_same(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """Here each variation is merged by itself, so that there is something to share."""
    monkeypatch.setattr(merge, "_TOGETHER", 1)
    lab.content["output_format"] = ending
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    lab.content["jobs_manager"]["n_workers"] = 1
    assert lab.run("MergeSample", sample="Sig")
    known = _merged(lab, ending)
    assert list(known) == ["met_scale_down", "met_scale_up", "nominal"]
    for n_workers in (2, 3):
        shutil.rmtree(lab.output("merged"))
        lab.content["jobs_manager"]["n_workers"] = n_workers
        assert lab.run("MergeSample", sample="Sig")
        assert lab.task("MergeSample", sample="Sig", year="2017").complete()
        assert _merged(lab, ending) == known


def _merged(lab: Lab, ending: str) -> dict[str, Any]:
    """The events of each variation, as what can be compared."""
    paths = sorted(lab.output("merged", "Sig", "2017").glob(f"*.{ending}"))
    return {path.stem: read(path) if ending == "root" else path.read_bytes() for path in paths}


def test_after_an_interruption_only_the_rest_is_merged(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge, "_TOGETHER", 1)
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    lab.content["jobs_manager"]["n_workers"] = 2
    assert lab.run("UpdateScale1fb", sample="Sig")
    monkeypatch.setattr(merge, "_manifest", _fails_for_the_last(merge._manifest))
    assert not lab.run("MergeSample", sample="Sig")
    before = lab.state()
    assert {path.name for path in lab.output("merged", "Sig", "2017").iterdir()} == {
        f"{variation}.{ending}"
        for variation in ("nominal", "met_scale_up")
        for ending in ("json", "parquet")
    }
    monkeypatch.undo()
    assert lab.run("MergeSample", sample="Sig")
    assert lab.changed_since(before) == set()
    assert lab.task("MergeSample", sample="Sig", year="2017").complete()


def _fails_for_the_last(manifest: Callable[..., Any]) -> Callable[..., Any]:
    """Once the others are written."""

    def found(order: Any, variation: str, writer: Any) -> Any:
        if variation == "met_scale_down":
            deadline = time.monotonic() + 60
            while len(list(order.folder.glob("*.json"))) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            raise StoreError("the disk is full")
        return manifest(order, variation, writer)

    return found


def test_variations_of_a_job_share_what_is_known_of_its_output(lab: Lab) -> None:
    """Of ten thousand jobs with two hundred variations each, one for each took 4 GB."""
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    assert lab.run("UpdateScale1fb", sample="Sig")
    task = lab.task("MergeSample", sample="Sig", year="2017")
    order = task._order(list(task.variations), task._shared_today())
    nominal = order.parts["nominal"]
    assert list(order.parts) == ["nominal", "met_scale_up", "met_scale_down"]
    for parts in order.parts.values():
        assert all(part is one for part, one in zip(parts, nominal, strict=True))
    rows = task.input().file.parents[3] / "chunks" / "Sig" / "2017"
    records = [json.loads(path.read_text()) for path in sorted(rows.glob("*.json"))]
    most = {r["chunk_id"]: max(r["output"]["rows"].values()) for r in records}
    assert {part.chunk_id: part.most_rows for part in nominal} == most


def test_what_is_merged_is_kept_whichever_was_begun_first(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the nominal file is whole when the manifests of all others are there."""
    monkeypatch.setattr(merge, "_TOGETHER", 1)
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    lab.content["jobs_manager"]["n_workers"] = 2
    manifest = merge._manifest

    def found(order: Any, variation: str, writer: Any) -> Any:
        deadline = time.monotonic() + 30
        while variation == "nominal" and len(list(order.folder.glob("*.json"))) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return manifest(order, variation, writer)

    monkeypatch.setattr(merge, "_manifest", found)
    assert lab.run("MergeSample", sample="Sig")


def test_another_format_is_another_file(lab: Lab) -> None:
    assert lab.run("MergeSample", sample="Sig")
    lab.content["output_format"] = "root"
    assert not lab.task("MergeSample", sample="Sig", year="2017").complete()


def test_of_another_d_its_value_is_told_and_not_what_it_is_made_of(
    lab: Lab, capfd: Captured
) -> None:
    paths = sorted(lab.files.glob("Sig_2017_*.root"))
    lab.sig["files"] = {"2017": [str(path) for path in paths[1:]]}
    assert lab.run("MergeSample", sample="Sig")
    lab.sig["files"] = {"2017": [str(path) for path in paths]}
    capfd.readouterr()
    assert lab.run("MergeSample", sample="Sig")
    (told,) = (line for line in capfd.readouterr().err.splitlines() if line.startswith("MergeS"))
    names = [one.split()[0] for one in told.partition("again: ")[2].split("; ")]
    assert names == ["denominator.value", "scale1fb"]


def test_what_every_event_says_of_itself_is_a_reason_to_merge(lab: Lab) -> None:
    lab.content["output_format"] = "root"
    assert lab.run("MergeSample", sample="Sig", year="2017")
    task = lab.task("MergeSample", sample="Sig", year="2017")
    assert task.complete()
    lab.content["outputs"] = {"trees": "per_tag"}
    assert not lab.task("MergeSample", sample="Sig", year="2017").complete()
    lab.content["outputs"] = {}
    lab.sig["process_id"] = 7
    stale = lab.task("MergeSample", sample="Sig", year="2017")
    assert not stale.complete()
    assert any("process_id" in reason for reason in stale.reasons())


def test_a_stale_manifest_does_not_outlive_a_failed_merge(lab: Lab) -> None:
    """Else it could describe, once a change is taken back, events that it was not made with."""
    assert lab.run("MergeSample", sample="Sig")
    lab.content["systematics"]["weights"]["w"] = lab.pileup(modify_central_weight=False)
    assert lab.run("MonitorJobs", sample="Sig")
    for path in lab.output("chunks", "Sig", "2017").glob("*.parquet"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
    assert not lab.run("MergeSample", sample="Sig")
    assert not lab.output("merged", "Sig", "2017", "nominal.json").exists()


@pytest.mark.parametrize("stage", ["UpdateScale1fb", "MergeSample"])
def test_what_another_command_made_otherwise_is_not_taken(lab: Lab, stage: str) -> None:
    """Two commands of one analysis and version, of which one has another cross section and cut."""
    assert lab.run("MergeSample", sample="Sig")
    before = {"jobs": "UpdateScale1fb", "scale1fb": "MergeSample"}
    ours = lab.write()
    lab.path = lab.folder / "theirs" / "toy.yaml"
    lab.path.parent.mkdir()
    lab.sig["xs"] *= 2
    lab.content["tag_sequence"][1][0]["options"] = {"threshold": 10.0}
    assert lab.run("MergeSample", sample="Sig")
    theirs = lab.state()
    task = lab.task(stage, sample="Sig", year="2017")
    mine = type(task)(analysis=str(ours), sample="Sig", year="2017")
    read = next(name for name, reader in before.items() if reader == stage)
    with pytest.raises(Overtaken, match=f"(?s)configuration that differs.*/{read}/Sig/2017/"):
        mine.stage_run()
    assert lab.changed_since({**theirs, "toy/v1/analysis.yaml": ""}) <= {"analysis.yaml"}


def test_another_command_waits_until_events_and_manifest_are_written(command_line: Lab) -> None:
    lab = command_line.without_data()
    assert lab.run("UpdateScale1fb", sample="Sig")
    with making("merge", lab.output("jobs", "Sig", "2017")):
        process = lab.start("MergeSample", "--sample", "Sig")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=3)
        assert not lab.output("merged", "Sig", "2017", "nominal.parquet").exists()
    assert process.wait(timeout=60) == 0
    process.communicate()
    assert lab.output("merged", "Sig", "2017", "nominal.json").exists()


def test_files_of_a_variation_that_is_gone_are_removed(lab: Lab, capfd: Captured) -> None:
    """And what a merge that was killed has left; but nothing that is not of this program."""
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    assert lab.run("MergeSample", sample="Sig")
    folder = lab.output("merged", "Sig", "2017")
    for name in (".nominal.parquet.abcdefgh.tmp", "mine.parquet", "mine.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    lab.content["systematics"]["independent_collections"] = {}
    assert lab.run("MergeSample", sample="Sig", variation=("nominal",))
    assert names_in(folder) == {"mine.json", "mine.parquet", "nominal.json", "nominal.parquet"}
    said = "removed met_scale_down.parquet, met_scale_up.parquet, which are not wanted any more"
    assert said in capfd.readouterr().err
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    assert lab.run("MergeSample", sample="Sig")
    assert len(names_in(folder)) == 8


def test_files_of_another_format_are_removed(lab: Lab) -> None:
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    assert lab.run("MergeSample", sample="Sig")
    lab.content["output_format"] = "root"
    folder = lab.output("merged", "Sig", "2017")
    shifted = {f"met_scale_{d}.{end}" for d in ("up", "down") for end in ("json", "parquet")}
    assert lab.run("MergeSample", sample="Sig", variation=("nominal",))
    assert names_in(folder) == {"nominal.json", "nominal.root", *shifted}
    assert lab.run("MergeSample", sample="Sig")
    assert names_in(folder) == {
        f"{v}.{end}"
        for v in ("nominal", "met_scale_up", "met_scale_down")
        for end in ("json", "root")
    }


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
