from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
import pytest

from higgsflow.errors import StoreError, UnknownName, UserError
from higgsflow.result import Result

if TYPE_CHECKING:
    from conftest import Lab


def finished(lab: Lab, **content: object) -> Result:
    lab.without_data()
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    lab.content.update(content)
    assert lab.run()
    return Result(lab.output("summary", "summary.json"))


def test_events_cut_flows_and_names(lab: Lab) -> None:
    result = finished(lab)
    assert len(result.events("Sig", "2017")) == lab.table().num_rows
    assert len(result.events("Sig", 2017)) == lab.table().num_rows
    assert result.sample("Sig", 2017) == result.sample("Sig", "2017")
    assert result.cut_flow("Sig", 2017, "pair") == result.cut_flow("Sig", "2017", "pair")
    assert result.events("Sig", "2017", "met_scale_up", columns=["met"]).fields == ["met"]
    assert result.events("Sig", 2017, columns="met").fields == ["met"]
    flow = result.cut_flow("Sig", "2017", "pair")
    assert (flow.total.n, flow.passed.n) == (80, lab.table().num_rows)
    assert result.report == lab.output("summary", "report.html")
    assert repr(result) == f"Result(toy, 1 sample and year, report: {result.report})"
    with pytest.raises(UnknownName, match=r"Did you mean 'Sig \(2017\)'"):
        result.events("Sgi", "2017")
    with pytest.raises(UnknownName, match="Did you mean 'met_scale_up'"):
        result.events("Sig", "2017", "met_scael_up")
    with pytest.raises(UserError, match=r"'pileup_up' has no events of its own: it is of a weight"):
        result.events("Sig", "2017", "pileup_up")
    with pytest.raises(UnknownName, match=r"no column 'mett' in the .*Did you mean 'met'"):
        result.events("Sig", 2017, columns=["m_gg", "mett"])
    with pytest.raises(UnknownName, match="Did you mean 'high_met events'"):
        result.cut_flow("Sig", "2017", "hgih_met")


def test_counters_are_those_of_today(lab: Lab) -> None:
    """They are kept while nobody makes others."""
    result = finished(lab)
    before = _by_tag(result)
    assert _by_tag(result) == before == _rows_by_tag(lab)
    lab.content["tag_sequence"][1][0]["options"] = {"threshold": 30.0}
    assert lab.run()
    assert _by_tag(Result(lab.output())) == _rows_by_tag(lab) != before


def _by_tag(result: Result) -> list[int]:
    return [counter.n for counter in result.ledger("Sig", "2017").after.values()]


def _rows_by_tag(lab: Lab) -> list[int]:
    return np.bincount(lab.table()["tag_idx"].to_numpy(), minlength=2).tolist()


def test_ledgers_have_what_the_summary_leaves_out(lab: Lab) -> None:
    result = finished(lab)
    for variation in ("nominal", "met_scale_up"):
        rows = lab.table(variation=variation)
        measured = [of["met"] for of in result.ledger("Sig", 2017, variation).moments.values()]
        assert sum(of.n for of in measured) == rows.num_rows
        assert min(of.min for of in measured if of.n) == min(rows["met"].to_pylist())
    with pytest.raises(UnknownName, match="Did you mean 'met_scale_up'"):
        result.ledger("Sig", 2017, "met_scael_up")
    lab.output("jobs", "Sig", "2017", "jobs.json").unlink()
    with pytest.raises(StoreError, match="law run MonitorJobs makes them again"):
        result.ledger("Sig", 2017, "met_scale_up")


def test_events_of_root_files(lab: Lab) -> None:
    result = finished(lab, output_format="root")
    events = result.events("Sig", "2017", columns=["met", "weight_central"])
    with pytest.raises(UnknownName, match="Did you mean 'met'"):
        result.events("Sig", "2017", columns=["mett"])
    assert set(events.fields) == {"met", "weight_central"}
    assert len(events) == lab.read("merged", "Sig", "2017", "nominal.json")["rows"]


