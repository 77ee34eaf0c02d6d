from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from higgsflow.catalog.load import load_analysis
from higgsflow.catalog.store import find_in_store
from higgsflow.errors import InvalidConfiguration
from higgsflow.events.stored_index import is_produced, run_stage, stored_index

if TYPE_CHECKING:
    from conftest import Lab


def test_an_index_that_is_damaged_or_not_there_is_told_with_the_command(lab: Lab) -> None:
    analysis = load_analysis(lab.write())
    pair = analysis.samples.pair("Sig", "2017")
    path = lab.output("index", "Sig", "2017", "index.json")
    path.parent.mkdir(parents=True)
    for content in ("", "{}"):
        path.write_text(content)
        with pytest.raises(InvalidConfiguration) as caught:
            stored_index(analysis, pair)
        assert str(caught.value).splitlines()[2] == (
            "  first: law run IndexSample --analysis toy --sample Sig --year 2017"
        )


def test_files_are_produced_where_a_task_makes_them(lab: Lab) -> None:
    analysis = load_analysis(lab.write())
    assert not is_produced(analysis.samples.pair("Sig", "2017"))
    demo = find_in_store("demo", "")
    pair = demo.samples.pair("ttH_M125", "2017")
    assert is_produced(pair)
    of_v2 = run_stage("MergeSample", demo.model_copy(update={"version": "v2"}), pair)
    assert of_v2 == f"{run_stage('MergeSample', demo, pair)} --version v2"
    assert run_stage("MergeSample", demo, pair) == (
        "law run MergeSample --analysis demo --sample ttH_M125 --year 2017"
    )
