from __future__ import annotations

import pytest

from higgsflow.report.analysis_status import (
    AnalysisStatus,
    JobCounts,
    SampleStatus,
    StageStatus,
    State,
)
from higgsflow.report.status import render


def analysis(state: State, *reasons: str) -> AnalysisStatus:
    jobs = JobCounts(
        waiting=3, running=2, done=4, failed=1, n_entries=12_000, n_entries_done=4_000,
        n_entries_counted=4_000,
    )  # fmt: skip
    stage = StageStatus(stage="ProcessSample", state=state, reasons=reasons, path="/s/chunks")
    sample = SampleStatus(sample="Sig", year="2017", state=state, stages=(stage,), jobs=jobs)
    summary = StageStatus(stage="SummarizeAnalysis", state="open", path="/s/summary.json")
    return AnalysisStatus(
        analysis="toy", version="v1", store="/s", state=state, samples=(sample,), summary=summary
    )


def test_a_line_for_each_sample_and_year() -> None:
    lines = render(analysis("running")).splitlines()
    (row,) = [line for line in lines if "2017" in line]
    assert row.split() == [
        "Sig", "2017", "running", "4/10,", "2", "running,", "1", "failed", "4,000/12,000",
    ]  # fmt: skip
    assert lines[-2:] == ["summary: open, /s/summary.json", "toy v1: running"]


def test_reasons_are_told_below_and_not_too_many() -> None:
    text = render(analysis("stale", "a", "b", "c", "d", "e"))
    assert "\nProcessSample Sig 2017 again: a; b; c; and 2 more\n" in text


def test_what_many_samples_have_in_common_is_told_once() -> None:
    """A change of one option filled 90 lines."""
    known = analysis("stale", "a")
    other = known.samples[0].changed(year="2018")
    summary = known.summary.changed(reasons=("b",))
    text = render(known.changed(samples=(*known.samples, other), summary=summary))
    told = [line for line in text.splitlines() if " again: " in line]
    assert told == [
        "ProcessSample, of 2 samples and years, again: a", "SummarizeAnalysis again: b"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("waiting", "told"), [(3, "4,000/12,000"), (0, "4,000/12,000, 1,000 count")]
)
def test_parts_of_skims_are_told_once_the_rest_is_not_to_come(waiting: int, told: str) -> None:
    status = analysis("failed")
    jobs = status.samples[0].jobs
    assert jobs is not None
    known = {"waiting": waiting, "running": 0, "n_entries_counted": 1_000}
    sample = status.samples[0].model_copy(update={"jobs": jobs.model_copy(update=known)})
    (row,) = [
        line
        for line in render(status.model_copy(update={"samples": (sample,)})).splitlines()
        if "2017" in line
    ]
    assert row.endswith(f"  {told}")


def test_fits_a_screen() -> None:
    assert max(map(len, render(analysis("running")).splitlines())) <= 100
