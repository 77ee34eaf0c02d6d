"""The journal of a sample's jobs: one file, to which who drives them appends what happens.

A line is JSON: the first one is about all jobs, each other one tells what is new of one chunk. Who
reads it needs nothing else, however many jobs there are, and may do so while it is written: a last
line that was cut off tells nothing.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from higgsflow.errors import Unreadable
from higgsflow.output.atomic import cannot_write, write_text
from higgsflow.records.job_state import JobsHead, JobState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from higgsflow.events.chunks import Chunk
    from higgsflow.records.job_record import FailureRecord, JobRecord

_NAME = "journal.jsonl"
# never through a link, which leads to another file than the one that was begun
_APPENDED = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class Journal:
    """Writes the journal of one sample and year; only one process at a time may."""

    def __init__(self, jobs_folder: Path) -> None:
        self._path = jobs_folder / _NAME
        self._states: dict[str, JobState] = {}

    def begin(self, head: JobsHead, states: Iterable[JobState]) -> None:
        """Starts anew with what is known now.

        Raises:
            StoreError: when the store cannot be written.
        """
        self._states = {state.chunk_id: state for state in states}
        lines = [head.model_dump_json()]
        lines.extend(
            state.model_dump_json(exclude_defaults=True) for state in self._states.values()
        )
        write_text(self._path, "".join(f"{line}\n" for line in lines))

    def state(self, chunk_id: str) -> JobState:
        """What is known of a chunk."""
        return self._states[chunk_id]

    def note(self, chunk_id: str, **changes: Any) -> None:
        """Adds what is new of a chunk, as fields of `JobState`.

        Raises:
            StoreError: when the store cannot be written.
        """
        self._states[chunk_id] = self._states[chunk_id].model_copy(update=changes)
        line = json.dumps({"chunk_id": chunk_id, **changes}) + "\n"
        try:
            with os.fdopen(os.open(self._path, _APPENDED, 0o666), "ab", buffering=0) as file:
                file.write(line.encode())
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def done(self, record: JobRecord) -> None:
        """A job has done its chunk."""
        self.note(record.chunk_id, **_of_record(record))

    def failed(self, failure: FailureRecord) -> None:
        """An attempt has failed."""
        before = self._states[failure.chunk_id].failures
        n = before.get(failure.error_class, 0) + 1
        failures = {**before, failure.error_class: n}
        self.note(failure.chunk_id, failures=failures, **_of_failure(failure))


def first_state(branch: int, chunk: Chunk, lost: FailureRecord | None = None) -> JobState:
    """What is known of a chunk before its job runs; `lost` when it has failed for good before."""
    first = chunk.ranges[0]
    state = JobState(
        chunk_id=chunk.id,
        branch=branch,
        n_entries=chunk.n_entries,
        first_url=first.url,
        start=first.start,
    )
    if lost is None:
        return state
    failures = {lost.error_class: 1}
    known = {"failures": failures, "attempts": lost.attempt, **_of_failure(lost)}
    return state.model_copy(update=known)


def done_state(branch: int, chunk: Chunk, before: JobState | None) -> JobState:
    """What is known of a chunk that was done before; `before` is what was written then."""
    if before is None or before.status != "done":
        return first_state(branch, chunk).model_copy(update={"status": "done"})
    return before.model_copy(update={"branch": branch, "first_url": chunk.ranges[0].url})


def settled(
    before: Mapping[str, JobState],
    chunks: Sequence[Chunk],
    records: Mapping[str, Sequence[JobRecord]],
    failures: Mapping[str, FailureRecord],
) -> list[JobState]:
    """What is known of every chunk once nothing runs, by the records of jobs and final failures.

    `before` is what the journal says by chunk: of jobs that landed later it knows too little.
    """
    found = []
    for branch, chunk in enumerate(chunks):
        known = before.get(chunk.id)
        if chunk.id in records:
            state = done_state(branch, chunk, known)
            found.append(state.model_copy(update=_of_record(records[chunk.id][-1])))
        elif known is not None and known.status == "failed":
            found.append(known.model_copy(update={"branch": branch}))
        else:
            found.append(first_state(branch, chunk, failures.get(chunk.id)))
    return found


def _of_record(record: JobRecord) -> dict[str, Any]:
    effort = record.effort
    return {
        "status": "done",
        "attempts": record.attempt,
        "host": effort.host,
        "started": effort.started,
        "ended": effort.started + effort.wall,
        "wall": effort.wall,
        "cpu": effort.cpu,
        "peak_memory_mb": effort.peak_memory_mb,
    }


def _of_failure(failure: FailureRecord) -> dict[str, Any]:
    known = {
        "status": "failed" if failure.final else "waiting",
        "error_class": failure.error_class,
        "message": failure.message,
        "host": failure.host,
        "ended": failure.started + failure.wall,
        "wall": failure.wall,
    }
    return known | ({"log": failure.log} if failure.log else {})


def read_journal(jobs_folder: Path) -> tuple[JobsHead, tuple[JobState, ...]] | None:
    """What the journal says of all jobs and of each; None where there is none, or a damaged one.

    Raises:
        Unreadable: where it may not be read.
    """
    try:
        first, *rest = (jobs_folder / _NAME).read_bytes().splitlines()
        head = JobsHead.model_validate_json(first)
    except PermissionError as error:
        raise Unreadable(error) from error
    except (OSError, ValueError, ValidationError):
        return None
    found: dict[str, dict[str, Any]] = {}
    for line in rest:
        with suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError):
            news = json.loads(line)
            found.setdefault(news["chunk_id"], {}).update(news)
    try:
        return head, tuple(JobState.model_validate(state) for state in found.values())
    except ValidationError:
        return None
