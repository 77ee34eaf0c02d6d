"""The file for FinalFit of a small analysis, as Trees2WS reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab

LUMINOSITY = 40.0
XS = 0.5
N_EVENTS = 40  # of a file


def configured(lab: Lab, **options: Any) -> Lab:
    lab.content["systematics"]["weights"]["theory"] = {
        "branches": {"up": "puWeightUp", "down": "puWeightDown"}
    }
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    finalfit = {
        "processes": {"Sig": "tth"},
        "variables": {"stage1p2bin": "met"},
        "tags": {"rest": "RECO_REST"},
        "systematics": {"met_scale": "METShift"},
        **options,
    }
    lab.content["outputs"] = {"finalfit": finalfit}
    return lab


def run(lab: Lab, sample: str = "Sig", **options: Any) -> Any:
    """Runs the merge; the directory of trees, its arrays by name."""
    assert configured(lab, **options).run("MergeSample", sample=sample, year="2017")
    return trees_of(lab, sample)


def trees_of(lab: Lab, sample: str = "Sig") -> dict[str, Any]:
    with uproot.open(path_of(lab, sample)) as file:
        folder = file["tagsDumper/trees"]
        return {name: folder[name].arrays(library="np") for name in folder.keys(cycle=False)}


def path_of(lab: Lab, sample: str = "Sig") -> Path:
    return lab.output("finalfit", sample, "2017", "finalfit.root")


def test_trees_are_named_as_trees2ws_wants_them(lab: Lab) -> None:
    found = run(lab)
    ends = ("", "_METShiftUp01sigma", "_METShiftDown01sigma")
    tags = ("high_met", "RECO_REST")
    assert set(found) == {f"tth_125_13TeV_{tag}{end}" for tag in tags for end in ends}


def test_nominal_trees_are_the_merged_events(lab: Lab) -> None:
    found, table = run(lab), lab.table()
    for position, tag in enumerate(("high_met", "RECO_REST")):
        events = found[f"tth_125_13TeV_{tag}"]
        mine = table.filter(np.asarray(table["tag_idx"]) == position)
        assert mine.num_rows > 0
        np.testing.assert_array_equal(events["CMS_hgg_mass"], mine["m_gg"])
        np.testing.assert_array_equal(events["weight"], mine["weight_central_no_lumi"])
        np.testing.assert_array_equal(events["stage1p2bin"], mine["met"])
        assert set(events["dZ"]) == {0.0}


def test_varied_weights_are_those_of_the_merged_events(lab: Lab) -> None:
    """FinalFit takes weight times the branch over centralObjectWeight."""
    events, table = run(lab)["tth_125_13TeV_high_met"], lab.table()
    mine = table.filter(np.asarray(table["tag_idx"]) == 0)
    full = np.asarray(mine["weight_full_pileup_up"]) / LUMINOSITY
    ratio = events["weight"] / events["centralObjectWeight"]
    np.testing.assert_allclose(ratio * events["pileupUp01sigma"], full, rtol=1e-12)
    theory = np.asarray(mine["weight_central_no_lumi"]) * np.asarray(mine["weight_theory_down"])
    np.testing.assert_allclose(ratio * events["theoryDown01sigma"], theory, rtol=1e-12)


def test_variations_have_mass_weight_and_variables(lab: Lab) -> None:
    found = run(lab)["tth_125_13TeV_high_met_METShiftUp01sigma"]
    assert list(found) == ["CMS_hgg_mass", "weight", "dZ", "stage1p2bin"]
    up = lab.table(variation="met_scale_up")
    mine = up.filter(np.asarray(up["tag_idx"]) == 0)
    np.testing.assert_array_equal(found["stage1p2bin"], mine["met"])


@pytest.mark.parametrize(
    ("normalisation", "factor"),
    [("per_fb", 1.0), ("luminosity", LUMINOSITY), ("efficiency", 1 / (XS * 1000))],
)
def test_weights_are_normalised_as_asked(lab: Lab, normalisation: str, factor: float) -> None:
    found = run(lab, normalisation=normalisation, notag=True)
    per_fb = np.asarray(lab.table()["weight_central_no_lumi"]).sum()
    tagged = sum(found[f"tth_125_13TeV_{tag}"]["weight"].sum() for tag in ("high_met", "RECO_REST"))
    assert tagged == pytest.approx(per_fb * factor, rel=1e-12)
    assert everything(found) == pytest.approx(XS * 1000 * factor, rel=1e-12)


def everything(found: dict[str, Any], branch: str = "") -> float:
    """The sum over all nominal trees without central factors, or with those of one branch."""
    total = 0.0
    for name, events in found.items():
        if "sigma" not in name:
            factor = events[branch] / events["centralObjectWeight"] if branch else 1.0
            total += float((events["weight"] / events["centralObjectWeight"] * factor).sum())
    return total


def test_untagged_events_complete_the_sum_before_any_cut(lab: Lab) -> None:
    """With them FinalFit finds the acceptance, and what a theory weight does to the whole rate."""
    found = run(lab, notag=True)
    assert len(found["tth_125_13TeV_NOTAG"]["weight"]) == 1
    jobs = lab.read("jobs", "Sig", "2017", "jobs.json")
    scale1fb = lab.read("scale1fb", "Sig", "2017", "scale1fb.json")["scale1fb"]
    expected = jobs["factor_sums"]["weight_theory_up"] * scale1fb
    assert everything(found, "theoryUp01sigma") == pytest.approx(expected, rel=1e-12)
    assert set(found["tth_125_13TeV_NOTAG"]["pileupUp01sigma"]) == {1.0}


def with_bins(lab: Lab, make_root_file: Any, make_toy_columns: Any, **options: Any) -> Lab:
    """Files with a bin of the generator; of the last one no event is in a tag."""
    paths = lab.own_files()
    for seed, path in enumerate(paths):
        columns = make_toy_columns(seed, is_data=False)
        values = np.array([105, 106, 107], np.int32)[np.arange(len(columns["mass"])) % 3]
        columns["mass"][values == 107] = 10.0
        make_root_file(path, Events={**columns, "HTXS": values})
    lab.content["generator_bins"] = {"stxs": {"column": "HTXS", "values": [107, 106, 105, 1]}}
    lab.content["variables_of_interest"].append("gen:HTXS")
    variables = {"stage1p2bin": "HTXS", "other": "met"}
    return configured(lab, **{"variables": variables, "notag_bins": "stxs", **options})


def test_untagged_events_are_told_by_bin(
    lab: Lab, make_root_file: Any, make_toy_columns: Any
) -> None:
    """In each bin all trees together give the sum before any cut, of theory weights too."""
    with_bins(lab, make_root_file, make_toy_columns, notag=True)
    lab.content["systematics"]["weights"]["kept"] = {
        "branches": {"up": "puWeightDown"}, "preserve": {},
    }  # fmt: skip
    assert lab.run("MergeSample", sample="Sig", year="2017")
    found = trees_of(lab)
    notag = found["tth_125_13TeV_NOTAG"]
    assert notag["stage1p2bin"].tolist() == [107, 106, 105]
    assert "other" not in notag
    g, up, down, bins = generated(lab)
    scale = XS * 1000 / g.sum()
    for value in (105, 106, 107):
        chosen = bins == value
        of_bin = {name: in_bin(events, value) for name, events in found.items()}
        assert everything(of_bin) == pytest.approx(g[chosen].sum() * scale, rel=1e-9)
        for branch, factor in (
            ("theoryUp01sigma", up),
            ("theoryDown01sigma", down),
            ("keptUp01sigma", down * g.sum() / (g * down).sum()),
        ):
            expected = (g * factor)[chosen].sum() * scale
            assert everything(of_bin, branch) == pytest.approx(expected, rel=1e-9), branch


def generated(lab: Lab) -> tuple[np.ndarray, ...]:
    names = ("genWeight", "puWeightUp", "puWeightDown", "HTXS")
    parts = [uproot.open(path)["Events"].arrays(names, library="np") for path in lab.own_paths()]
    return tuple(np.concatenate([p[name].astype(float) for p in parts]) for name in names)


def in_bin(events: dict[str, Any], value: int) -> dict[str, Any]:
    chosen = events["stage1p2bin"] == value
    return {name: values[chosen] for name, values in events.items()}


@pytest.mark.parametrize(
    "case",
    [
        ({"notag_bins": "stx"}, "Did you mean 'stxs'?"),
        ({"notag": False}, "notag_bins go with notag: true"),
        ({"variables": {}}, "variables: {stage1p2bin: HTXS}"),
    ],
)
def test_bins_that_cannot_be_told_are_refused(
    lab: Lab, make_root_file: Any, make_toy_columns: Any, capfd: Any, case: tuple[Any, str]
) -> None:
    options, words = case
    with_bins(lab, make_root_file, make_toy_columns, **{"notag": True, **options})
    with pytest.raises(SystemExit):
        lab.task()
    assert words in capfd.readouterr().err


def test_skim_does_not_know_its_untagged_events_by_bin(
    lab: Lab, make_root_file: Any, make_toy_columns: Any, capfd: Any
) -> None:
    with_bins(lab, make_root_file, make_toy_columns, notag=True)
    lab.sig["skim"] = True
    for number, path in enumerate(lab.own_paths()):
        with uproot.open(path) as file:
            columns = file["Events"].arrays(library="np")
        runs = {"run": [1], "genEventCount": [400], "genEventSumw": [500.0 + number],
                "genEventSumw2": [900.0]}  # fmt: skip
        make_root_file(path, Events=columns, Runs={k: np.array(v) for k, v in runs.items()})
    assert not lab.run("MergeSample", sample="Sig", year="2017")
    told = capfd.readouterr().err
    assert "events without a tag cannot be told by bin" in told
    assert "Traceback" not in told


def test_untagged_events_are_known_where_one_file_is_whole_and_another_cut_off(
    lab: Lab, make_root_file: Any, make_toy_columns: Any
) -> None:
    """The sum of a theory weight is over the events that D counts, in each bin."""
    with_bins(lab, make_root_file, make_toy_columns, notag=True)
    lab.sig["partial"] = True
    for count, path in zip((N_EVENTS, 10 * N_EVENTS), lab.own_paths(), strict=True):
        with uproot.open(path) as file:
            columns = file["Events"].arrays(library="np")
        sumw = columns["genWeight"].astype(float).sum() * count / N_EVENTS
        runs = {"run": [1], "genEventCount": [count], "genEventSumw": [sumw],
                "genEventSumw2": [float(count)]}  # fmt: skip
        make_root_file(path, Events=columns, Runs={k: np.array(v) for k, v in runs.items()})
    assert lab.run("MergeSample", sample="Sig", year="2017")
    found, (g, up, _, bins) = trees_of(lab), generated(lab)
    assert lab.read("scale1fb", "Sig", "2017", "scale1fb.json")["denominator"]["mode"] == "mixed"
    for value in (105, 106, 107):
        of_bin = {name: in_bin(events, value) for name, events in found.items()}
        expected = (g * up)[bins == value].sum() * XS * 1000 / g.sum()
        assert everything(of_bin, "theoryUp01sigma") == pytest.approx(expected, rel=1e-9)


def test_data_have_weight_1_and_no_systematics(lab: Lab) -> None:
    found = run(lab, sample="Data", notag=True)
    assert set(found) == {"Data_13TeV_high_met", "Data_13TeV_RECO_REST"}
    assert list(found["Data_13TeV_high_met"]) == ["CMS_hgg_mass", "weight", "dZ", "stage1p2bin"]
    assert set(found["Data_13TeV_high_met"]["weight"]) == {1.0}


def test_tag_without_events_has_its_trees(lab: Lab) -> None:
    text = lab.taggers.read_text().replace("threshold=60.0", "threshold=1e9")
    lab.taggers.write_text(text)
    found = run(lab)
    assert len(found["tth_125_13TeV_high_met"]["weight"]) == 0
    assert found["tth_125_13TeV_high_met"]["CMS_hgg_mass"].dtype == np.float64


def test_trees_do_not_depend_on_the_format_of_merged_files(lab: Lab) -> None:
    expected = run(lab)
    lab.content |= {"output_format": "root"}
    lab.version = "v2"
    assert lab.run("MergeSample", sample="Sig", year="2017", version="v2")
    found = trees_of(lab)
    for name, events in expected.items():
        for branch, values in events.items():
            np.testing.assert_array_equal(found[name][branch], values)


def test_file_is_made_once_and_again_when_the_options_change(lab: Lab) -> None:
    run(lab)
    before = lab.state()
    run(lab)
    assert lab.changed_since(before) == set()
    found = run(lab, sqrts="13p6TeV")
    assert all(name.startswith("tth_125_13p6TeV_") for name in found)
    changed = lab.changed_since(before) - {"analysis.yaml"}
    assert changed == {f"finalfit/Sig/2017/finalfit.{end}" for end in ("json", "root")}


def test_other_options_make_trees_of_data_again(lab: Lab) -> None:
    run(lab, "Data")
    merged = lab.output("merged", "Data", "2017", "nominal.parquet").stat().st_mtime_ns
    assert set(run(lab, "Data", tags={"rest": "ELSE"})) == {
        "Data_13TeV_high_met",
        "Data_13TeV_ELSE",
    }
    assert lab.output("merged", "Data", "2017", "nominal.parquet").stat().st_mtime_ns == merged


def test_file_says_where_it_is_from(lab: Lab) -> None:
    run(lab)
    with uproot.open(path_of(lab)) as file:
        said = json.loads(str(file["_higgsflow/provenance"]))
    assert (said["sample"], said["normalisation"], said["n_files"]) == ("Sig", "per_fb", 2)
    entries = lab.read("finalfit", "Sig", "2017", "finalfit.json")["trees"]
    assert {name.rpartition("/")[2]: n for name, n in entries.items()} == {
        name: len(events["weight"]) for name, events in trees_of(lab).items()
    }


def test_a_narrowed_merge_makes_no_trees(lab: Lab) -> None:
    assert configured(lab).run("MergeSample", sample="Sig", year="2017", variation=("nominal",))
    assert not path_of(lab).exists()


def test_result_reads_trees_per_tag(lab: Lab) -> None:
    from higgsflow.result import Result

    lab.content |= {"output_format": "root", "outputs": {"trees": "per_tag"}}
    assert lab.run()
    result = Result(lab.output("summary", "summary.json"))
    events = result.events("Sig", "2017")
    with uproot.open(lab.output("merged", "Sig", "2017", "nominal.root")) as file:
        assert set(file.keys(recursive=False, cycle=False)) == {"_higgsflow", "high_met", "rest"}
        assert len(events) == file["high_met"].num_entries + file["rest"].num_entries
    assert set(events.tag_idx[events.met > 60]) == {0}
    assert result.events("Sig", "2017", columns=["met"]).fields == ["met"]
