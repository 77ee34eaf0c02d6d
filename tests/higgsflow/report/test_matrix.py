from __future__ import annotations

from higgsflow.catalog.folder import CONFIG_FOLDER
from higgsflow.catalog.load import load_analysis
from higgsflow.model.analysis import AnalysisModel
from higgsflow.report.matrix import MatrixRow, matrix, render

DEMO = load_analysis(CONFIG_FOLDER / "demo.yaml")
CORRECTIONS = load_analysis(CONFIG_FOLDER / "corrections.yaml")


def rows(sample: str, year: str, kind: str = "") -> dict[str, MatrixRow]:
    found = next(p for p in matrix(CORRECTIONS) if (p.sample, p.year) == (sample, year))
    return {row.name: row for row in found.rows if row.kind.startswith(kind)}


def test_every_sample_and_year_has_what_applies_to_it() -> None:
    held = {(p.sample, p.year): [row.name for row in p.rows] for p in matrix(DEMO)}
    assert held["GJet", "2017"] == ["pileup", "prefiring", "photon_pt_scale"]
    assert held["GJet", "2018"] == ["pileup", "photon_pt_scale"]
    assert held["Data", "2017"] == []
    assert len(held) == len(DEMO.samples.pairs)


def test_data_have_corrections_only() -> None:
    assert list(rows("Data", "2017")) == ["photon_scale"]


def test_weight_before_and_after_the_taggers() -> None:
    found = rows("ttH_M125", "2017")
    assert found["pileup"].kind == "weight, before the taggers"
    assert found["muon_id"].kind == "weight, after the taggers"
    assert found["muon_id"].touches == (
        "weight_central",
        "tag tth_leptonic only",
        "tag thq_leptonic only",
    )


def test_collection_says_what_it_changes() -> None:
    found = rows("ttH_M125", "2017", "collection")["jet_scale"]
    assert found.touches[:4] == ("Jet_pt", "Jet_mass", "MET_pt", "MET_phi")
    assert found.adds == ("events of jet_scale_up", "events of jet_scale_down")
    assert found.reads == ("Jet_pt", "Jet_mass", "Jet_eta", "MET_pt", "MET_phi", "Jet_phi")


def test_collection_says_which_weights_are_made_again() -> None:
    content = CORRECTIONS.model_dump(by_alias=True)
    content["systematics"]["weights"]["b_tag_shape"]["preserve"]["column"] = "nJet"
    of_input = AnalysisModel.model_validate(content)
    (found,) = (p for p in matrix(of_input) if (p.sample, p.year) == ("ttH_M125", "2017"))
    (row,) = (r for r in found.rows if (r.name, r.kind) == ("jet_scale", "collection"))
    assert "b_tag_shape again" in row.touches


def test_cost_counts_passes_of_the_sequence() -> None:
    passes = {(p.sample, p.year): p.passes for p in matrix(CORRECTIONS)}
    assert (passes["ttH_M125", "2017"], passes["Data", "2017"]) == (9, 1)


def test_text_fits_a_screen_and_names_everything() -> None:
    for analysis in (DEMO, CORRECTIONS):
        text = render(analysis)
        assert max(len(line) for line in text.splitlines()) <= 100
        for pair in analysis.samples.pairs:
            assert pair.sample.name in text


def test_nothing_to_apply_is_a_table_too() -> None:
    bare = DEMO.model_copy(update={"systematics": type(DEMO.systematics)()})
    assert "nominal" in render(bare)


def test_many_samples_stand_below_each_other_in_a_pipe_too() -> None:
    """A line of a pipe has room for all of them, and was as long."""
    text = render(DEMO, 1000)
    listed = [line for line in text.splitlines() if "2016 2017" in line]
    assert len(listed) > 2
    assert max(map(len, listed)) < 150
    assert all(pair.sample.name in text for pair in DEMO.samples.pairs)
