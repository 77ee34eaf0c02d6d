"""The table of the jobs of a sample and year while they run, as a page that renews itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgsflow.output.atomic import write_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from higgsflow.events.chunks import Chunk
    from higgsflow.records.job_record import FailureRecord, JobRecord
    from higgsflow.report.markup import Content, Html

# rows of a page that a browser draws at once
_MOST = 500
_RENEWED = "5"  # seconds
_HEADERS = ("chunk", "file", "entries", "status", "attempt", "time", "memory", "host", "message")
_ORDER = ("failed", "done", "", "done before")


@dataclass(frozen=True)
class _Job:
    """What is known of a chunk."""

    status: str = ""
    attempt: int = 0
    wall: float = 0.0
    memory_mb: float = 0.0
    host: str = ""
    message: str = ""


class JobsPage:
    """Collects what becomes of every chunk, and writes it as HTML."""

    def __init__(self, path: Path, title: str, chunks: Sequence[Chunk]) -> None:
        self._path, self._title = path, title
        self._chunks = {chunk.id: chunk for chunk in chunks}
        self._jobs = {chunk.id: _Job() for chunk in chunks}

    def done(self, chunk_id: str, record: JobRecord | None) -> None:
        """A chunk is done: now, with its record, or before."""
        if record is None:
            self._jobs[chunk_id] = _Job("done before")
            return
        effort = record.effort
        self._jobs[chunk_id] = _Job(
            "done", record.attempt, effort.wall, effort.peak_memory_mb, effort.host
        )

    def failed(self, failure: FailureRecord) -> None:
        """An attempt has failed."""
        message = f"{failure.error_class}: {failure.message}"
        self._jobs[failure.chunk_id] = _Job(
            "failed", failure.attempt, failure.wall, 0.0, failure.host, message
        )

    def write(self, line: str, finished: bool) -> None:
        """Writes the page; one that is not finished asks to be read again."""
        from higgsflow.report.markup import document, element, joined, table, void

        order = sorted(self._jobs, key=lambda name: _ORDER.index(self._jobs[name].status))
        rows = [self._row(name) for name in order[:_MOST]]
        left_out = len(order) - len(rows)
        renewed = void("meta", http_equiv="refresh", content=_RENEWED)
        parts = (
            element("h1", f"Jobs of {self._title}"),
            element("p", line),
            table(_HEADERS, rows),
            element("p", f"and {left_out:,} more" if left_out else "", class_="note"),
        )
        head = () if finished else (renewed,)
        page = document(f"jobs of {self._title}", element("main", joined(parts)), head=head)
        write_text(self._path, page)

    def _row(self, name: str) -> tuple[Content, ...]:
        from higgsflow.report.formatting import count, seconds
        from higgsflow.report.markup import element

        job, chunk = self._jobs[name], self._chunks[name]
        status: str | Html = job.status or "waiting"
        if job.status == "failed":
            status = element("strong", "failed", class_="bad")
        return (
            element("code", name[:12]),
            chunk.ranges[0].url.rpartition("/")[2] if chunk.ranges else "",
            count(chunk.n_entries),
            status,
            str(job.attempt or ""),
            seconds(job.wall) if job.wall else "",
            f"{job.memory_mb:.0f} MB" if job.memory_mb else "",
            job.host,
            element("span", job.message, class_="long"),
        )
