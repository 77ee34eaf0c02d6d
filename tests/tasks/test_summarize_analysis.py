from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from tasks.targets import Overtaken

if TYPE_CHECKING:
    from conftest import Lab


def test_needs_the_merged_events_of_every_sample_and_year(lab: Lab) -> None:
    required = lab.task("SummarizeAnalysis").requires()
    assert list(required) == ["Sig (2017)", "Data (2017)"]
    assert {type(task).__name__ for task in required.values()} == {"MergeSample"}


def test_is_made_again_when_what_is_shown_changes(lab: Lab) -> None:
    lab.without_data()
    assert lab.run("SummarizeAnalysis")
    assert lab.task("SummarizeAnalysis").complete()
    shown = {
        "blinding": {"window": [120.0, 130.0]},
        "year_groups": {"both": ["2017", "2018"]},
        "sentinels": {"min_events": 3},
        "report": {"max_files": 0, "energy": "13.6"},
    }
    for name, value in shown.items():
        before = lab.content.get(name, {})
        lab.content[name] = value
        assert not lab.task("SummarizeAnalysis").complete(), name
        lab.content[name] = before
        assert lab.task("SummarizeAnalysis").complete(), name
    lab.sig["process"] = "another group"
    assert not lab.task("SummarizeAnalysis").complete()
    del lab.sig["process"]
    lab.sig["signal"] = False
    assert not lab.task("SummarizeAnalysis").complete()
    lab.sig["signal"] = True
    lab.sig["alternative"] = True
    assert not lab.task("SummarizeAnalysis").complete()
    assert lab.task("MergeSample", sample="Sig").complete()


@pytest.mark.parametrize("meanwhile", ["merged/Sig/2017/nominal.json", "report.html"])
def test_numbers_of_events_that_are_gone_meanwhile_are_not_shown(lab: Lab, meanwhile: str) -> None:
    """As where another command merges them again, while numbers are read or pictures drawn."""
    lab.without_data()
    assert lab.run("SummarizeAnalysis")
    before = {path.name for path in lab.output("summary").iterdir()}
    page = lab.output("summary", "report.html").read_bytes()
    lab.content["sentinels"] = {"min_events": 3}
    task = lab.task("SummarizeAnalysis")
    # which reads what records say of themselves, and never again
    assert not task.complete()
    events, watching = lab.output("merged", "Sig", "2017", "nominal.parquet"), True

    def note(event: str, about: tuple[Any, ...]) -> None:
        if watching and event == "open" and meanwhile in str(about[0]):
            events.unlink(missing_ok=True)

    sys.addaudithook(note)
    with pytest.raises(Overtaken):
        task.run()
    # a hook stays as long as the process
    watching = False
    assert not events.exists()
    found = {path.name for path in lab.output("summary").iterdir()}
    if meanwhile == "report.html":
        assert "summary.json" not in found
    else:
        assert found == before
        assert lab.output("summary", "report.html").read_bytes() == page


def test_of_a_sample_that_came_or_went_no_more_is_told(lab: Lab) -> None:
    lab.without_data()
    assert lab.run("SummarizeAnalysis")
    samples = lab.content["samples"]["samples"]
    samples["Other"] = dict(lab.sig)
    assert lab.run("MergeSample", sample="Other")
    assert lab.task("SummarizeAnalysis").news() == ("samples: + Other (2017)",)
    assert lab.run("SummarizeAnalysis")
    del samples["Other"]
    gone, left = lab.task("SummarizeAnalysis").news()
    assert (gone, left) == ("samples: - Other (2017)", "merged files left over: + Other/2017")


def test_variables_of_the_input_are_drawn_with_their_unit(lab: Lab) -> None:
    lab.without_data()
    lab.content["variables_of_interest"].append("input:MET_pt")
    assert lab.run("SummarizeAnalysis")
    page = lab.output("summary", "report.html").read_text("utf-8")
    assert ">MET_pt [GeV]</text>" in page
    assert "MET_pt is not drawn" not in page