@pytest.mark.parametrize("output_format", ["parquet", "root"])
def test_no_value_of_the_events_may_be_missing(lab: Lab, output_format: str) -> None:
    """As in the files: numpy made masked arrays of columns, and numba refused them."""
    result = finished(lab, output_format=output_format)
    for events in (result.events("Sig", 2017), result.events("Sig", 2017, columns=["met"])):
        assert "?" not in str(events.type)
        assert type(ak.to_numpy(events.met)) is np.ndarray
    for _, events in result.variations("Sig", 2017, ["met"]):
        assert "?" not in str(events.type)


def test_results_of_a_store_that_is_there(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    result = finished(lab)
    monkeypatch.chdir(lab.folder)
    # by the folder of the analysis and version, also without that of the store
    for place in (lab.output(), str(lab.output()), "store/toy/v1", "toy/v1"):
        assert Result(place).summary == result.summary
        assert len(Result(place).events("Sig", 2017)) == lab.table().num_rows


def test_one_column_or_any_number_of_them(lab: Lab) -> None:
    result = finished(lab)
    n = lab.table().num_rows
    for columns in ("met", ["met", "met"], (name for name in ("met",))):
        events = result.events("Sig", 2017, columns=columns)
        assert (events.fields, len(events)) == (["met"], n)


def test_results_are_found_by_file_or_by_folder(lab: Lab) -> None:
    folder = finished(lab).folder
    for place in (folder, folder.parent, folder / "summary.json"):
        assert Result(place).folder == folder


@pytest.mark.parametrize("place", ["toy", "toy/v2"])
def test_results_within_or_beside_a_folder_are_offered(lab: Lab, place: str) -> None:
    path = lab.output("summary", "summary.json")
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(StoreError, match=r"(?s)no results.*did you mean '.*/toy/v1'\?"):
        Result(place)


def test_results_that_are_not_there_or_damaged_are_told(lab: Lab) -> None:
    with pytest.raises(StoreError, match="no results at 'toy/v1'"):
        Result("toy/v1")
    path = lab.output("summary", "summary.json")
    path.parent.mkdir(parents=True)
    for content in ("", "{}", '{"inputs": "a'):
        path.write_text(content)
        with pytest.raises(StoreError, match=r"summary\.json is no summary") as caught:
            Result(path)
        assert len(str(caught.value).splitlines()) == 3


def test_each_variation_has_its_events_with_their_whole_weight(lab: Lab) -> None:
    lab.content["systematics"]["weights"]["slope"] = {
        "branches": {"up": "puWeightUp", "down": "puWeightDown"}
    }
    result = finished(lab)
    found = dict(result.variations("Sig", 2017, ["met", "tag_idx"]))
    moved = ("nominal", "met_scale_up", "met_scale_down")
    assert tuple(found) == (*moved, "pileup_up", "pileup_down", "slope_up", "slope_down")
    assert all(events.fields == ["met", "tag_idx", "weight"] for events in found.values())
    yields = result.sample("Sig", 2017).variations
    for variation in moved:
        of_tag = found[variation].weight[found[variation].tag_idx == 0]
        assert sum(of_tag) == pytest.approx(yields[variation].yields["high_met"].value)
    stored = result.events("Sig", 2017)
    central = stored.weight_central
    assert found["pileup_up"].weight.tolist() == stored.weight_full_pileup_up.tolist()
    assert found["slope_up"].weight.tolist() == (central * stored.weight_slope_up).tolist()
    assert found["slope_up"].met.tolist() == stored.met.tolist()


def test_data_have_only_nominal_events(lab: Lab) -> None:
    assert lab.run()
    ((variation, events),) = Result(lab.output()).variations("Data", "2017", ["m_gg"])
    assert variation == "nominal"
    assert set(events.weight.tolist()) == {1.0}


def test_a_column_that_no_variation_has_is_told(lab: Lab) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'met'"):
        list(finished(lab).variations("Sig", "2017", ["mett"]))
