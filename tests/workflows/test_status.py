from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from higgsflow.analysis import Analysis
from higgsflow.errors import UserError
from tasks.execution.driver_lock import driving
from workflows.status import status

if TYPE_CHECKING:
    from conftest import Lab

    from higgsflow.report.analysis_status import AnalysisStatus

STAGES = ("IndexSample", "ProcessSample", "MonitorJobs", "UpdateScale1fb", "MergeSample")


@pytest.fixture
def toy(lab: Lab) -> Lab:
    sys.path.insert(0, str(lab.taggers.parent))
    return lab.without_data()


def asked(lab: Lab) -> AnalysisStatus:
    return status(Analysis.from_yaml(lab.write()))


def states(lab: Lab) -> tuple[str, ...]:
    """Of the stages of the sample, of the sample itself, the summary and the whole."""
    found = asked(lab)
    (sample,) = found.samples
    assert tuple(stage.stage for stage in sample.stages) == STAGES
    return (*(s.state for s in sample.stages), sample.state, found.summary.state, found.state)


def reasons(lab: Lab) -> dict[str, tuple[str, ...]]:
    (sample,) = asked(lab).samples
    return {stage.stage: stage.reasons for stage in sample.stages if stage.reasons}


def test_what_was_never_made_is_open_and_looking_makes_nothing(toy: Lab) -> None:
    assert states(toy) == ("open",) * 8
    assert not toy.store.exists()


def test_what_is_made_is_done_and_a_look_changes_nothing(toy: Lab) -> None:
    assert toy.run("MergeSample", sample="Sig")
    before = toy.state()
    assert states(toy) == (*("done",) * 6, "open", "open")
    assert toy.state() == before
    assert toy.run()
    assert states(toy) == ("done",) * 8
    (sample,) = asked(toy).samples
    assert sample.jobs is not None
    assert (sample.jobs.done, sample.jobs.n_entries, sample.jobs.n_entries_done) == (2, 80, 80)


def test_what_was_made_of_something_else_is_stale_and_says_why(toy: Lab) -> None:
    assert toy.run()
    toy.sig["xs"] = 2.0
    assert states(toy) == (*("done",) * 3, "stale", "stale", "stale", "stale", "stale")
    assert reasons(toy) == {"UpdateScale1fb": ("xs 0.5 -> 2",)}
    toy.sig["xs"] = 0.5
    toy.content["tag_sequence"][1][0]["options"] = {"threshold": 80.0}
    assert states(toy) == ("done", *("stale",) * 7)
    assert reasons(toy) == {
        "ProcessSample": ("tagger high_met: threshold 60 -> 80 (2 of 2 chunks)",)
    }


def test_files_that_changed_make_everything_stale(toy: Lab) -> None:
    toy.own_files()
    assert toy.run("MergeSample", sample="Sig")
    toy.own_paths()[0].unlink()
    toy.content["samples"]["samples"]["Sig"]["files"]["2017"] = str(toy.own_paths()[0])
    assert states(toy) == (*("stale",) * 6, "open", "stale")


def test_jobs_that_somebody_drives_are_running(toy: Lab) -> None:
    assert toy.run("ProcessSample", sample="Sig")
    with driving(toy.output("jobs", "Sig", "2017"), lambda: None):
        assert states(toy) == (
            "done",
            "running",
            "open",
            "open",
            "open",
            "running",
            "open",
            "running",
        )


def test_jobs_that_failed_for_good_are_failed(toy: Lab) -> None:
    broken = toy.taggers.read_text().replace("events.run > 0", "1 / 0")
    toy.taggers.write_text(broken)
    toy.jobs["attempts"] = 1
    assert not toy.run("MergeSample", sample="Sig")
    assert states(toy) == ("done", "failed", "open", "open", "open", "failed", "open", "failed")
    (sample,) = asked(toy).samples
    assert sample.jobs is not None
    assert sample.jobs.errors == {"defect": sample.jobs.failed}
    assert sample.jobs.failed > 0


def test_jobs_of_a_change_that_failed_and_was_taken_back_are_those_of_today(toy: Lab) -> None:
    """All stages were done, and beside them 0 of 2 chunks."""
    assert toy.run()
    right = dict(toy.content["tag_sequence"][1][0])
    toy.content["tag_sequence"][1][0]["options"] = {"threshold": None}
    assert not toy.run()
    toy.content["tag_sequence"][1][0] = right
    assert states(toy) == ("done",) * 8
    (sample,) = asked(toy).samples
    assert sample.jobs is not None
    assert (sample.jobs.done, sample.jobs.failed, sample.jobs.n_entries_done) == (2, 0, 80)


def test_an_analysis_that_is_wrong_is_told(toy: Lab) -> None:
    toy.content["variables_of_interest"] = ["m_g"]
    with pytest.raises(UserError, match="no variable 'm_g'"):
        asked(toy)


def test_it_is_a_method_of_an_analysis(toy: Lab) -> None:
    assert Analysis.from_yaml(toy.write()).status().state == "open"
