from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import uproot

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


def test_names_the_one_event_that_an_exception_comes_of(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017", branch=1)
    part = task.branch_data.ranges[0]
    with uproot.open(part.url) as file:
        names = file["Events"].arrays(["run", "luminosityBlock", "event"], library="np")
    entry = part.start + 23
    run, lumi, number = (int(names[name][entry]) for name in names)
    code = lab.taggers.read_text(encoding="utf-8")
    refuses = f"assert not (events.event == {number}).tolist().count(True)"
    code = code.replace('reads=["mass"]', 'reads=["mass", "event"]')
    code = code.replace(
        "    return events.mass > low", f"    {refuses}\n    return events.mass > low"
    )
    lab.taggers.write_text(code, encoding="utf-8")
    task = lab.task("ProcessSample", sample="Sig", year="2017", branch=1)
    with pytest.raises(AssertionError):
        try_events(task, task.branch_data, "5:30")
    told = capsys.readouterr().err
    assert told.startswith(f"event {run}:{lumi}:{number} is enough for it, entry {entry} of ")
    assert told.rstrip().endswith("--branch 1 --events 23:24")
