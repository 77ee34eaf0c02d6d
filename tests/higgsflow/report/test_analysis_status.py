from __future__ import annotations

import pytest

from higgsflow.report.analysis_status import AnalysisStatus, StageStatus, State, state_of_all


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ((), "done"),
        (("done", "done"), "done"),
        (("done", "open"), "open"),
        (("open", "stale", "done"), "stale"),
        (("stale", "failed", "open"), "failed"),
        (("failed", "running", "done"), "running"),
    ],
)
def test_the_whole_is_what_needs_attention_first(parts: tuple[State, ...], whole: State) -> None:
    assert state_of_all(parts) == whole


def test_print_shows_the_table_of_the_command() -> None:
    summary = StageStatus(stage="SummarizeAnalysis", state="open", path="/s/summary.json")
    content = {"analysis": "toy", "version": "v1", "store": "/s", "state": "open", "samples": ()}
    lines = str(AnalysisStatus(summary=summary, **content)).splitlines()
    assert lines[0].split() == [
        "sample", "year", "index", "jobs", "table", "scale1fb", "merge", "chunks", "events",
    ]  # fmt: skip
    assert lines[-1] == "toy v1: open"
