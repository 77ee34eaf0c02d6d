"""Jobs that an engine has: what is known of each, and what its silence means."""

from __future__ import annotations

import shutil
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from higgsflow.output.atomic import written_atomically
from higgsflow.records.ending import classify, crash_report, tail
from higgsflow.records.job_record import FailureRecord
from higgsflow.there import is_file
from tasks.execution.batch.engine import UNKNOWN
from tasks.execution.batch.script import told_code

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.execution.batch.engine import Key, Seen
    from tasks.execution.batch.places import Places
    from tasks.execution.pool import Attempt


# told from thousands of others by itself: to compare what they hold would take minutes
@dataclass(eq=False)
class Flight:
    """An attempt at a chunk that was given to the engine.

    Attributes:
        key: the job that runs it.
        unsure: whether the engine may not have taken it: who submitted it was killed, or refused.
        may_come_for: seconds in which it may be seen all the same, once the engine answers.
        seen: what the engine last said.
        given_id: what the engine called its job when it took it.
        told: whether the book has heard that it runs.
        silent_since: monotonic time at which it was first seen to have ended, or not seen at all.
    """

    attempt: Attempt
    key: Key
    unsure: bool = False
    may_come_for: float = 0.0
    seen: Seen | None = None
    given_id: str = ""
    told: bool = False
    silent_since: float = 0.0
    submitted: float = field(default_factory=time.time)

    @property
    def stem(self) -> str:
        """The name of its outputs."""
        return str(self.attempt.job.stem)

    @property
    def engine_id(self) -> str:
        """What the engine calls its job; empty where that is not known."""
        return (self.seen.id if self.seen is not None else "") or self.given_id

    def silent_for(self) -> float:
        """Seconds since it was first seen to have ended, or not seen; counted from now at first."""
        self.silent_since = self.silent_since or time.monotonic()
        return time.monotonic() - self.silent_since

    def begun(self, places: Places) -> bool:
        """Whether the node has started with this chunk."""
        return is_file(places.log(self.stem, self.attempt.number))


def has_told(key: Key, places: Places) -> bool:
    """Whether the script of a job has come to its end, and said with which code, if not 0."""
    return told_code(tail(_printed(key, places)))[0] is not None


def failure_of(flight: Flight, seen: Seen, places: Places) -> FailureRecord:
    """The failure of an attempt that left neither record nor failure itself."""
    log = places.log(flight.stem, flight.attempt.number)
    printed = _printed(flight.key, places)
    told, rest = told_code(tail(printed))
    exit_code = seen.exit_code if told is None else told
    text = tail(log) + rest
    if not is_file(log):
        _keep(printed, log)
    # a job whose script has come to its end is not lost, though its engine has no memory of it
    state = "" if seen.state == UNKNOWN.state and told is not None else seen.state
    verdict = classify(exit_code, state, text)
    return FailureRecord(
        chunk_id=flight.attempt.job.chunk.id,
        digest=flight.attempt.job.digest,
        attempt=flight.attempt.number,
        error_class=verdict.error_class,
        message=verdict.message,
        traceback=crash_report(text),
        host=seen.host or socket.gethostname(),
        started=flight.submitted,
        wall=time.time() - flight.submitted,
        asked=flight.attempt.resources,
        exit_code=exit_code,
        engine_id=seen.id,
        batch=flight.key[0],
        log=str(log),
    )


def _printed(key: Key, places: Places) -> Path:
    token, number = key
    return places.batch_folder(token) / f"{number}.out"


def _keep(printed: Path, log: Path) -> None:
    """What a job printed before it could open its log is its log."""
    if is_file(printed):
        with written_atomically(log) as temporary:
            shutil.copyfile(printed, temporary)
