from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

import pytest

from tasks.execution import scheduler
from tasks.execution.page import named, publish, url_for

if TYPE_CHECKING:
    from conftest import Lab


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (
            {"analysis": "demo", "sample": "Sig", "year": "2017", "version": "v1", "branch": "-1"},
            {"sample": "Sig", "year": "2017"},
        ),
        ({"sample": "Sig", "year": "", "variation": "()"}, {"sample": "Sig"}),
        ({"sample": "Sig", "year": "2017", "branch": "3"},
         {"sample": "Sig", "year": "2017", "branch": "3"}),
        ({"analysis": "/a/b/mine.yaml", "version": "v1"}, {"analysis": "mine"}),
    ],
)  # fmt: skip
def test_a_stage_is_named_by_what_identifies_it(params: Any, expected: Any) -> None:
    assert named(params) == expected


def test_there_are_no_addresses_without_a_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "current", [])
    assert url_for({"analysis": "demo"}) is None


def test_the_address_is_that_of_the_report_or_of_the_jobs(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = lab.task("MergeSample", sample="Sig", year="2017")
    found = scheduler.Scheduler("http://127.0.0.1:1", lab.store)
    monkeypatch.setattr(scheduler, "current", [found])
    params = {"analysis": str(lab.path), "version": task.version}
    assert url_for(params) == "http://127.0.0.1:1/store/toy/v1/summary/report.html"
    of_sample = url_for({**params, "sample": "Sig", "year": "2017"})
    assert of_sample == "http://127.0.0.1:1/store/toy/v1/jobs/Sig/2017/jobs.html"
    elsewhere = scheduler.Scheduler("http://127.0.0.1:1", None)
    monkeypatch.setattr(scheduler, "current", [elsewhere])
    report = lab.output("summary", "report.html")
    assert url_for(params) == report.as_uri()


def test_messages_are_text_and_not_html(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    task = types.SimpleNamespace(
        set_status_message=told.append, set_progress_percentage=told.append
    )
    monkeypatch.setattr(scheduler, "current", [])
    publish(task, "<b>", 0.05)
    assert told == []
    monkeypatch.setattr(scheduler, "current", [scheduler.Scheduler("http://127.0.0.1:1")])
    publish(task, "<b> & so", 0.05)
    assert told == ["(b) + so", 5]


@pytest.mark.parametrize(
    ("fraction", "shown"), [(0, 0), (1 / 1500, 0.06), (0.57, 57), (1499 / 1500, 99.93), (1, 100)]
)
def test_what_has_begun_is_more_than_nothing_and_what_has_not_ended_less_than_all(
    monkeypatch: pytest.MonkeyPatch, fraction: float, shown: float
) -> None:
    told: list[float] = []
    task = types.SimpleNamespace(
        set_status_message=lambda _: None, set_progress_percentage=told.append
    )
    monkeypatch.setattr(scheduler, "current", [scheduler.Scheduler("http://127.0.0.1:1")])
    publish(task, "runs", fraction)
    assert told == [shown]
