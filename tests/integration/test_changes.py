"""What a change of the configuration or of code makes again, and what it leaves alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import luigi
import numpy as np
import pytest
import uproot

from tests.made_again import (
    N_CHUNKS,
    NOTHING,
    collections,
    rerun,
)

if TYPE_CHECKING:
    from conftest import Lab


@pytest.fixture
def finished(lab: Lab) -> Lab:
    """The simulated sample with an object systematic, merged."""
    lab.without_data()
    collections(lab)["met_scale"] = lab.met_scale()
    assert lab.run("MergeSample", sample="Sig")
    return lab


def test_a_cross_section_is_not_a_reason_to_process(finished: Lab) -> None:
    lab = finished
    before = lab.table()
    lab.sig["xs"] *= 2
    assert rerun(lab) == ({"scale1fb", "merged"}, [])
    np.testing.assert_allclose(
        lab.table()["weight_central"], 2 * before["weight_central"].to_numpy()
    )


def test_a_luminosity_is_not_a_reason_to_process(finished: Lab) -> None:
    lab = finished
    before = lab.table()
    lab.content["samples"]["years"]["2017"]["luminosity"] = 20.0
    assert rerun(lab) == ({"scale1fb", "merged"}, [])
    halved = 0.5 * before["weight_central"].to_numpy()
    np.testing.assert_allclose(lab.table()["weight_central"], halved)
    unchanged = before["weight_central_no_lumi"].to_numpy()
    np.testing.assert_allclose(lab.table()["weight_central_no_lumi"], unchanged)


def test_a_new_object_systematic_computes_only_itself(finished: Lab) -> None:
    lab = finished
    nominal = lab.table()
    collections(lab)["more"] = lab.met_scale(0.2)
    stages, jobs = rerun(lab)
    assert jobs == [["more_down", "more_up"]] * N_CHUNKS
    assert stages == {"chunks", "jobs", "scale1fb", "merged"}
    assert lab.table().equals(nominal)
    assert not lab.table(variation="more_up")["met"].equals(nominal["met"])


def test_another_direction_computes_only_itself(finished: Lab) -> None:
    lab = finished
    shifted = lab.table(variation="met_scale_up")
    collections(lab)["met_scale"]["directions"] = ["up", "down", "far_down"]
    stages, jobs = rerun(lab)
    assert jobs == [["met_scale_far_down"]] * N_CHUNKS
    assert stages == {"chunks", "jobs", "scale1fb", "merged"}
    assert lab.table(variation="met_scale_up").equals(shifted)
    collections(lab)["met_scale"]["directions"] = ["far_down", "up"]
    assert rerun(lab)[1] == []


def test_a_new_weight_systematic_computes_only_the_nominal(finished: Lab) -> None:
    lab = finished
    shifted = lab.table(variation="met_scale_up")
    lab.content["systematics"]["weights"]["beside"] = lab.pileup(modify_central_weight=False)
    stages, jobs = rerun(lab)
    assert jobs == [["nominal"]] * N_CHUNKS
    assert stages == {"chunks", "jobs", "scale1fb", "merged"}
    assert "weight_beside_up" in lab.table().column_names
    assert lab.table(variation="met_scale_up").equals(shifted)


def test_a_systematic_that_changes_the_central_weight_computes_everything(finished: Lab) -> None:
    lab = finished
    lab.content["systematics"]["weights"]["more"] = lab.pileup()
    assert rerun(lab)[1] == [["met_scale_down", "met_scale_up", "nominal"]] * N_CHUNKS


@pytest.mark.parametrize("kind", ["independent_collections", "weights"])
def test_a_systematic_that_is_gone_computes_nothing(lab: Lab, kind: str) -> None:
    lab.without_data()
    collections(lab)["met_scale"] = lab.met_scale()
    lab.content["systematics"]["weights"]["beside"] = lab.pileup(modify_central_weight=False)
    assert lab.run("MergeSample", sample="Sig")
    name = {"independent_collections": "met_scale", "weights": "beside"}[kind]
    del lab.content["systematics"][kind][name]
    stages, jobs = rerun(lab)
    assert jobs == []
    assert "chunks" not in stages
    assert ("weight_beside_up" in lab.table().column_names) == (kind != "weights")


def test_the_order_of_systematics_changes_nothing(lab: Lab) -> None:
    lab.without_data()
    weights = {"pileup": lab.pileup(), "beside": lab.pileup(modify_central_weight=False)}
    shifts = {"a": lab.met_scale(), "b": lab.met_scale(0.2)}
    lab.content["systematics"] = {"weights": weights, "independent_collections": shifts}
    assert lab.run("MergeSample", sample="Sig")
    lab.content["systematics"] = {
        "independent_collections": dict(reversed(shifts.items())),
        "weights": dict(reversed(weights.items())),
    }
    assert rerun(lab) == NOTHING


def test_an_option_of_a_tagger_processes_everything(finished: Lab) -> None:
    lab = finished
    n_before = np.sum(lab.table()["tag_idx"].to_numpy() == 0)
    lab.content["tag_sequence"][1][0]["options"] = {"threshold": 10.0}
    assert rerun(lab)[1] == [["met_scale_down", "met_scale_up", "nominal"]] * N_CHUNKS
    assert np.sum(lab.table()["tag_idx"].to_numpy() == 0) > n_before


def test_a_comment_in_the_code_of_a_tagger_changes_nothing(finished: Lab) -> None:
    code = finished.taggers.read_text(encoding="utf-8")
    finished.taggers.write_text("# a comment\n" + code.replace("mass > low", "mass >  low"))
    assert rerun(finished) == NOTHING


def test_what_a_column_means_is_only_merged(finished: Lab) -> None:
    lab = finished
    code = lab.taggers.read_text(encoding="utf-8")
    declared = 'adds={"met": "float64"}'
    described = f'{declared}, describes={{"met": "missing momentum [GeV]"}}'
    assert lab.table().schema.field("met").metadata is None
    lab.taggers.write_text(code.replace(declared, described), encoding="utf-8")
    (reason,) = lab.task("MergeSample", sample="Sig", year="2017").news()
    assert reason == "descriptions of columns: + met: missing momentum [GeV]"
    assert rerun(lab) == ({"merged"}, [])
    said = {b"description": b"missing momentum [GeV]", b"unit": b"GeV"}
    assert lab.table().schema.field("met").metadata == said


def test_another_number_in_the_code_of_a_tagger_processes_everything(finished: Lab) -> None:
    code = finished.taggers.read_text(encoding="utf-8")
    finished.taggers.write_text(code.replace("100.0", "101.0"))
    assert len(rerun(finished)[1]) == N_CHUNKS


def test_one_more_variable_makes_all_variations_again(finished: Lab) -> None:
    finished.content["variables_of_interest"].append("input:MET_pt")
    assert rerun(finished)[1] == [["met_scale_down", "met_scale_up", "nominal"]] * N_CHUNKS


def test_one_variable_less_is_only_merged(finished: Lab) -> None:
    lab = finished
    lab.content["variables_of_interest"].remove("met")
    stages, jobs = rerun(lab)
    assert jobs == []
    assert stages == {"jobs", "scale1fb", "merged"}
    assert "met" not in lab.table().column_names


def test_another_version_leaves_the_old_one_alone(finished: Lab) -> None:
    lab = finished
    before = lab.state()
    assert lab.run("MergeSample", sample="Sig", version="v2")
    now = lab.state()
    assert {name: now.get(name) for name in before} == before
    assert "toy/v2/merged/Sig/2017/nominal.parquet" in now


def test_a_new_file_of_a_sample_is_processed_too(lab: Lab) -> None:
    lab.without_data()
    files = lab.own_files()
    lab.sig["files"]["2017"] = str(files[0].parent / "*.root")
    files[1].rename(files[1].with_suffix(".later"))
    assert lab.run("MergeSample", sample="Sig")
    assert len(lab.read("merged", "Sig", "2017", "nominal.json")["chunks"]) == 1
    files[1].with_suffix(".later").rename(files[1])
    stages, jobs = rerun(lab)
    assert jobs == [["nominal"]]
    assert stages == {"index", "chunks", "jobs", "scale1fb", "merged"}
    assert len(lab.read("merged", "Sig", "2017", "nominal.json")["chunks"]) == N_CHUNKS


def test_a_narrowed_run_leaves_the_merged_files_current(finished: Lab) -> None:
    """`--variation` reads the same events: it neither changes them nor makes them stale."""
    lab = finished
    before = lab.state()
    assert lab.run("MergeSample", sample="Sig", variation=("nominal",))
    assert lab.run("MergeSample", sample="Sig")
    changed = lab.changed_since(before)
    assert not {name for name in changed if name.startswith(("chunks", "merged"))}


def test_a_number_of_one_year_leaves_the_other_alone(lab: Lab) -> None:
    lab.without_data()
    lab.sig["files"]["2018"] = str(lab.files / "Sig_2018_*.root")
    assert lab.run("MergeSample", sample="Sig")
    before = lab.state()
    lab.sig["xs"] = {"2017": 1.0, "2018": lab.sig["xs"]}
    lab.content["samples"]["years"]["2017"]["luminosity"] = 20.0
    assert rerun(lab) == ({"scale1fb", "merged"}, [])
    changed = lab.changed_since(before) - {"analysis.yaml"}
    assert not {name for name in changed if "/2018/" in name}


@pytest.mark.parametrize("key", ["bf", "filter_efficiency", "k_factor"])
def test_other_numbers_of_the_catalogue_only_scale(finished: Lab, key: str) -> None:
    finished.sig[key] = 0.5
    assert rerun(finished) == ({"scale1fb", "merged"}, [])


def correction(lab: Lab, value: float, name: str = "sf.json") -> dict[str, Any]:
    """A weight from a file of one number."""
    content = {
        "schema_version": 2,
        "corrections": [
            {
                "name": "sf", "version": 1, "inputs": [{"name": "met", "type": "real"}],
                "output": {"name": "sf", "type": "real"},
                "data": {
                    "nodetype": "binning", "input": "met", "edges": [0.0, 1000.0],
                    "content": [value], "flow": "clamp",
                },
            }
        ],
    }  # fmt: skip
    path = lab.folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    said = {"file": str(path), "name": "sf", "inputs": {"met": "MET_pt"}}
    return {"method": "correctionlib", "modify_central_weight": True, "correction": said}


def test_the_content_of_a_correction_file_counts_and_its_path_does_not(lab: Lab) -> None:
    lab.without_data()
    weights = lab.content["systematics"]["weights"]
    weights["sf"] = correction(lab, 1.25)
    assert lab.run("MergeSample", sample="Sig")
    weights["sf"] = correction(lab, 1.25, "moved.json")
    assert rerun(lab) == NOTHING
    weights["sf"] = correction(lab, 1.5, "moved.json")
    assert rerun(lab)[1] == [["nominal"]] * N_CHUNKS


def test_a_golden_json_is_of_data_only(lab: Lab) -> None:
    path = lab.folder / "golden.json"
    path.write_text(json.dumps({"1": [[1, 3]]}), encoding="utf-8")
    lab.content["samples"]["years"]["2017"]["golden_json"] = str(path)
    assert lab.run("MergeSample", sample="Sig")
    assert lab.run("MergeSample", sample="Data")
    n_before = len(lab.table("Data"))
    path.write_text(json.dumps({"1": [[1, 2]]}), encoding="utf-8")
    assert rerun(lab) == NOTHING
    before = lab.state()
    assert lab.run("MergeSample", sample="Data")
    stages = {name.partition("/")[0] for name in lab.changed_since(before)}
    assert {"chunks", "jobs", "merged"} <= stages
    assert len(lab.table("Data")) < n_before


def test_a_golden_json_that_is_written_otherwise_is_the_same(lab: Lab) -> None:
    path = lab.folder / "golden.json"
    path.write_text('{"1": [[1, 3]]}', encoding="utf-8")
    lab.content["samples"]["years"]["2017"]["golden_json"] = str(path)
    assert lab.run("MergeSample", sample="Data")
    before = lab.state()
    path.write_text('{\n  "1": [\n    [1, 3]\n  ]\n}\n', encoding="utf-8")
    assert lab.run("MergeSample", sample="Data")
    assert lab.changed_since(before) <= {"analysis.yaml"}


def test_a_file_that_was_replaced_is_processed_again_and_the_other_is_not(lab: Lab) -> None:
    lab.without_data()
    paths = lab.own_files()
    assert lab.run("MergeSample", sample="Sig")
    with uproot.open(paths[1]) as file:
        columns = file["Events"].arrays(library="np")
        runs = file["Runs"].arrays(library="np")
    columns["mass"] = columns["mass"] + np.float32(1)
    with uproot.recreate(paths[1]) as file:
        file["Events"], file["Runs"] = columns, runs
    stages, jobs = rerun(lab)
    assert jobs == [["nominal"]]
    assert stages == {"index", "chunks", "jobs", "scale1fb", "merged"}


def test_the_order_of_samples_changes_nothing(lab: Lab) -> None:
    assert lab.run("MergeSample", sample="Sig")
    samples = lab.content["samples"]["samples"]
    lab.content["samples"]["samples"] = dict(reversed(samples.items()))
    assert rerun(lab) == NOTHING


def test_the_order_of_variables_is_only_merged(finished: Lab) -> None:
    finished.content["variables_of_interest"].reverse()
    assert rerun(finished)[1] == []


def test_where_jobs_run_and_how_large_blocks_are_changes_nothing(finished: Lab) -> None:
    finished.jobs.update(n_events_per_block=7, attempts=5, n_workers=1, time_limit=100.0)
    assert rerun(finished) == NOTHING


def test_what_is_redone_is_told_with_its_reason(
    finished: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    finished.content["tag_sequence"][1][0]["options"] = {"threshold": 10.0}
    assert finished.run("MergeSample", sample="Sig")
    told = capfd.readouterr().err
    assert "tagger high_met" in told
    assert "threshold" in told
    assert "10" in told


def test_what_is_taken_back_is_told_and_the_next_change_is_told_against_it(
    finished: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    high_met = finished.content["tag_sequence"][1][0]
    told = []
    for threshold in (10.0, 15.0, 10.0, 20.0):
        high_met["options"] = {"threshold": threshold}
        capfd.readouterr()
        assert finished.run("MergeSample", sample="Sig")
        told.append([line for line in capfd.readouterr().err.splitlines() if " again: " in line])
    back = "threshold 15 -> 10, which was made before: nothing to make again"
    assert told[2] == [f"MonitorJobs Sig 2017 again: tagger high_met: {back}"]
    (last,) = told[3]
    assert last.startswith("ProcessSample Sig 2017 again: tagger high_met: threshold 10 -> 20 (")


def test_the_summary_follows_what_it_shows(lab: Lab) -> None:
    lab.without_data()
    assert lab.run()
    before = lab.state()
    lab.sig["xs"] *= 2
    assert lab.run()
    stages = {name.partition("/")[0] for name in lab.changed_since(before)}
    assert stages == {"analysis.yaml", "scale1fb", "merged", "summary"}


def test_a_file_that_was_renamed_is_not_processed_again(finished: Lab) -> None:
    """A file is known by its UUID, wherever it lies; what names files is told anew."""
    lab = finished
    files = lab.own_files()
    renamed = files[0].rename(files[0].with_name("a second name.root"))
    lab.sig["files"]["2017"] = [str(renamed), str(files[1])]
    before = lab.table()
    stages, jobs = rerun(lab)
    assert jobs == []
    assert "chunks" not in stages
    columns = [(name, "ascending") for name in ("run", "luminosityBlock", "event")]
    assert lab.table().sort_by(columns).equals(before.sort_by(columns))


def test_the_order_of_files_and_of_samples_changes_nothing(finished: Lab) -> None:
    lab = finished
    files = [str(path) for path in lab.own_files()]
    lab.sig["files"]["2017"] = files
    assert lab.run("MergeSample", sample="Sig")
    lab.sig["files"]["2017"] = files[::-1]
    lab.content["samples"]["samples"] = dict(reversed(lab.content["samples"]["samples"].items()))
    assert rerun(lab) == NOTHING


def test_a_module_that_changes_while_jobs_begin_is_in_no_result(lab: Lab) -> None:
    """Changed back before the next run, nobody would see that these events are not its own."""
    lab.without_data()
    late = lab.taggers.with_name("late_cuts.py")
    late.write_text("LOW = 100.0\n", encoding="utf-8")
    code = lab.taggers.read_text(encoding="utf-8")
    body = "    from late_cuts import LOW\n    return events.mass > LOW,"
    lab.taggers.write_text(code.replace("    return events.mass > low,", body), encoding="utf-8")
    begun = lab.task("MergeSample", sample="Sig")
    late.write_text("LOW = 150.0\n", encoding="utf-8")
    assert not luigi.build([begun], workers=2, local_scheduler=True, no_lock=True)
    late.write_text("LOW = 100.0\n", encoding="utf-8")
    assert len(rerun(lab)[1]) == N_CHUNKS
    assert min(lab.table()["m_gg"].to_numpy()) < 150.0
