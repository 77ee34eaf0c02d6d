from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from higgsflow.analysis import Analysis
from higgsflow.catalog.snapshot import read_snapshot, write_snapshot
from higgsflow.catalog.store import folder_of
from higgsflow.errors import UserError
from higgsflow.model.analysis import AnalysisModel
from workflows.launch import run_analysis

if TYPE_CHECKING:
    from conftest import Lab


@pytest.fixture
def analysis(lab: Lab) -> Analysis:
    """The toy analysis as an object."""
    sys.path.insert(0, str(lab.taggers.parent))
    return Analysis.from_yaml(lab.without_data().write())


def test_gives_the_path_of_the_summary_and_leaves_its_configuration(
    lab: Lab, analysis: Analysis
) -> None:
    assert run_analysis(analysis) == lab.output("summary", "summary.json")
    written = read_snapshot(lab.output("analysis.yaml"))
    for name in ("samples", "systematics", "tag_sequence", "variables_of_interest"):
        mine = getattr(analysis, name)
        theirs = getattr(written, name)
        assert theirs == mine
    assert isinstance(written, AnalysisModel)


def test_another_one_whose_place_it_takes_is_told(
    analysis: Analysis, capfd: pytest.CaptureFixture[str]
) -> None:
    other = analysis.model_copy(update={"python_path": ("/elsewhere",)})
    write_snapshot(other, folder_of(other))
    run_analysis(analysis)
    assert "was made by another configuration called 'toy'" in capfd.readouterr().err
    run_analysis(analysis)
    assert "another configuration" not in capfd.readouterr().err


def test_an_analysis_that_does_not_get_to_its_end_raises(lab: Lab, analysis: Analysis) -> None:
    lab.own_files()[0].write_bytes(b"")
    broken = Analysis.from_yaml(lab.write())
    with pytest.raises(UserError):
        run_analysis(broken)


def test_errors_known_before_anything_runs_are_raised_as_they_are(lab: Lab) -> None:
    sys.path.insert(0, str(lab.taggers.parent))
    lab.content["variables_of_interest"] = ["m_gg", "emt"]
    with pytest.raises(UserError, match="'emt'"):
        run_analysis(Analysis.from_yaml(lab.write()))
    assert not lab.store.exists()
