"""One attempt at a job, on whatever machine: it answers with a record, also when it fails.

Everything that can still be told is told here. Of a process that is ended from outside, what is
left is its exit code and its log; see `records.ending`.
"""

from __future__ import annotations

import faulthandler
import functools
import gc
import os
import signal
import socket
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from higgsflow.errors import UserError
from higgsflow.events.failing import failing_events
from higgsflow.job import run_job
from higgsflow.kept_memory import give_memory_back, keep_freed_memory
from higgsflow.records.ending import BEGUN
from higgsflow.records.error_classes import EXIT_CODES, class_of
from higgsflow.records.exception_text import (
    LONGEST_TRACEBACK,
    message_of,
    traceback_of,
    without_middle,
)
from higgsflow.records.job_record import FailureRecord, JobRecord
from higgsflow.servers import waits_told
from higgsflow.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.job import Job
    from higgsflow.model.jobs import Resources

_LOOK = 0.1  # seconds between two looks at the memory
_MUCH = 0.5  # of the memory that is allowed
_NEW = 20_000  # objects between two looks of the garbage collector while a job runs
_STATUS = Path("/proc/self/status")


def attempt_job(
    job: Job, asked: Resources, log: TextIO, log_path: str
) -> JobRecord | FailureRecord:
    """Runs a job; what ends it, short of the end of this process, becomes a `FailureRecord`.

    More memory than asked for ends the process with the exit code of its class. The log needs a
    file descriptor, so that crashes can be written to it; `log_path` is where a user will find it.
    """
    started = time.time()
    log.write(_first_line(job, asked))
    log.flush()
    _forget_peak_memory()
    _pass_over_what_is_there()
    keep_freed_memory()
    faulthandler.enable(log, all_threads=False)
    try:
        waits = waits_told(functools.partial(_tell_wait, log))
        with limited_memory(asked.memory_mb, log), waits, rare_looks():
            return run_job(job)
    # whatever a user's tagger raises, even an exit, belongs to its job
    except BaseException as error:
        if _is_of_the_user(error):
            raise
        lines = traceback_of(error)
        log.write(visible(lines))
        log.flush()
        return FailureRecord(
            chunk_id=job.chunk.id,
            digest=job.digest,
            attempt=job.attempt,
            error_class=class_of(error),
            message=_message(error),
            traceback=without_middle(lines, LONGEST_TRACEBACK),
            exception=type(error).__name__,
            says_all=isinstance(error, UserError),
            failing=failing_events(error),
            host=socket.gethostname(),
            started=started,
            wall=time.time() - started,
            asked=asked,
            log=log_path,
        )
    finally:
        faulthandler.disable()


def _is_of_the_user(error: BaseException) -> bool:
    """Whether it may come of a Ctrl-C, which processes that ignore the signal do not hear of."""
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    return isinstance(error, KeyboardInterrupt) and not ignored


@contextmanager
def limited_memory(limit_mb: float | None, log: TextIO) -> Iterator[None]:
    """Ends this process once its resident memory is above a limit, as batch engines do."""
    if limit_mb is None:
        yield
        return
    # what an earlier job of this process has left is not used by this one
    if resident_mb() > _MUCH * limit_mb:
        give_memory_back()
    ended = threading.Event()
    threading.Thread(target=_watch, args=(limit_mb, log, ended), daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def resident_mb() -> float:
    """The resident memory of this process; 0 where the system does not say."""
    with suppress(OSError):
        for line in _STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _watch(limit_mb: float, log: TextIO, ended: threading.Event) -> None:
    while not ended.wait(_LOOK):
        used = resident_mb()
        if used > limit_mb:
            log.write(f"out of memory: {used:.0f} MB are used, {limit_mb:.0f} MB are allowed\n")
            faulthandler.dump_traceback(file=log, all_threads=True)
            log.flush()
            os._exit(EXIT_CODES["memory"])


def _first_line(job: Job, asked: Resources) -> str:
    limits = [
        f"{value:g} {unit}"
        for value, unit in ((asked.memory_mb, "MB"), (asked.time_limit, "s"))
        if value is not None
    ]
    allowed = f", at most {' and '.join(limits)}" if limits else ""
    where = f"{socket.gethostname()}, process {os.getpid()}"
    what = f"{job.chunk.id} of {job.sample} {job.year}, attempt {job.attempt}"
    return f"{BEGUN} {what}, {where}{allowed}\n"


def _tell_wait(log: TextIO, seconds: float) -> None:
    log.write(f"a server has not answered for {seconds:.0f} s\n")
    log.flush()


def _forget_peak_memory() -> None:
    """Lets the peak that the record tells be that of this job: workers run several in turn."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


@functools.cache
def _pass_over_what_is_there() -> None:
    """Lets the garbage collector look only at what jobs make, not at all modules again and again.

    Once in a process: what a job left in circles of references is to be found by the next one. To
    ask the collector whether it does so would make it count some 200,000 objects, for each job.
    """
    gc.freeze()


@contextmanager
def rare_looks() -> Iterator[None]:
    """Lets the garbage collector look less often: a job makes thousands of small objects that stay.

    Events go without it, when nobody refers to them. What code of users leaves in circles it finds
    as soon as the job has ended.
    """
    before = gc.get_threshold()
    # 0 would be never, which somebody has asked for
    gc.set_threshold(before[0] and max(before[0], _NEW), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _message(error: BaseException) -> str:
    """What happened, and for errors of ours in which events of which file."""
    said = message_of(error)
    if isinstance(error, UserError):
        events = failing_events(error)
        if events is None or events.url in said:
            return said
        return f"{said}\n  in events {events.start} to {events.stop} of {events.url}"
    return f"{type(error).__name__}: {said}"
