"""How far the jobs of each sample are: kept in a file, in a table of jobs, and on luigi's page."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from higgsflow.output.atomic import write_text
from tasks.execution.display import is_shown, say
from tasks.execution.jobs_page import JobsPage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from higgsflow.events.chunks import Chunk
    from higgsflow.records.job_record import FailureRecord, JobRecord

_INTERVAL = 0.5
# of what is read by people: luigi's page and the table of jobs
_SLOW_INTERVAL = 3.0
# of lines in a log, where nothing is shown
_LINE_INTERVAL = 600.0


class Progress:
    """The progress of one sample and year, for whoever wants to see it.

    Args:
        folder: of the jobs of this sample and year.
        name: sample and year.
        chunks: all of them.
        publish: is told a message, and how much is done, every few seconds.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        chunks: Sequence[Chunk],
        publish: Callable[[str, float], None] | None = None,
    ) -> None:
        self._path = folder / "progress.json"
        self._name = name
        self._publish = publish
        self._page = JobsPage(folder / "jobs.html", name, chunks)
        self._entries = {chunk.id: chunk.n_entries for chunk in chunks}
        self._done: set[str] = set()
        self._failed: dict[str, str] = {}
        self._read_now = 0
        self._memory = 0.0
        # seconds in which something ran: waiting for a free core says nothing about the rate
        self._busy = 0.0
        self._began, self._ticked = time.time(), time.monotonic()
        self._last = self._last_slow = 0.0
        self._last_line = time.monotonic()
        # how often somebody told something, and what was shown last, at once and slowly
        self._n_told = 0
        self._shown: Any = None
        self._shown_slowly: Any = None

    def done(self, chunk_id: str, record: JobRecord | None = None) -> None:
        """A chunk is done; with a record when it was done just now."""
        self._n_told += 1
        self._done.add(chunk_id)
        self._failed.pop(chunk_id, None)
        self._page.done(chunk_id, record)
        if record is not None:
            self._read_now += record.n_entries
            self._memory = max(self._memory, record.effort.peak_memory_mb)

    def failed(self, failure: FailureRecord) -> None:
        """An attempt has failed."""
        self._n_told += 1
        self._failed[failure.chunk_id] = f"{failure.error_class}: {failure.first_line}"
        self._page.failed(failure)

    @property
    def chunks_done(self) -> frozenset[str]:
        """Ids of the chunks that are done."""
        return frozenset(self._done)

    @property
    def fraction(self) -> float:
        """Entries done over all entries."""
        total = sum(self._entries.values())
        return sum(self._entries[c] for c in self._done) / total if total else 1.0

    def show(self, n_running: int) -> None:
        """Updates the file a few times a second at most, and the rest every few seconds.

        Only what is news: dozens of samples may wait for hours for a free core.
        """
        now = time.monotonic()
        self._busy += (now - self._ticked) * bool(n_running)
        self._ticked = now
        if now - self._last < _INTERVAL:
            return
        self._last = now
        content = self._content(n_running)
        news = (self._n_told, content)
        if news != self._shown:
            self._shown = news
            write_text(self._path, json.dumps(content))
        if now - self._last_slow >= _SLOW_INTERVAL and news != self._shown_slowly:
            self._last_slow, self._shown_slowly = now, news
            self._tell(content)
        if now - self._last_line >= _LINE_INTERVAL and not is_shown():
            self._last_line = now
            say(as_line(content))

    def finish(self) -> None:
        """The last update, and one line for outputs that show no display."""
        content = {**self._content(0), "finished": True}
        write_text(self._path, json.dumps(content))
        self._tell(content)
        if self._read_now and not is_shown():
            say(as_line(content))

    def _tell(self, content: dict[str, Any]) -> None:
        line = as_line(content)
        self._page.write(line, finished=content["finished"])
        if self._publish is not None:
            failure = content["last_failure"]
            message = f"{line}\nlast failure: {failure}" if failure else line
            self._publish(message, self.fraction)

    def _content(self, n_running: int) -> dict[str, Any]:
        return {
            "name": self._name,
            "pid": os.getpid(),
            "chunks": len(self._entries),
            "done": len(self._done),
            "running": n_running,
            "failed": len(self._failed),
            "entries": sum(self._entries.values()),
            "entries_done": sum(self._entries[c] for c in self._done),
            "entries_read": self._read_now,
            "rate": self._read_now / self._busy if self._busy else 0.0,
            "began": self._began,
            "seconds": self._busy,
            "memory_mb": self._memory,
            "last_failure": next(reversed(self._failed.values()), ""),
            "finished": False,
        }


def as_line(content: dict[str, Any]) -> str:
    """One line of text about a sample and year."""
    running = f", {content['running']} running" if content["running"] else ""
    failed = f", {content['failed']} failed" if content["failed"] else ""
    # a batch engine that was not asked while jobs ran does not say how long they took
    rate = f", {content['rate']:,.0f} events/s" if content["rate"] else ""
    return (
        f"{content['name']}: {content['done']}/{content['chunks']} chunks{running}{failed}, "
        f"{content['entries_done']:,} of {content['entries']:,} events{rate}"
    )
