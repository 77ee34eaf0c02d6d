from __future__ import annotations

from queue import Queue
from types import SimpleNamespace
from typing import TYPE_CHECKING

from higgsflow.model.jobs import Resources
from higgsflow.records.journal import read_journal
from tasks.execution.batch.knobs import Knobs
from tasks.execution.hearing import HearingBook
from tasks.execution.job_book import JobBook

if TYPE_CHECKING:
    from conftest import Lab


class Message:
    """As luigi hands one over."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.answers: list[str] = []

    def __str__(self) -> str:
        return self.text

    def respond(self, answer: str) -> None:
        self.answers.append(answer)


def test_messages_of_luigis_page_are_followed_and_answered(lab: Lab) -> None:
    assert lab.run("IndexSample", sample="Sig")
    message = Message("parallel_jobs = 3")
    messages: Queue[Message] = Queue()
    messages.put(message)
    knobs = Knobs(parallel_jobs=8, retries=2)
    book = JobBook(lab.task("ProcessSample", sample="Sig", year="2017"), "local")
    book.open_jobs()
    HearingBook(book, SimpleNamespace(scheduler_messages=messages), knobs).tick(0)
    assert knobs.parallel_jobs == 3
    assert message.answers == ["parallel_jobs is 3 from now on"]


def test_the_book_hears_of_all_that_happens_to_jobs(lab: Lab) -> None:
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    book = JobBook(task, "slurm")
    (first, _) = book.open_jobs()
    nobody = SimpleNamespace(scheduler_messages=None)
    hearing = HearingBook(book, nobody, Knobs(parallel_jobs=8, retries=2))
    hearing.submitted(first.chunk.id, "17")
    hearing.begun(first.chunk.id, 2, Resources(), host="n1")
    hearing.tick(1)
    journal = read_journal(lab.output("jobs", "Sig", "2017"))
    assert journal is not None
    state = journal[1][0]
    assert (state.engine_id, state.status, state.attempts, state.host) == ("17", "running", 2, "n1")
    assert lab.read("jobs", "Sig", "2017", "progress.json")["running"] == 1
