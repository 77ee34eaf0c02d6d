"""What may be lost, what may not, and how it is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot

from higgsflow import Analysis
from higgsflow.demo.root_file import write_root_file

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab

Captured = pytest.CaptureFixture[str]
Make = Callable[..., Any]


def damage(path: Path) -> bytes:
    """Overwrites the events of a file; its size and time stay as they were. Returns what it was."""
    content, stat = path.read_bytes(), path.stat()
    with uproot.open(path) as file:
        tree = file["Events"]
        starts = [tree[name].member("fBasketSeek")[0] for name in ("MET_pt", "mass", "event")]
    broken = bytearray(content)
    for start in starts:
        broken[start : start + 120] = bytes(120)
    path.write_bytes(broken)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return content


def repair(path: Path, content: bytes) -> None:
    stat = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.fixture
def write_skim(make_toy_columns: Make, make_root_file: Make) -> Make:
    """40 events of 300 generated ones, of sum 300 (+ seed)."""

    def write(path: Path, seed: int) -> None:
        sumw = np.array([300.0 + seed])
        runs = {
            "run": np.array([1], np.uint32),
            "genEventCount": np.array([300], np.int64),
            "genEventSumw": sumw,
            "genEventSumw2": sumw,
        }
        make_root_file(path, Events=make_toy_columns(seed, is_data=False), Runs=runs)

    return write


@pytest.fixture
def half(lab: Lab) -> tuple[Lab, Path, bytes]:
    """Simulation of which half may be lost, and one of two files is damaged."""
    lab.without_data()
    lab.jobs.update(min_completion=0.5, attempts=2)
    files = lab.own_files()
    return lab, files[1], damage(files[1])


def weights(path: Path) -> float:
    with uproot.open(path) as file:
        return float(file["Events"]["genWeight"].array(library="np").astype(float).sum())


def test_goes_on_in_one_invocation_without_what_may_be_lost(
    half: tuple[Lab, Path, bytes], capfd: Captured
) -> None:
    """scale1fb comes from what was processed, so that the yield is unbiased."""
    lab, lost, _ = half
    assert lab.run()
    normalization = lab.read("scale1fb", "Sig", "2017", "scale1fb.json")
    assert normalization["complete"] is False
    assert normalization["fraction"] == 0.5
    kept = weights(lab.files / "Sig_2017_0.root")
    assert normalization["denominator"]["value"] == pytest.approx(kept, rel=1e-12)
    assert normalization["scale1fb"] == pytest.approx(0.5 * 1000 / kept, rel=1e-12)
    manifest = lab.read("merged", "Sig", "2017", "nominal.json")
    assert (manifest["complete"], manifest["fraction"]) == (False, 0.5)
    assert manifest["ranges"] == [[*manifest["files"], 0, 40]]
    (summary,) = lab.read("summary", "summary.json")["samples"]
    assert summary["normalization"]["complete"] is False
    assert "Sig (2017): 1/2 chunks, 1 failed, 40 of 80 events" in capfd.readouterr().err
    jobs = lab.read("jobs", "Sig", "2017", "jobs.json")
    failed = [row for row in jobs["rows"] if row["status"] == "failed"]
    assert [(row["error_class"], row["attempts"]) for row in failed] == [("input", 2)]
    assert str(lost) in failed[0]["message"]
    assert [(part["url"], part["start"], part["stop"]) for part in jobs["lost"]] == [
        (str(lost), 0, 40)
    ]


HEAVY = """

def heavy(events):
    weight = 1 + ak.sum(events.GenPart.pt, axis=1) / 1000
    return {"up": weight, "down": 2 - weight}
