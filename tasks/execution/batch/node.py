"""The program of a batch job: runs its chunks, and leaves a record or a failure of each.

    python -m tasks.execution.batch.node BATCH NUMBER SEAL

It knows neither law nor any scheduler. Each chunk runs in the scratch folder that it is started in,
and its outputs then move to the store: the events first, the record last, each whole or not at all.
"""

from __future__ import annotations

import faulthandler
import os
import shutil
import signal
import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from higgsflow.errors import StoreError
from higgsflow.model.reference import look_in
from higgsflow.output.atomic import created, written_atomically
from higgsflow.records.error_classes import EXIT_CODES, MEANING, class_of
from higgsflow.records.failures import FailureLog
from higgsflow.records.job_record import FailureRecord, JobRecord
from tasks.execution import collector
from tasks.execution.batch.batch_file import Batch
from tasks.execution.quick_end import end

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.job import Job
    from tasks.execution.batch.batch_file import Header, Portion

_SHELL = 128  # what shells add to the number of a signal
# seconds for what goes on after the last chunk, such as threads that a tagger has begun
_GRACE = 60.0
_ROOM = "say `TMPDIR` in `environment`, or `request_disk` in `extra_lines`, of engines.yaml"


def main(arguments: Sequence[str]) -> int:
    """Runs one job of a batch; the exit code is 0 when all its chunks are done."""
    signal.signal(signal.SIGTERM, _end)
    # as in workers of a pool: an interruption that is raised all the same is of a tagger
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    path, number, seal = arguments
    try:
        header, job = Batch(Path(path)).read(int(number), seal)
    except (OSError, StoreError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CODES["store"]
    look_in(header.analysis.python_path)
    code = 0
    for portion in job.portions:
        code = _run(header, portion) or code
    return code


def leave(code: int) -> NoReturn:
    """Ends the process: all that counts is in the store.

    What never ends would keep it, and its place on the node, until the engine ends it. It is told
    what that is, from outside of Python, which something may keep, too.
    """
    faulthandler.dump_traceback_later(_GRACE, exit=True)
    end(code)


def _end(number: int, _frame: Any) -> None:
    """An engine wants the job to end; it says itself why, and asks whoever submitted it."""
    sys.stderr.write(f"ended by {signal.Signals(number).name}\n")
    sys.stderr.flush()
    os._exit(_SHELL + number)


def _run(header: Header, portion: Portion) -> int:
    """Runs one chunk; what it prints goes to its log. The exit code is that of its class."""
    path = header.jobs_folder / "logs" / f"{portion.stem}.{portion.attempt}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(created(path), "w", encoding="utf-8") as log, _printing_to(log):
        job = job_of(header, portion, Path.cwd())
        failed = _Failed(header, portion, path)
        outcome = attempt(job, portion, log, failed)
        if isinstance(outcome, JobRecord):
            outcome = _published(job, header.folder, failed) or outcome
        if isinstance(outcome, JobRecord):
            return 0
        outcome = _of_this_node(outcome, job.folder)
        failed.keep(outcome)
        return EXIT_CODES.get(outcome.error_class, 1)  # type: ignore[call-overload,no-any-return]


def _of_this_node(failure: FailureRecord, scratch: Path) -> FailureRecord:
    """Tells of a scratch folder that takes no more where it is: the store has room."""
    what = failure.message.partition("\n")[0]
    if failure.error_class != "store" or f"{scratch}/" not in what:
        return failure
    told = f"the scratch folder of {failure.host} takes no more: {what.rpartition(': ')[2]}"
    return failure.model_copy(update={"message": str(StoreError(told, str(scratch), _ROOM))})


@contextmanager
def _printing_to(log: TextIO) -> Iterator[None]:
    """Lets everything that the process prints go to a log."""
    kept = os.dup(1), os.dup(2)
    try:
        for descriptor in (1, 2):
            os.dup2(log.fileno(), descriptor)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, before in zip((1, 2), kept, strict=True):
            os.dup2(before, descriptor)
            os.close(before)


def job_of(header: Header, portion: Portion, scratch: Path) -> Job:
    """What `run_job` takes, with its outputs in the scratch folder."""
    from higgsflow.job import Job

    # the header is validated; another schema takes as long to make as it took to read the header
    return Job.trusted(
        analysis=header.analysis,
        sample=header.sample,
        year=header.year,
        chunk=portion.chunk,
        wanted=header.wanted[portion.wanted],
        names=header.names,
        folder=scratch,
        attempt=portion.attempt,
        profile=header.analysis.jobs_manager.profile,
        known_files=header.known_files,
    )


def attempt(job: Job, portion: Portion, log: TextIO, failed: _Failed) -> JobRecord | FailureRecord:
    """Runs a chunk, if the code here is what the run began with, and for as long as it may take."""
    from higgsflow.attempt import attempt_job

    try:
        changed = changed_products(job)
    except Exception as error:  # noqa: BLE001
        # before the job began: whatever it is, it is of this node
        return failed.record("environment", f"{type(error).__name__}: {error}")
    if changed:
        return failed.record(
            "environment",
            f"the code on {socket.gethostname()} is not that with which the run began: it would "
            f"make another '{changed[0]}'. Run the command again once the code is as it shall be",
        )
    collector.work()
    with _limited_time(portion.resources.time_limit, log, failed):
        return attempt_job(job, portion.resources, log, str(failed.log))


def changed_products(job: Job) -> list[str]:
    """The wanted variations that the code and files seen from here would make otherwise."""
    from higgsflow import given_files
    from higgsflow.digests import freeze_code, products
    from higgsflow.plan import make_plan

    # many systematics are functions of one module, which is read once, and imported once for all
    freeze_code(job.analysis)
    pair = job.analysis.samples.pair(job.sample, job.year)
    plan = make_plan(job.analysis, pair)
    given_files.freeze([plan])
    here = products(plan)
    return [name for name, wanted in job.wanted.items() if not _makes(here.get(name), wanted)]


def _makes(here: Any, wanted: Any) -> bool:
    return here is not None and bool(here.covers(wanted))


class _Failed:
    """Makes and keeps the records of a chunk that failed, of which batch its job is too."""

    def __init__(self, header: Header, portion: Portion, log: Path) -> None:
        self.log = log
        self._header, self._portion = header, portion
        self._started = time.time()

    def record(self, error_class: str, message: str) -> FailureRecord:
        """Of a failure outside of what `attempt_job` watches."""
        return FailureRecord(
            chunk_id=self._portion.chunk.id,
            digest=self._portion.digest,
            attempt=self._portion.attempt,
            error_class=error_class,
            message=message,
            host=socket.gethostname(),
            started=self._started,
            wall=time.time() - self._started,
            asked=self._portion.resources,
            log=str(self.log),
        )

    def keep(self, failure: FailureRecord) -> None:
        """Leaves it where whoever submitted the job looks."""
        told = failure.model_copy(update={"batch": self._header.token})
        FailureLog(self._header.jobs_folder).add(told)


@contextmanager
def _limited_time(limit: float | None, log: TextIO, failed: _Failed) -> Iterator[None]:
    """Ends this process when its time is over, with a word on what it was doing."""
    if limit is None:
        yield
        return

    def end() -> None:
        message = f"{MEANING['time']}: took longer than the limit of {limit:g} s"
        log.write(message + "\n")
        faulthandler.dump_traceback(file=log, all_threads=True)
        log.flush()
        failed.keep(failed.record("time", message))
        os._exit(EXIT_CODES["time"])

    timer = threading.Timer(limit, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _published(job: Job, folder: Path, failed: _Failed) -> FailureRecord | None:
    """Moves the outputs to the store, the record last; a failure when it does not take them."""
    try:
        for ending in ("parquet", "json"):
            made = job.folder / f"{job.stem}.{ending}"
            with written_atomically(folder / made.name) as temporary:
                _move(made, temporary)
    except Exception as error:  # noqa: BLE001
        return failed.record(class_of(error), str(error))
    return None


def _move(made: Path, target: Path) -> None:
    """Moves a file to where one is that was made there."""
    # on one file system a name is enough, unless what is made in the store has rights of its own
    with suppress(OSError):
        if _rights(made) == _rights(target):
            made.replace(target)
            return
    shutil.copyfile(made, target)
    made.unlink()


def _rights(path: Path) -> tuple[int, list[str]]:
    # of Linux, where nodes are
    listed = os.listxattr(path) if hasattr(os, "listxattr") else []
    return path.stat().st_gid, sorted(listed)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
