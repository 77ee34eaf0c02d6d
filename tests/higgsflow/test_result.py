from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from higgsflow.errors import UnknownName
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
    flow = result.cut_flow("Sig", "2017", "pair")
    assert (flow.total.n, flow.passed.n) == (80, lab.table().num_rows)
    assert result.report == lab.output("summary", "report.html")
    assert repr(result) == f"Result(toy, 1 samples and years, report: {result.report})"
    with pytest.raises(UnknownName, match=r"Did you mean 'Sig \(2017\)'"):
        result.events("Sgi", "2017")
    with pytest.raises(UnknownName, match="Did you mean 'met_scale_up'"):
        result.events("Sig", "2017", "met_scael_up")
    with pytest.raises(UnknownName, match=r"no column 'mett' in the .*Did you mean 'met'"):
        result.events("Sig", 2017, columns=["m_gg", "mett"])
    with pytest.raises(UnknownName, match="Did you mean 'high_met events'"):
        result.cut_flow("Sig", "2017", "hgih_met")


def test_events_of_root_files(lab: Lab) -> None:
    result = finished(lab, output_format="root")
    events = result.events("Sig", "2017", columns=["met", "weight_central"])
    with pytest.raises(UnknownName, match="Did you mean 'met'"):
        result.events("Sig", "2017", columns=["mett"])
    assert set(events.fields) == {"met", "weight_central"}
    assert len(events) == lab.read("merged", "Sig", "2017", "nominal.json")["rows"]