"""


def test_what_a_weight_cannot_look_at_is_lost_with_its_file(
    lab: Lab, make_toy_columns: Make
) -> None:
    """Generated particles are read when somebody looks: in code of a user, who is no cause."""
    lab.without_data().jobs.update(min_completion=0.5, attempts=1)
    lab.taggers.write_text(
        "import awkward as ak\n" + lab.taggers.read_text("utf-8") + HEAVY, "utf-8"
    )
    lab.content["systematics"]["weights"]["heavy"] = {
        "method": "from_function",
        "function": "toy_taggers:heavy",
        "requires_branches": ["GenPart_pt"],
        "modifies_taggers": ["high_met"],
    }
    files = lab.own_files()
    for seed, path in enumerate(files):
        columns = make_toy_columns(seed, is_data=False)
        momenta = ak.unflatten(np.ones(30 * 40, np.float32), np.full(40, 30))
        write_root_file(path, {**columns, "GenPart": ak.zip({"pt": momenta})}, {})
    with uproot.open(files[1]) as file:
        seek = file["Events"]["GenPart_pt"].member("fBasketSeek")[0]
    broken = bytearray(files[1].read_bytes())
    broken[seek : seek + 60] = bytes(60)
    files[1].write_bytes(broken)
    assert lab.run("MergeSample", sample="Sig")
    table = lab.table()
    up = table["weight_heavy_up"].to_numpy()[table["tag_idx"].to_numpy() == 0]
    assert len(up)
    np.testing.assert_allclose(up, 1.03)
    (failed,) = (
        row
        for row in lab.read("jobs", "Sig", "2017", "jobs.json")["rows"]
        if row["status"] == "failed"
    )
    assert failed["error_class"] == "input"
    assert failed["message"].startswith(f"cannot read {files[1]}")


def test_lost_for_good_until_retrying_is_asked_for(half: tuple[Lab, Path, bytes]) -> None:
    lab, path, content = half
    assert lab.run("MergeSample", sample="Sig")
    before = lab.state()
    repair(path, content)
    assert lab.run("MergeSample", sample="Sig")
    assert lab.changed_since(before) == set()
    assert lab.run("MergeSample", sample="Sig", retry_failed=True)
    normalization = lab.read("scale1fb", "Sig", "2017", "scale1fb.json")
    assert normalization["complete"] is True
    both = sum(weights(lab.files / f"Sig_2017_{i}.root") for i in range(2))
    assert normalization["denominator"]["value"] == pytest.approx(both, rel=1e-12)
    assert lab.read("merged", "Sig", "2017", "nominal.json")["complete"] is True
    assert len(np.unique(lab.table()["event"].to_numpy() // 1000)) == 2
    assert not list(lab.output("jobs", "Sig", "2017", "failures").glob("*"))


def test_retrying_what_fails_again_ends_as_before(half: tuple[Lab, Path, bytes]) -> None:
    lab, _, _ = half
    assert lab.run("MergeSample", sample="Sig")
    table = lab.table()
    assert lab.run("MergeSample", sample="Sig", retry_failed=True)
    assert lab.table().equals(table)
    before = lab.state()
    assert lab.run("MergeSample", sample="Sig")
    assert lab.changed_since(before) == set()


def test_what_is_lost_is_told_in_the_summary_until_it_lands(
    half: tuple[Lab, Path, bytes], capfd: Captured
) -> None:
    """All four ranges of one of two files: of 70 ways to lose four of eight, two are like that."""
    lab, path, content = half
    lab.jobs["n_events_per_output"] = 10
    lab.content["sentinels"] = {"loss_chance": 0.05}
    assert lab.run()
    found = lab.read("summary", "summary.json")
    (bias,) = (f for f in found["findings"] if f["kind"] == "biased loss")
    assert (bias["severity"], bias["where"]) == ("warning", "Sig (2017)")
    assert "all 4 lost of 8 ranges are of one file, of chance 0.03" in bias["text"]
    assert found["samples"][0]["lost"] == [[str(path), 0, 40]]
    assert found["samples"][0]["losses"]["chance"] == pytest.approx(2 / 70)
    told = capfd.readouterr()
    assert "biased loss: Sig (2017)" in told.out
    assert "Sig * 50.00%" in " ".join(told.out.split())
    assert "late or retried" not in told.err
    repair(path, content)
    assert lab.run(retry_failed=True)
    assert "Sig (2017): late or retried jobs have landed: 8 of 8 chunks" in capfd.readouterr().err
    found = lab.read("summary", "summary.json")
    assert found["samples"][0]["normalization"]["complete"] is True
    manifest = lab.read("merged", "Sig", "2017", "nominal.json")
    assert [r[1:] for r in manifest["ranges"]] == [[0, 40], [0, 40]]
    assert "biased loss" not in {finding["kind"] for finding in found["findings"]}


def test_a_higher_fraction_refuses_what_was_tolerated(
    half: tuple[Lab, Path, bytes], capfd: Captured
) -> None:
    """It is tried again, and when it is lost again the sample is not merged."""
    lab, path, content = half
    assert lab.run("MergeSample", sample="Sig")
    lab.jobs["min_completion"] = 1.0
    capfd.readouterr()
    assert not lab.run("MergeSample", sample="Sig")
    told = capfd.readouterr().err
    assert "40 of 80 entries of Sig (2017) were lost" in told
    assert "Traceback" not in told
    repair(path, content)
    assert lab.run("MergeSample", sample="Sig")
    assert lab.read("merged", "Sig", "2017", "nominal.json")["complete"] is True


def test_data_are_complete_or_not_merged(lab: Lab, capfd: Captured) -> None:
    """Their lost files and ranges are listed, however much of simulation may be lost."""
    lab.jobs.update(min_completion=0.1, attempts=1)
    path = lab.own_files("Data")[0]
    content = damage(path)
    assert not lab.run()
    told = capfd.readouterr().err
    assert "40 of 80 entries of Data (2017) were lost" in told
    assert f"\n  {path} 0 to 40\n" in told
    assert not lab.output("merged", "Data").exists()
    # the other sample goes on
    assert lab.output("merged", "Sig", "2017", "nominal.parquet").is_file()
    assert not lab.output("summary", "summary.json").exists()
    repair(path, content)
    assert lab.run()


def test_incomplete_data_if_said_so(lab: Lab) -> None:
    lab.jobs["attempts"] = 1
    lab.content["allow_incomplete_data"] = True
    damage(lab.own_files("Data")[0])
    assert lab.run()
    manifest = lab.read("merged", "Data", "2017", "nominal.json")
    assert (manifest["complete"], manifest["scale"]) == (False, 1.0)
    assert lab.read("scale1fb", "Data", "2017", "scale1fb.json")["complete"] is False
    by_name = {s["sample"]: s for s in lab.read("summary", "summary.json")["samples"]}
    assert by_name["Data"]["normalization"]["complete"] is False
    assert by_name["Sig"]["normalization"]["complete"] is True


def test_data_of_which_nothing_can_be_read_are_lost(lab: Lab, capfd: Captured) -> None:
    """Whatever may be missing: the summary said that another command had made them."""
    lab.jobs["attempts"] = 1
    lab.content["allow_incomplete_data"] = True
    for path in lab.own_files("Data"):
        damage(path)
    assert not lab.run()
    assert "80 of 80 entries of Data (2017) were lost" in capfd.readouterr().err


def lose_part_of_a_skim(lab: Lab, write_skim: Make, min_completion: float) -> None:
    """Two skims in two chunks each, of which the last one cannot be read."""
    lab.without_data()
    lab.jobs.update(min_completion=min_completion, attempts=1, n_events_per_output=20)
    lab.sig["skim"] = True
    files = [lab.folder / f"skim_{i}.root" for i in range(2)]
    for seed, path in enumerate(files):
        write_skim(path, seed)
    lab.sig["files"]["2017"] = [str(path) for path in files]
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + KILLED, encoding="utf-8")
    lab.content["tag_sequence"][1].insert(0, "toy_taggers:unreadable")


def test_a_skim_of_which_a_range_is_lost_does_not_count(lab: Lab, write_skim: Make) -> None:
    """Not its events, nor what its Runs tree says; a file that is all there counts."""
    lose_part_of_a_skim(lab, write_skim, min_completion=0.3)
    assert lab.run("MergeSample", sample="Sig")
    normalization = lab.read("scale1fb", "Sig", "2017", "scale1fb.json")
    assert normalization["denominator"]["value"] == 300.0
    assert len(normalization["chunks"]) == 2
    assert set(lab.table()["event"].to_numpy() // 1000) == {0}
    assert normalization["fraction"] == 0.5
    jobs = lab.read("jobs", "Sig", "2017", "jobs.json")
    assert [(r["start"], r["stop"]) for r in (*jobs["lost"], *jobs["left_out"])] == [
        (20, 40),
        (0, 20),
    ]
    assert lab.run("VerifyStore")


def test_what_was_called_a_skim_and_is_cut_off_is_normalised_by_what_was_read(
    lab: Lab, write_skim: Make
) -> None:
    """Jobs read the same, so that none runs again: only what they count for is another."""
    path = lab.without_data().folder / "cut_off.root"
    write_skim(path, 0)
    lab.sig.update(files={"2017": [str(path)]}, skim=True)
    assert lab.run("MergeSample", sample="Sig")
    before = lab.state()
    denominator = lab.read("merged", "Sig", "2017", "nominal.json")["denominator"]
    lab.sig["partial"] = lab.sig.pop("skim")
    # by a command of its own, so that for the next one the index is as current as all jobs
    assert lab.run("IndexSample", sample="Sig")
    assert lab.run("MergeSample", sample="Sig")
    found = lab.read("merged", "Sig", "2017", "nominal.json")["denominator"]
    assert (denominator, found) == (300.0, pytest.approx(weights(path), rel=1e-12))
    assert not [name for name in lab.changed_since(before) if name.startswith("chunks")]


def test_jobs_are_left_out_once_enough_counts_not_once_enough_is_done(
    lab: Lab, write_skim: Make
) -> None:
    """A quarter of the entries is half of a skim, and counts for nothing."""
    lab.without_data()
    lab.sig["skim"] = True
    files = [lab.folder / f"skim_{i}.root" for i in range(2)]
    for seed, path in enumerate(files):
        write_skim(path, seed)
    lab.sig["files"]["2017"] = [str(path) for path in files]
    lab.jobs.update(n_events_per_output=5, n_workers=1, min_completion=0.25, stragglers="cancel")
    assert lab.run("MergeSample", sample="Sig")
    found = lab.read("scale1fb", "Sig", "2017", "scale1fb.json")
    assert 0.25 <= found["fraction"] <= 1


def test_a_torn_skim_may_be_too_much_to_lose(lab: Lab, write_skim: Make, capfd: Captured) -> None:
    """Three of four chunks are done, but one of them counts for nothing."""
    lose_part_of_a_skim(lab, write_skim, min_completion=0.75)
    assert not lab.run("MergeSample", sample="Sig")
    told = capfd.readouterr().err
    assert "40 of 80 entries of Sig (2017) were lost" in told
    assert "and 20 entries with them: a skim counts whole or not" in told


@pytest.mark.parametrize(("min_completion", "expected"), [(0.75, "insufficient"), (0.5, "enough")])
def test_whoever_looks_at_the_jobs_is_told_of_a_torn_skim_as_its_stages_are(
    lab: Lab, write_skim: Make, capfd: Captured, min_completion: float, expected: str
) -> None:
    lose_part_of_a_skim(lab, write_skim, min_completion)
    assert lab.run("MergeSample", sample="Sig") == (expected == "enough")
    capfd.readouterr()
    with pytest.raises(SystemExit) as end:
        lab.task("MonitorJobs", sample="Sig", year="2017", show=True)
    assert end.value.code == int(expected != "enough")
    told = " ".join(capfd.readouterr().out.split())
    assert "60 (75 %), 40 count" in told
    assert "50 % of the events count, not 20 that are done, of skims with missing parts" in told
    (jobs,) = (one.jobs for one in Analysis.from_yaml(lab.path).status().samples)
    assert jobs is not None
    assert (jobs.n_entries_done, jobs.n_entries_counted) == (60, 40)


KILLED = """

