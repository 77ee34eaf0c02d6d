"""Messages from luigi's page to who drives the jobs of a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from higgsflow.model.jobs import Resources
    from higgsflow.records.job_record import FailureRecord, JobRecord
    from tasks.execution.job_book import JobBook
    from tasks.execution.knobs import Knobs


class HearingBook:
    """The book of a sample's jobs, whose keeper also hears messages from luigi's page."""

    def __init__(self, book: JobBook, task: Any, knobs: Knobs) -> None:
        self._book, self._task, self._knobs = book, task, knobs
        self.submitted = book.submitted

    def begun(self, chunk_id: str, attempt: int, asked: Resources, **known: Any) -> None:
        """An attempt runs."""
        self._book.begun(chunk_id, attempt, asked, **known)

    def ended(self, outcome: JobRecord | FailureRecord) -> bool:
        """An attempt has ended; whether to go on with the rest."""
        return self._book.ended(outcome)

    def tick(self, n_running: int) -> None:
        """Called several times a second."""
        self._book.tick(n_running)
        messages = self._task.scheduler_messages
        while messages and not messages.empty():
            message = messages.get()
            message.respond(self._knobs.set(str(message)))
