from __future__ import annotations

import pytest

from higgsflow.records.analysis_status import State, state_of_all


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
