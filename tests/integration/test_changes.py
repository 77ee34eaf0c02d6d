"""What a change of the configuration or of code makes again, and what it leaves alone."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import uproot

from higgsflow.records.sample_jobs import SampleJobs
from workflows.why import why

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
    assert_as_if_new(lab)
    return stages, jobs


def assert_as_if_new(lab: Lab) -> None:
    """What is merged is what the same configuration merges in an empty store."""
    found = contents(lab)
    there, lab.store = lab.store, lab.folder / "from_scratch"
    shutil.rmtree(lab.store, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HIGGSFLOW_STORE", str(lab.store))
        assert lab.run("MergeSample", sample="Sig")
    expected = contents(lab)
    lab.store = there
    forget_invocation(lab)
    assert_same(found, expected, "")


def assert_same(found: Any, expected: Any, where: str) -> None:
    """All that is expected is there, and equal, and nothing that is not wanted any more."""
    if isinstance(expected, dict):
        assert set(expected) == set(found), where
        for name, content in expected.items():
            assert_same(found[name], content, f"{where} {name}")
    elif isinstance(expected, list):
        assert_same(dict(enumerate(found)), dict(enumerate(expected)), where)
    elif isinstance(expected, float):
        # of blocks of another size the last bit of a sum may differ
        assert found == pytest.approx(expected, rel=1e-12), where
    else:
        assert found == expected, where


def contents(lab: Lab) -> dict[str, Any]:
    """Merged events, counters, and what scales them; of variations that are wanted today."""
    tables = {
        str(path.relative_to(lab.output())): pq.read_table(path)
        for path in lab.output("merged", "Sig").rglob("*.parquet")
    }
    scales = {}
    for path in lab.output("scale1fb", "Sig").rglob("scale1fb.json"):
        content = json.loads(path.read_text("utf-8"))
        names = ("scale1fb", "luminosity", "denominator", "complete", "fraction", "chunks")
        scales[str(path.relative_to(lab.output()))] = {name: content[name] for name in names}
    counters = {}
    for path in lab.output("jobs", "Sig").rglob("jobs.json"):
        jobs = SampleJobs.model_validate_json(path.read_bytes())
        ledgers = {name: ledger.model_dump(mode="json") for name, ledger in jobs.ledgers.items()}
        found = {"ledgers": ledgers, "factor_sums": jobs.factor_sums}
        counters[str(path.relative_to(lab.output()))] = found
    return {**tables, **scales, **counters}


def forget_invocation(lab: Lab) -> None:
    """The next task finds the store of the laboratory again."""
    lab.task("MergeSample", sample="Sig")


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


def weights_of(lab: Lab) -> dict[str, Any]:
    found: dict[str, Any] = lab.content["systematics"]["weights"]
    return found


def renamed(found: dict[str, Any], **names: str) -> None:
    """Calls entries otherwise; several at once, so that names can be swapped."""
    taken = {new: found.pop(old) for old, new in names.items()}
    found |= taken


BESIDE = {"up": "puWeightDown", "down": "puWeightUp"}
UNMADE = {"jobs", "scale1fb", "merged"}


@pytest.fixture
def named(lab: Lab) -> Lab:
    """The simulated sample with two weights and two object systematics, merged."""
    lab.without_data()
    weights_of(lab)["beside"] = {"branches": BESIDE}
    collections(lab).update(a=lab.met_scale(), b=lab.met_scale(0.2))
    assert lab.run("MergeSample", sample="Sig")
    return lab


SWAPPED = {"pileup": "beside", "beside": "pileup", "a": "b", "b": "a"}


@pytest.mark.parametrize("names", [{"pileup": "pu", "beside": "a_name", "a": "scale"}, SWAPPED])
def test_a_renamed_systematic_is_only_merged(
    named: Lab, names: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    for kind in (weights_of(named), collections(named)):
        renamed(kind, **{old: new for old, new in names.items() if old in kind})
    capfd.readouterr()
    assert rerun(named) == (UNMADE, [])
    told = capfd.readouterr().err
    for old, new in names.items():
        assert f"systematic {old} renamed to {new}: nothing to make again" in told


def test_a_renamed_tag_is_only_merged(named: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    """What names tags follows: options of weights, counters, and what files say of themselves."""
    lab = named
    weights_of(lab)["beside"]["modifies_taggers"] = ["high_met"]
    assert lab.run("MergeSample", sample="Sig")
    weights_of(lab)["beside"]["modifies_taggers"] = ["met_tag"]
    lab.content["tag_sequence"][1][0]["name"] = "met_tag"
    capfd.readouterr()
    assert rerun(lab) == (UNMADE, [])
    assert "tagger high_met renamed to met_tag: nothing to make again" in capfd.readouterr().err
    about = json.loads(lab.table().schema.metadata[b"higgsflow"])
    assert about["tags"] == ["met_tag", "rest"]


def test_a_change_after_a_renaming_is_told_by_the_new_name(
    named: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    tag = named.content["tag_sequence"][1][0]
    tag["name"] = "met_tag"
    assert rerun(named) == (UNMADE, [])
    tag["options"] = {"threshold": 80.0}
    capfd.readouterr()
    assert named.run("MergeSample", sample="Sig")
    (told, *_) = (x for x in capfd.readouterr().err.splitlines() if x.startswith("Process"))
    changed = f"tagger met_tag: threshold 60 -> 80 ({N_CHUNKS} of {N_CHUNKS} chunks)"
    assert told == f"ProcessSample Sig 2017 again: {changed}"


def test_swapped_names_of_tags_are_not_swapped_tags(named: Lab) -> None:
    lab = named
    lab.content["tag_sequence"][1] = [
        {"name": "rest", "tagger": "toy_taggers:high_met"},
        {"name": "high_met", "tagger": "toy_taggers:rest"},
    ]
    assert rerun(lab) == (UNMADE, [])


def test_weights_that_preserve_sums_can_swap_their_names(lab: Lab) -> None:
    lab.without_data()
    bins = {"preserve": {"column": "mass", "edges": [0, 120, 999]}}
    other = {"preserve": {"column": "MET_pt", "edges": [0, 50, 999]}}
    columns = {"central": "puWeightUp", "up": "puWeight", "down": "puWeightDown"}
    turned = {"central": "puWeightDown", "up": "puWeightUp", "down": "puWeight"}
    lab.content["systematics"] = {
        "weights": {
            "a": lab.pileup(**bins),
            "b": lab.pileup(branches=columns, preserve={}),
            "c": lab.pileup(branches=turned, **other),
        },
        "independent_collections": {"met_scale": lab.met_scale()},
    }
    assert lab.run("MergeSample", sample="Sig")
    renamed(weights_of(lab), a="c", c="b", b="a")
    assert rerun(lab) == (UNMADE, [])


def test_a_renamed_systematic_beside_another_change(
    named: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    """Only the change is made, and both are told."""
    lab = named
    renamed(collections(lab), a="b", b="c")
    collections(lab)["c"] = lab.met_scale(0.3)
    capfd.readouterr()
    assert rerun(lab)[1] == [["c_down", "c_up"]] * N_CHUNKS
    told = capfd.readouterr().err
    assert "systematic a renamed to b: nothing to make again" in told
    assert "systematic c is new" in told


def test_a_sample_may_hold_chunks_of_old_and_new_names(named: Lab) -> None:
    """A chunk that is lost after a renaming is made under the new names, and names may go back."""
    lab = named
    before = contents(lab)
    renamed(collections(lab), a="b", b="a")
    renamed(weights_of(lab), pileup="beside", beside="pileup")
    lab.content["tag_sequence"][1][0]["name"] = "met_tag"
    next(lab.output("chunks", "Sig", "2017").glob("*.parquet")).unlink()
    assert rerun(lab)[1] == [["a_down", "a_up", "b_down", "b_up", "nominal"]]
    assert lab.run("VerifyStore")
    renamed(collections(lab), a="b", b="a")
    renamed(weights_of(lab), pileup="beside", beside="pileup")
    lab.content["tag_sequence"][1][0]["name"] = "high_met"
    assert rerun(lab) == (UNMADE, [])
    assert lab.run("VerifyStore")
    assert_same(contents(lab), before, "back")


def test_two_systematics_of_one_content_are_both_there(named: Lab) -> None:
    lab = named
    collections(lab)["twin"] = collections(lab)["a"]
    weights_of(lab)["other"] = weights_of(lab)["beside"]
    assert rerun(lab) == (UNMADE, [])
    assert lab.table(variation="twin_up").equals(lab.table(variation="a_up"))
    assert lab.table()["weight_other_up"].equals(lab.table()["weight_beside_up"])
    del collections(lab)["a"], weights_of(lab)["beside"]
    assert rerun(lab) == (UNMADE, [])


def rename_sample(lab: Lab, old: str, new: str) -> None:
    samples = lab.content["samples"]["samples"]
    samples[new] = samples.pop(old)


def test_a_renamed_sample_adopts_its_chunks(named: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    """Its outputs get a second name in the folder of the new one; what is missing is made."""
    lab = named
    rename_sample(lab, "Sig", "Old")
    gone = next(lab.output("chunks", "Sig", "2017").glob("*.parquet"))
    lab.store.joinpath("toy", "v1", "chunks", "Sig").rename(lab.output("chunks", "Old"))
    rename_sample(lab, "Old", "Sig")
    renamed(collections(lab), a="b", b="a")
    lab.output("chunks", "Old", "2017", gone.name).unlink()
    capfd.readouterr()
    stages, jobs = rerun(lab)
    assert len(jobs) == N_CHUNKS  # one was adopted, with its record, and one was made
    assert "adopted 1 of 2 chunks of Old" in capfd.readouterr().err
    assert stages == {"chunks", "jobs", "scale1fb", "merged"}
    assert lab.run("VerifyStore")


def test_a_change_after_a_sample_was_renamed_is_told_as_before(
    named: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also where its outputs have columns that were dropped before they were adopted."""
    lab = named
    lab.content["variables_of_interest"] = ["m_gg"]
    assert lab.run("MergeSample", sample="Sig")
    rename_sample(lab, "Sig", "New")
    assert lab.run("MergeSample", sample="New")
    collections(lab)["a"] = lab.met_scale(0.3)
    capfd.readouterr()
    assert lab.run("MergeSample", sample="New")
    told = capfd.readouterr().err
    assert "ProcessSample New 2017 again: systematic a: kwargs.shift 0.1 -> 0.3 (2 of 2" in told


