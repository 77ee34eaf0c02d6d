from __future__ import annotations

import pytest

from higgsflow.analysis import Analysis
from higgsflow.output.descriptions import describe
from higgsflow.plan import Plan, make_plan
from higgsflow.taggers.base import COLLECTION


def demo_plan(*variables: str) -> Plan:
    demo = Analysis.from_yaml("demo")
    if variables:
        demo = demo.model_copy(update={"variables_of_interest": variables})
    return make_plan(demo, demo.samples.pair("ttH_M125", "2017"))


def test_every_column_that_the_demo_writes_is_described() -> None:
    plan = demo_plan()
    found = describe(plan)
    assert {*plan.variables, *plan.weight_columns, "year", "process_id", "tag_idx"} <= set(found)
    assert all(found.values())


@pytest.mark.parametrize("position", [0, 1])
def test_shipped_taggers_describe_all_they_add(position: int) -> None:
    plan = demo_plan()
    for tagger in plan.steps[position]:
        adds = tagger.adds(plan.context)
        plain = {name for name, kind in adds.items() if kind != COLLECTION}
        assert set(tagger.describes(plan.context)) == plain


def test_momenta_and_masses_have_units() -> None:
    found = describe(demo_plan())
    for name in ("m_gg", "pt_gg", "lead_pt", "sublead_pt", "m_jj"):
        assert found[name].endswith(" [GeV]")


def test_tags_are_listed_in_order() -> None:
    expected = "position of the tag: 0 tth_leptonic, 1 thq_leptonic, 2 tth_hadronic; -1 for none"
    assert describe(demo_plan())["tag_idx"] == expected


def test_columns_of_the_input_are_named_as_such() -> None:
    found = describe(demo_plan("m_gg", "input:MET_pt", "input:PV_npvs"))
    assert found["MET_pt"] == "column MET_pt of the input [GeV]"
    assert found["PV_npvs"] == "column PV_npvs of the input"


def test_directions_of_weights_are_named() -> None:
    found = describe(demo_plan())
    assert found["weight_pileup_up"] == "factor of systematic pileup, direction up"
    assert "direction up in place" in found["weight_full_pileup_up"]
