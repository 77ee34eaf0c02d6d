from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from higgsflow.errors import UserError
from tasks.execution.trial import events_of, try_events

if TYPE_CHECKING:
    from conftest import Lab


def test_a_range_is_two_numbers() -> None:
    assert events_of("5:120") == (5, 120)


@pytest.mark.parametrize("text", ["", "5", "5:", ":5", "5:5", "6:5", "-1:5", "a:b", "1:2:3"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="give START:STOP, such as 0:100"):
        events_of(text)


def test_runs_what_was_asked_for_and_keeps_nothing(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017", branch=1)
    before = lab.state()
    try_events(task, task.branch_data, "10:30")
    assert capsys.readouterr().out.startswith("20 events of branch 1 ran without an exception; ")
    assert not {name for name in lab.changed_since(before) if name.startswith("chunks")}
