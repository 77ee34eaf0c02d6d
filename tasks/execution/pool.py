"""A pool of processes that runs jobs, and survives what happens to its workers.

Workers receive a module's function and frozen objects. A worker that is killed costs one attempt
of one job.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as TookTooLong
from concurrent.futures.process import BrokenProcessPool
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pebble import ProcessExpired

from higgsflow.attempt import attempt_job
from higgsflow.kept_memory import use_large_pages
from higgsflow.output.atomic import cannot_write, created
from higgsflow.records.ending import classify, crash_report, tail
from higgsflow.records.error_classes import MEANING
from higgsflow.records.job_record import FailureRecord, JobRecord, read_outline
from higgsflow.records.retries import next_attempt
from tasks.execution.knobs import Knobs
from tasks.execution.parent import follow
from tasks.execution.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from higgsflow.model.jobs import JobsManager, Resources
    from tasks.execution.slots import Slots

_TICK = 0.1
_GONE = "killed, as were all processes that run jobs here"
_LEFT = "the code of a tagger or systematic ended the process, with exit code 0"
# entries of a chunk from which on it is worth while to clear memory in large pages
MANY = 50_000
Outcome = JobRecord | FailureRecord


class Book(Protocol):
    """Who hears of everything that happens to the jobs."""

    def begun(self, chunk_id: str, attempt: int, asked: Resources, **known: Any) -> None:
        """An attempt runs."""

    def ended(self, outcome: Outcome) -> bool:
        """An attempt has ended; whether to go on with jobs that have not begun."""

    def tick(self, n_running: int) -> None:
        """Called several times a second."""


# told from others by itself, as a flight is
@dataclass(eq=False)
class Attempt:
    """One try of a job.

    Attributes:
        resources: what it may use.
        not_before: monotonic time before which it must not start, after a failure.
        started: by the clock.
    """

    job: Any
    resources: Resources
    number: int = 1
    not_before: float = 0.0
    started: float = 0.0
    slot: Any = field(default=None, repr=False)


class JobPool:
    """Runs jobs on the free slots of this machine until all have ended."""

    def __init__(self, settings: JobsManager, slots: Slots, logs: Path) -> None:
        self._settings, self._slots, self._logs = settings, slots, logs
        self._most = settings.most(settings.resources)
        self._waiting: deque[Attempt] = deque()
        self._running: dict[Future[Any], Attempt] = {}
        self.knobs = Knobs(parallel_jobs=slots.n, retries=settings.attempts - 1)
        # what was not started any more when `ended` said so
        self.dropped: list[Attempt] = []

    @property
    def n_running(self) -> int:
        """How many jobs run now."""
        return len(self._running)

    def run(self, jobs: Iterable[Any], book: Book) -> None:
        """Runs all jobs, as long as its book says so."""
        self._waiting.extend(Attempt(job, self._settings.resources) for job in jobs)
        self._logs.mkdir(parents=True, exist_ok=True)
        # all are begun at once, on a machine of many cores more than a small sample has use for
        workers = Workers(max(1, min(self._slots.n, len(self._waiting))))
        try:
            while self._waiting or self._running:
                self._start_what_can(workers, book)
                workers.give_up()
                self._end_what_has(book)
                book.tick(self.n_running)
                follow()
            workers.close()
        except BaseException:
            workers.stop()
            raise
        finally:
            workers.join()
            for attempt in self._running.values():
                attempt.slot.release()

    def _start_what_can(self, workers: Workers, book: Book) -> None:
        now = time.monotonic()
        for attempt in [attempt for attempt in self._waiting if attempt.not_before <= now]:
            slot = self._slots.take() if self.n_running < self.knobs.parallel_jobs else None
            if slot is None:
                # nor is there one for the next: each look at all slots takes time from who has them
                return
            self._waiting.remove(attempt)
            attempt.slot, attempt.started = slot, time.time()
            attempt.resources = self.knobs.applied(attempt.resources, attempt.number)
            job = attempt.job.model_copy(update={"attempt": attempt.number})
            future = workers.schedule(
                work,
                args=[job, self._log(attempt), attempt.resources],
                timeout=attempt.resources.time_limit,
            )
            self._running[future] = attempt
            known = {"host": socket.gethostname(), "log": str(self._log(attempt))}
            book.begun(job.chunk.id, attempt.number, attempt.resources, **known)

    def _end_what_has(self, book: Book) -> None:
        if not self._running:
            time.sleep(_TICK)
            return
        for future in wait(self._running, timeout=_TICK, return_when=FIRST_COMPLETED).done:
            attempt = self._running.pop(future)
            attempt.slot.release()
            if not book.ended(self._concluded(self._outcome(future, attempt), attempt)):
                self.dropped.extend(self._waiting)
                self._waiting.clear()

    def _outcome(self, future: Future[Any], attempt: Attempt) -> Outcome:
        try:
            failure: FailureRecord | None = future.result()
        except TookTooLong:
            limit = attempt.resources.time_limit or 0.0
            return self._failure(attempt, "time", f"took longer than the limit of {limit:g} s")
        except BrokenProcessPool:
            return self._failure(attempt, "lost", f"{MEANING['lost']} ({_GONE})")
        except ProcessExpired as error:
            if error.exitcode == 0:
                # from outside nobody ends a process so
                return self._failure(attempt, "defect", _LEFT)
            log = tail(self._log(attempt))
            verdict = classify(error.exitcode, "", log)
            found = self._failure(attempt, verdict.error_class, verdict.message)
            more = {"exit_code": error.exitcode, "traceback": crash_report(log)}
            return found.model_copy(update=more)
        except OSError as error:
            # what goes wrong in a job is its answer: this one could not write its log
            raise cannot_write(self._log(attempt), error) from error
        return failure or self._record(attempt)

    def _record(self, attempt: Attempt) -> Outcome:
        """What a job that ended well has left in the store."""
        path = attempt.job.folder / f"{attempt.job.stem}.json"
        try:
            return read_outline(path.read_bytes())
        except (OSError, ValueError) as error:
            return self._failure(attempt, "store", f"cannot read what the job wrote: {error}")

    def _concluded(self, outcome: Outcome, attempt: Attempt) -> Outcome:
        """A failure that is known to be final or not; in the latter case it will be tried again."""
        if isinstance(outcome, JobRecord):
            return outcome
        settings = self.knobs.settings(self._settings)
        follows = next_attempt(outcome, attempt.resources, self._most, settings)
        if follows is not None:
            again = time.monotonic() + follows.delay
            self._waiting.append(Attempt(attempt.job, follows.resources, follows.number, again))
        return outcome.model_copy(update={"final": follows is None})

    def cancelled(self, attempt: Attempt) -> FailureRecord:
        """The record of an attempt that was not made, or not to its end."""
        return self._failure(attempt, "cancelled", MEANING["cancelled"])

    def _failure(self, attempt: Attempt, error_class: str, message: str) -> FailureRecord:
        """The record of an attempt that did not answer."""
        now = time.time()
        started = attempt.started or now
        return FailureRecord(
            chunk_id=attempt.job.chunk.id,
            digest=attempt.job.digest,
            attempt=attempt.number,
            error_class=error_class,
            message=message,
            host=socket.gethostname(),
            started=started,
            wall=now - started,
            asked=attempt.resources,
            log=str(self._log(attempt)) if attempt.started else "",
        )

    def _log(self, attempt: Attempt) -> Path:
        return self._logs / f"{attempt.job.stem}.{attempt.number}.log"


def work(job: Any, log: Path, resources: Resources) -> FailureRecord | None:
    """Runs a job in a worker; what it prints goes to its log. Its record is in the store.

    Workers share a pipe: one that is killed while it waits to write a large answer would leave half
    of it there, and the others could never write theirs.
    """
    # the descriptors for libraries, the streams for notebooks, where those are no descriptors
    with (
        os.fdopen(created(log), "w", encoding="utf-8") as stream,
        redirect_stdout(stream),
        redirect_stderr(stream),
    ):
        for descriptor in (1, 2):
            os.dup2(stream.fileno(), descriptor)
        if job.chunk.n_entries >= MANY:
            # of this process there are more such jobs to come
            use_large_pages()
        outcome = attempt_job(job, resources, stream, str(log))
        return outcome if isinstance(outcome, FailureRecord) else None