def test_what_was_changed_and_renamed_at_once_is_told_against_the_former_name(
    named: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    lab = named
    rename_sample(lab, "Sig", "New")
    lab.task("MergeSample", sample="New")
    (first, *_) = why("MergeSample", analysis=str(lab.path), sample="New", year="2017")
    assert first.text == (
        "was never made; of the same files, what jobs have made the same way for Sig is adopted"
    )
    lab.content["tag_sequence"][0] = {"tagger": "toy_taggers:pair", "options": {"low": 110.0}}
    capfd.readouterr()
    assert lab.run("MergeSample", sample="New")
    told = capfd.readouterr().err
    assert "New 2017 again: unlike what Sig has: tagger pair: low 100 -> 110 (2 of 2" in told
    # another sample of these files is no former name
    lab.content["samples"]["samples"]["Twin"] = {**lab.content["samples"]["samples"]["New"]}
    lab.content["tag_sequence"][0]["options"] = {"low": 120.0}
    assert lab.run("MergeSample", sample="Twin")
    assert "unlike what New" not in capfd.readouterr().err


SCORED = """
from typing import ClassVar

from higgsflow import Decision, Tagger
from higgsflow.model.columns import required


class Scored(Tagger):
    column: str = "score"
    names_columns: ClassVar = ("column",)

    def reads(self, context):
        return required("MET_pt")

    def adds(self, context):
        return {self.column: "float64"}

    def select(self, events, context):
        return Decision(mask=events.MET_pt > 60, columns={self.column: events.MET_pt / 2})
"""


def test_a_variable_that_an_option_names_may_be_renamed(lab: Lab) -> None:
    lab.without_data()
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + SCORED, encoding="utf-8")
    scored: dict[str, Any] = {"name": "scored", "tagger": "toy_taggers:Scored"}
    lab.content["tag_sequence"][1] = [scored, "toy_taggers:rest"]
    lab.content["variables_of_interest"] = ["m_gg", "score"]
    collections(lab)["met_scale"] = lab.met_scale()
    assert lab.run("MergeSample", sample="Sig")
    before = lab.table()
    scored["options"] = {"column": "bdt"}
    lab.content["variables_of_interest"] = ["m_gg", "bdt"]
    assert rerun(lab) == (UNMADE, [])
    assert lab.table()["bdt"].equals(before["score"])


def test_samples_that_swap_their_names_adopt_from_each_other(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    samples = lab.without_data().content["samples"]["samples"]
    samples["Other"] = {**lab.sig, "files": {"2017": str(lab.files / "Sig_2018_*.root")}}
    assert lab.run()
    renamed(samples, Sig="Other", Other="Sig")
    capfd.readouterr()
    assert rerun(lab)[0] == {"index", "chunks", "jobs", "scale1fb", "merged"}
    assert "Sig 2017: adopted 2 of 2 chunks of Other" in capfd.readouterr().err
    # of none of them did a job write the record again
    old = {path.name for path in lab.output("chunks", "Other", "2017").iterdir()}
    assert {path.name for path in lab.output("chunks", "Sig", "2017").iterdir()} >= old
    assert lab.run()
    assert lab.run("VerifyStore")
