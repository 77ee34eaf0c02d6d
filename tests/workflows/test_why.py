from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from higgsflow.errors import UnknownName, UserError
from higgsflow.records.reasons import EARLIER, NEVER
from workflows.why import stages, why

if TYPE_CHECKING:
    from conftest import Lab


def asked(lab: Lab, stage: str = "MergeSample", **parameters: str) -> tuple[str, ...]:
    """Of a new invocation."""
    sys.path.insert(0, str(lab.taggers.parent))
    lab.write()
    return tuple(map(str, why(stage, analysis=str(lab.path), **parameters)))


def test_says_of_each_stage_why_it_would_run(lab: Lab) -> None:
    lab.without_data()
    assert asked(lab, sample="Sig")[0] == f"IndexSample Sig 2017: {NEVER}"
    assert lab.run("MergeSample", sample="Sig")
    assert asked(lab, sample="Sig") == ()
    lab.sig["xs"] = 1.0
    assert asked(lab, sample="Sig") == (
        "UpdateScale1fb Sig 2017: xs 0.5 -> 1",
        f"MergeSample Sig 2017: {EARLIER}",
    )
    assert not lab.output("summary").exists()


def test_the_store_hears_nothing_of_the_question(lab: Lab) -> None:
    lab.without_data()
    assert asked(lab, sample="Sig")
    assert not lab.store.exists()
    assert lab.run("IndexSample", sample="Sig")
    made_by = lab.output("analysis.yaml").read_bytes()
    lab.sig["xs"] = 1.0
    assert asked(lab, sample="Sig")
    assert lab.output("analysis.yaml").read_bytes() == made_by


def test_an_option_of_a_tagger_is_the_reason_for_jobs(lab: Lab) -> None:
    lab.without_data()
    assert lab.run("MergeSample", sample="Sig")
    lab.content["tag_sequence"][1][0]["options"] = {"threshold": 80.0}
    assert asked(lab, sample="Sig", year="2017")[0] == (
        "ProcessSample Sig 2017: tagger high_met: threshold 60 -> 80 (2 of 2 chunks)"
    )


def test_what_follows_from_a_systematic_that_is_gone_is_no_reason_of_its_own(lab: Lab) -> None:
    lab.without_data()
    shifts = lab.content["systematics"]["independent_collections"] = {"met": lab.met_scale()}
    assert lab.run("MergeSample", sample="Sig")
    shifts.clear()
    told = asked(lab, "MonitorJobs", sample="Sig", year="2017")
    assert told == ("MonitorJobs Sig 2017: systematic met is gone",)


def test_knows_the_stages_of_law(lab: Lab) -> None:
    assert {"RunAnalysis", "MergeSample", "IndexSample"} <= set(stages())
    assert not {"SampleTask", "VariationTask", "AnalysisTask"} & set(stages())
    with pytest.raises(UnknownName, match="Did you mean 'MergeSample'"):
        why("MergeSampel")


@pytest.mark.parametrize(
    ("stage", "option"), [("SummarizeAnalysis", "sample"), ("RunAnalysis", "year")]
)
def test_what_a_stage_is_not_about_is_told(stage: str, option: str) -> None:
    with pytest.raises(UserError) as caught:
        why(stage, analysis="demo", **{option: "x"})
    assert str(caught.value) == f"{stage} has no --{option}\n  leave it out"
