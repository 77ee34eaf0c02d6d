"""How far the jobs of each sample are: one small file each, which one display reads."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from higgsflow.output.atomic import write_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from higgsflow.events.chunks import Chunk
    from higgsflow.records.job_record import FailureRecord, JobRecord

_INTERVAL = 0.5


class Progress:
    """The progress of one sample and year, kept in a file for whoever wants to see it."""

    def __init__(self, folder: Path, name: str, chunks: Sequence[Chunk]) -> None:
        self._path = folder / "progress.json"
        self._name = name
        self._entries = {chunk.id: chunk.n_entries for chunk in chunks}
        self._done: set[str] = set()
        self._failed: dict[str, str] = {}
        self._read_now = 0
        self._started = time.time()
        self._last = 0.0

    def done(self, chunk_id: str, record: JobRecord | None = None) -> None:
        """A chunk is done; with a record when it was done just now."""
        self._done.add(chunk_id)
        self._failed.pop(chunk_id, None)
        if record is not None:
            self._read_now += record.n_entries

    def failed(self, failure: FailureRecord) -> None:
        """An attempt has failed."""
        self._failed[failure.chunk_id] = f"{failure.error_class}: {failure.message.splitlines()[0]}"

    @property
    def fraction(self) -> float:
        """Entries done over all entries."""
        total = sum(self._entries.values())
        return sum(self._entries[c] for c in self._done) / total if total else 1.0

    def show(self, n_running: int) -> None:
        """Updates the file, a few times a second at most."""
        if time.time() - self._last >= _INTERVAL:
            self._last = time.time()
            write_text(self._path, json.dumps(self._content(n_running)))

    def finish(self) -> None:
        """The last update, and one line for outputs that show no display."""
        content = self._content(0)
        write_text(self._path, json.dumps({**content, "finished": True}))
        if not sys.stderr.isatty() and self._read_now:
            sys.stderr.write(as_line(content) + "\n")
            sys.stderr.flush()

    def _content(self, n_running: int) -> dict[str, Any]:
        seconds = time.time() - self._started
        return {
            "name": self._name,
            "pid": os.getpid(),
            "chunks": len(self._entries),
            "done": len(self._done),
            "running": n_running,
            "failed": len(self._failed),
            "entries": sum(self._entries.values()),
            "entries_done": sum(self._entries[c] for c in self._done),
            "rate": self._read_now / seconds if seconds > 0 else 0.0,
            "seconds": seconds,
            "last_failure": next(reversed(self._failed.values()), ""),
            "finished": False,
        }


def as_line(content: dict[str, Any]) -> str:
    """One line of text about a sample and year."""
    failed = f", {content['failed']} failed" if content["failed"] else ""
    return (
        f"{content['name']}: {content['done']}/{content['chunks']} chunks{failed}, "
        f"{content['entries_done']:,} of {content['entries']:,} events, "
        f"{content['rate']:,.0f} events/s"
    )
