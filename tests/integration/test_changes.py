"""What a change of the configuration or of code makes again, and what it leaves alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from conftest import Lab

N_CHUNKS = 2


@pytest.fixture
def finished(lab: Lab) -> Lab:
    """The simulated sample with an object systematic, merged."""
    lab.without_data()
    collections(lab)["met_scale"] = lab.met_scale()
    assert lab.run("MergeSample", sample="Sig")
    return lab


def collections(lab: Lab) -> dict[str, Any]:
    found: dict[str, Any] = lab.content["systematics"].setdefault("independent_collections", {})
    return found


def rerun(lab: Lab) -> tuple[set[str], list[list[str]]]:
    """Which stages made something, and what each new job made."""
    before = lab.state()
    assert lab.run("MergeSample", sample="Sig")
    changed = lab.changed_since(before) - {"analysis.yaml"}
    records = [n for n in changed if n.startswith("chunks") and n.endswith(".json")]
    jobs = [sorted(json.loads(lab.output(name).read_text())["products"]) for name in records]
    stages = {name.partition("/")[0] for name in changed if not name.startswith("toy/file_index")}
    return stages, jobs


NOTHING: tuple[set[str], list[list[str]]] = (set(), [])


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


def test_the_summary_follows_what_it_shows(lab: Lab) -> None:
    lab.without_data()
    assert lab.run()
    before = lab.state()
    lab.sig["xs"] *= 2
    assert lab.run()
    stages = {name.partition("/")[0] for name in lab.changed_since(before)}
    assert stages == {"analysis.yaml", "scale1fb", "merged", "summary"}