from higgsflow.errors import InputFileError


@tagger(reads=["event"])
def unreadable(events):
    if 1020 <= events.event[0] < 2000:
        raise InputFileError("cannot read on")
    return events.event > 0
"""


DEFECT = """

@tagger(reads=["MET_pt"])
def broken(events, context):
    if context.sample == "Sig":
        raise RuntimeError("no such calibration")
    return events.MET_pt > 60
"""


def test_a_defect_stops_its_sample_and_no_other(lab: Lab, capfd: Captured) -> None:
    """However much may be lost: such failures are not by chance. One traceback is shown."""
    lab.jobs["min_completion"] = 0.1
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + DEFECT, encoding="utf-8")
    lab.content["tag_sequence"][1].insert(0, "toy_taggers:broken")
    assert not lab.run()
    told = capfd.readouterr().err
    assert told.count("Traceback (most recent call last)") == 1
    assert told.count("RuntimeError: no such calibration") == 1
    assert "ProcessSample Sig 2017 failed" in told
    assert lab.output("merged", "Data", "2017", "nominal.parquet").is_file()
    assert not lab.output("merged", "Sig").exists()
    lab.taggers.write_text(
        lab.taggers.read_text("utf-8").replace('"Sig"', '"Gone"'), encoding="utf-8"
    )
    assert lab.run()


SLOW = """

import time


@tagger(reads=["event"])
def slow(events):
    if events.event[0] >= 2000:
        time.sleep(30)
    return events.event > 0
"""


def test_a_job_that_takes_too_long_is_lost(lab: Lab) -> None:
    lab.without_data()
    lab.jobs.update(min_completion=0.5, attempts=1, time_limit=3.0)
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + SLOW, encoding="utf-8")
    lab.content["tag_sequence"][1].insert(0, "toy_taggers:slow")
    assert lab.run("MergeSample", sample="Sig")
    rows = lab.read("jobs", "Sig", "2017", "jobs.json")["rows"]
    failed = [row for row in rows if row["status"] == "failed"]
    assert [row["error_class"] for row in failed] == ["time"]
    assert failed[0]["message"] == "took longer than the limit of 3 s"
