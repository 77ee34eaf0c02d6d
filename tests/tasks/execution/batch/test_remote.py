from __future__ import annotations

from queue import Queue
from types import SimpleNamespace
from typing import Any

import pytest

from higgsflow.model.engines import Site
from higgsflow.model.jobs import JobsManager
from tasks.execution.batch.knobs import knobs_of
from tasks.execution.batch.remote import HearingBook
from tasks.execution.job_book import JobBook

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize("engine", ["local", "htcondor", "slurm"])
def test_the_parameter_alone_chooses_the_engine(bench: Any, engine: str) -> None:
    bench.prepare()
    task = type(bench.task).req(bench.task, workflow=engine)
    assert task.workflow_proxy.workflow_type == engine


class Message:
    """As luigi hands one over."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.answers: list[str] = []

    def __str__(self) -> str:
        return self.text

    def respond(self, answer: str) -> None:
        self.answers.append(answer)


def test_messages_of_luigis_page_are_followed_and_answered(bench: Any) -> None:
    task = bench.prepare().task
    message = Message("parallel_jobs = 3")
    messages: Queue[Message] = Queue()
    messages.put(message)
    knobs = knobs_of(Site(engine="slurm"), JobsManager())
    book = JobBook(task, "slurm")
    book.open_jobs()
    HearingBook(book, SimpleNamespace(scheduler_messages=messages), knobs).tick(0)
    assert knobs.parallel_jobs == 3
    assert message.answers == ["parallel_jobs is 3 from now on"]


def test_without_the_commands_of_an_engine_it_ends_at_the_door(
    bench: Any, monkeypatch: pytest.MonkeyPatch, capfd: Captured
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    bench.prepare()
    with pytest.raises(SystemExit):
        bench.lab.run("MergeSample", sample="Sig", workflow="slurm")
    told = capfd.readouterr().err
    assert "no sbatch on this machine" in told
    assert "Traceback" not in told
