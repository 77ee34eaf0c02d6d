"""What batch jobs have left in the store up to now."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from pydantic import ValidationError

from higgsflow.records.failures import FailureLog
from higgsflow.records.job_record import FailureRecord, JobRecord, read_outline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.execution.batch.places import Places


class Mailbox:
    """Looks once at the two folders to which jobs write."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._records = dict(_files(places.chunks))
        self._failures_folder = FailureLog(places.jobs).folder
        self._failures = dict(_files(self._failures_folder))

    def outcome(self, stem: str, attempt: int, batch: str) -> JobRecord | FailureRecord | None:
        """The record of a chunk, or the failure of an attempt; None while there is neither.

        Whoever made the events, they are the same. A failure counts when its job was of the batch:
        one of another engine has the same chunk and attempt.
        """
        if f"{stem}.json" in self._records:
            record = self._record(stem)
            if record is not None:
                return record
        if f"{stem}.{attempt}.json" in self._failures:
            failure = self._failure(f"{stem}.{attempt}.json")
            # those of earlier versions do not say of which batch they are
            if failure is not None and failure.batch in ("", batch):
                return failure
        return None

    def _record(self, stem: str) -> JobRecord | None:
        """The record, once its events are as long as it says."""
        with suppress(OSError, ValueError):
            record = read_outline((self._places.chunks / f"{stem}.json").read_bytes())
            if self._records.get(record.output.name) == record.output.size:
                return record
        return None

    def _failure(self, name: str) -> FailureRecord | None:
        with suppress(OSError, ValidationError):
            content = (self._failures_folder / name).read_bytes()
            return FailureRecord.model_validate_json(content)
        return None


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    """Names and sizes; temporary files come and go meanwhile."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                with suppress(FileNotFoundError):
                    yield entry.name, entry.stat().st_size
