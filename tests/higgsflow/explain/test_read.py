from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from higgsflow.catalog.load import load_analysis
from higgsflow.errors import MissingColumn
from higgsflow.explain.read import read_events
from higgsflow.plan import make_plan

if TYPE_CHECKING:
    from conftest import Lab

    from higgsflow.plan import Plan


def plan_of(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.syspath_prepend(str(lab.taggers.parent))
    analysis = load_analysis(lab.write())
    return make_plan(analysis, analysis.samples.pair("Sig", "2017"))


def test_reads_what_jobs_read(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(lab, monkeypatch)
    first, rest = read_events(plan, str(lab.files / "Sig_2017_0.root"), 5, 8)
    assert first.event.to_list() == [1005, 1006, 1007]
    assert set(first.fields) == {need.name for need in plan.first_needs}
    assert set(rest.fields) == {need.name for need in plan.rest_needs} == {"MET_pt"}
    assert len(rest) == 3


def test_a_column_that_is_not_there_is_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = {"w": {"branches": {"up": "puWeightUpp"}}}
    lab.content["systematics"] = {"weights": weights}
    with pytest.raises(MissingColumn, match="no column 'puWeightUpp'"):
        read_events(plan_of(lab, monkeypatch), str(lab.files / "Sig_2017_0.root"), 0, 1)
