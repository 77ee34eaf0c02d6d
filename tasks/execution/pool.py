"""A pool of processes that runs jobs, and survives what happens to its workers.

Workers receive a module's function and frozen objects. A worker that is killed costs one attempt
of one job.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pebble import ProcessExpired, ProcessPool

from higgsflow.errors import InputFileError, StoreError, UserError
from higgsflow.records.job_record import FailureRecord, JobRecord
from tasks.execution.interruption import end_with_parent

if TYPE_CHECKING:
    from pathlib import Path

    from higgsflow.model.jobs import JobsManager
    from tasks.execution.slots import Slots

_TICK = 0.1
# modules that call the code of users
_SELECTION = ("higgsflow.taggers.sequence", "higgsflow.weights", "higgsflow.variations")
CANCELLED = ("cancelled", "was cancelled: enough was done without it")
Listener = Callable[[JobRecord | FailureRecord], bool]


@dataclass
class Attempt:
    """One try of a job.

    Attributes:
        not_before: time before which it must not start, after a failure.
    """

    job: Any
    number: int = 1
    not_before: float = 0.0
    started: float = 0.0
    slot: Any = field(default=None, repr=False)


class JobPool:
    """Runs jobs on the free slots of this machine until all have ended."""

    def __init__(self, settings: JobsManager, slots: Slots, logs: Path) -> None:
        self._settings, self._slots, self._logs = settings, slots, logs
        self._waiting: deque[Attempt] = deque()
        self._running: dict[Future[Any], Attempt] = {}
        self._parent = os.getppid()
        # what was not started any more when `ended` said so
        self.dropped: list[Attempt] = []

    @property
    def n_running(self) -> int:
        """How many jobs run now."""
        return len(self._running)

    def run(self, jobs: Iterable[Any], ended: Listener, tick: Callable[[], None]) -> None:
        """Runs all jobs; `ended` hears of every end and says whether to go on with the rest."""
        self._waiting.extend(Attempt(job) for job in jobs)
        self._logs.mkdir(parents=True, exist_ok=True)
        context = multiprocessing.get_context("fork")
        pool = ProcessPool(max_workers=self._slots.n, context=context, initializer=end_with_parent)
        try:
            while self._waiting or self._running:
                self._start_what_can(pool)
                self._end_what_has(ended)
                tick()
                self._follow_parent()
            pool.close()
        except BaseException:
            pool.stop()
            raise
        finally:
            pool.join()
            for attempt in self._running.values():
                attempt.slot.release()

    def _start_what_can(self, pool: ProcessPool) -> None:
        now = time.time()
        for _ in range(len(self._waiting)):
            attempt = self._waiting.popleft()
            slot = self._slots.take() if attempt.not_before <= now else None
            if slot is None:
                self._waiting.append(attempt)
                continue
            attempt.slot, attempt.started = slot, now
            job = attempt.job.model_copy(update={"attempt": attempt.number})
            log = self._logs / f"{job.stem}.{attempt.number}.log"
            limit = self._settings.time_limit
            future = pool.schedule(work, args=[job, log], timeout=limit)
            self._running[future] = attempt

    def _end_what_has(self, ended: Listener) -> None:
        if not self._running:
            time.sleep(_TICK)
            return
        for future in wait(self._running, timeout=_TICK, return_when=FIRST_COMPLETED).done:
            attempt = self._running.pop(future)
            attempt.slot.release()
            outcome = self._outcome(future, attempt)
            if isinstance(outcome, FailureRecord) and not outcome.final:
                again = time.time() + self._settings.retry_delay * attempt.number
                self._waiting.append(Attempt(attempt.job, attempt.number + 1, not_before=again))
            if not ended(outcome):
                self.dropped.extend(self._waiting)
                self._waiting.clear()

    def _outcome(self, future: Future[Any], attempt: Attempt) -> JobRecord | FailureRecord:
        try:
            result: JobRecord | FailureRecord = future.result()
        except (ProcessExpired, TookTooLong, CancelledError) as error:
            result = self.failure(attempt, *_lost(error, self._settings.time_limit))
        if isinstance(result, JobRecord):
            return result
        last = attempt.number >= self._settings.attempts or not result.is_infrastructure
        return result.model_copy(update={"final": last})

    def failure(self, attempt: Attempt, error_class: str, message: str) -> FailureRecord:
        """The record of an attempt that did not answer, or was not made."""
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
        )

    def _follow_parent(self) -> None:
        """Ends when the process that asked for it is gone: nobody would hear of the results."""
        if os.getppid() != self._parent:
            raise SystemExit("the process that started this one has ended")


def _lost(error: BaseException, time_limit: float) -> tuple[str, str]:
    """Class and message of a job whose worker did not answer."""
    if isinstance(error, TookTooLong):
        return "time", f"took longer than the limit of {time_limit:g} s"
    if isinstance(error, CancelledError):
        return CANCELLED
    code = getattr(error, "exitcode", None)
    return "lost", f"its process ended with code {code}; killed, or out of memory?"


def work(job: Any, log: Path) -> JobRecord | FailureRecord:
    """Runs a job in a worker; what it prints goes to its log."""
    from higgsflow.job import run_job

    started = time.time()
    # the descriptors for libraries, the streams for notebooks, where those are no descriptors
    with (
        log.open("w", encoding="utf-8") as stream,
        redirect_stdout(stream),
        redirect_stderr(stream),
    ):
        for descriptor in (1, 2):
            os.dup2(stream.fileno(), descriptor)
        try:
            return run_job(job)
        # whatever a user's tagger raises belongs to its job, not to the pool
        except Exception as error:  # noqa: BLE001
            traceback.print_exc(file=stream)
            return FailureRecord(
                chunk_id=job.chunk.id,
                digest=job.digest,
                attempt=job.attempt,
                error_class=error_class(error),
                message=_message(error),
                traceback="".join(traceback.format_exception(error)),
                host=socket.gethostname(),
                started=started,
                wall=time.time() - started,
            )


def error_class(error: BaseException) -> str:
    """The class of a failure: infrastructure (input, memory, store) or a defect."""
    if isinstance(error, InputFileError):
        return "input"
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, OSError | StoreError) and not _is_of_the_selection(error):
        return "store"
    return "defect"


def _is_of_the_selection(error: BaseException) -> bool:
    """Whether a tagger or systematic raised it: a file that their code misses is its defect."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(frame.f_globals.get("__name__") in _SELECTION for frame in frames)


def _message(error: BaseException) -> str:
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
