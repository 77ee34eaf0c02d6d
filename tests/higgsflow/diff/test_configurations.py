from __future__ import annotations

from higgsflow.catalog.folder import CONFIG_FOLDER
from higgsflow.catalog.load import load_analysis
from higgsflow.diff.configurations import configurations
from higgsflow.model.analysis import AnalysisModel

DEMO = load_analysis(CONFIG_FOLDER / "demo.yaml")


def changed(**sections: object) -> AnalysisModel:
    return AnalysisModel.model_validate(DEMO.model_dump(by_alias=True) | sections)


def test_where_it_lies_and_how_it_is_run_is_no_difference() -> None:
    other = changed(name="other", version="v2", store="/elsewhere", jobs_manager={"attempts": 7})
    assert configurations(DEMO, other) == ()
    assert configurations(DEMO, changed(jobs_manager={"min_completion": 0.9})) == (
        "min_completion 1 -> 0.9",
    )


def test_a_source_that_is_gone_is_told_once() -> None:
    content = DEMO.systematics.model_dump(by_alias=True)
    del content["weights"]["prefiring"]
    told = configurations(DEMO, changed(systematics=content))
    assert told == ("systematics.weights prefiring is gone",)


def test_the_priority_of_tags_counts() -> None:
    content = DEMO.model_dump(by_alias=True)["tag_sequence"]
    first, last = content["tag_list"]
    content["tag_list"] = (first, last[::-1])
    assert configurations(DEMO, changed(tag_sequence=content)) == (
        "order of tag_sequence.tag_list: in another order",
    )


def test_files_of_others_have_no_configuration() -> None:
    assert configurations(DEMO, None) == ()
