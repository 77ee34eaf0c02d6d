"""Chunks on the cores of this machine: a law workflow whose branches run in a pool.

law's own local workflow stays pending once a branch has failed for good, however much may be lost.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import law

from higgsflow.errors import IncompleteSample, UserError
from higgsflow.plan import check_index
from higgsflow.records.chunk_store import ChunkStore
from higgsflow.records.job_record import FailureRecord, JobRecord
from higgsflow.records.sample_jobs import missing_products
from tasks import session
from tasks.execution.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from higgsflow.completeness import Completeness

_SHOWN = 4  # lost ranges in a message
# seconds after which nobody writes to a temporary file any more
_OLD = 86400


class PooledWorkflowProxy(law.workflow.local.LocalWorkflowProxy):
    """Runs the chunks that are not done, by the project's completeness rule."""

    # law would ask a server process of its own, one for each sample, which outlives an interruption
    _local_workflow_has_yielded = False

    def requires(self) -> Any:
        return self.task.workflow_requires()

    def output(self) -> Any:
        if not self.task.year:
            return {year: task.output() for year, task in self.task.by_year().items()}
        return super().output()

    def threshold(self, n: int | None = None) -> float:
        """How many branches `--print-status` asks for; the rule itself counts entries."""
        n = len(self.task.get_branch_map()) if n is None else n
        if self.task.pair.is_data:
            return float(n)
        return n * float(self.task.model.jobs_manager.min_completion)

    def run(self) -> None:
        if self.task.year:
            from tasks.index_sample import IndexSample, index_of

            self.task.tell_reasons()
            check_index(self.task.plan, index_of(IndexSample.req(self.task).output()).index)
            SampleDriver(self.task).run()


class PooledWorkflow(law.LocalWorkflow):
    """A workflow on local cores."""

    workflow_proxy_cls = PooledWorkflowProxy
    exclude_index = True


class SampleDriver:
    """Drives the jobs of one sample and year to their end, and judges it."""

    def __init__(self, task: Any) -> None:
        self._task = task
        self._store = ChunkStore(task.chunk_folder)
        self._progress = Progress(task.stage_folder("jobs"), task.pair.name, task.chunks)
        self._defect: FailureRecord | None = None

    def run(self) -> None:
        """Runs what is missing.

        Raises:
            UserError: for a defect, or when too much is lost.
        """
        from tasks.execution.pool import JobPool
        from tasks.execution.slots import Slots

        task = self._task
        settings = task.model.jobs_manager
        jobs = self._open_jobs()
        remove_leftovers(task.chunk_folder)
        store = session.store_of(task.model)
        slots = Slots(store / ".slots", settings.n_workers)
        pool = JobPool(settings, slots, task.stage_folder("jobs") / "logs")
        pool.run(jobs, self._ended, lambda: self._progress.show(pool.n_running))
        self._progress.finish()
        if self._defect is None:
            # enough is done without these: they count as lost until retrying is asked for
            for attempt in pool.dropped:
                lost = pool.cancelled(attempt).model_copy(update={"final": True})
                task.failures.add(lost)
        self._judge()

    def _open_jobs(self) -> list[Any]:
        """Jobs for the chunks that are neither done nor lost for good."""
        task = self._task
        done = self._store.done(task.chunks, task.wanted)
        lost = task.final_failures(self._store) if self._keeps_failures() else {}
        jobs = []
        for chunk in task.chunks:
            if chunk.id in done:
                self._progress.done(chunk.id)
            elif chunk.id not in lost:
                task.failures.forget(chunk.id)
                jobs.append(task.job(chunk, missing_products(self._store, chunk, task.wanted)))
        return jobs

    def _keeps_failures(self) -> bool:
        """Final failures stay, unless retrying is asked for or too little is left with them."""
        suffices: bool = self._task.completeness().suffices
        return suffices and not session.current.retry_failed

    def _ended(self, outcome: JobRecord | FailureRecord) -> bool:
        if isinstance(outcome, JobRecord):
            self._progress.done(outcome.chunk_id, outcome)
            return not self._is_enough()
        self._task.failures.add(outcome)
        self._progress.failed(outcome)
        if not outcome.is_infrastructure:
            self._defect = outcome
            return False
        return True

    def _is_enough(self) -> bool:
        settings = self._task.model.jobs_manager
        # who asks to retry wants all of it
        wait = settings.stragglers != "cancel" or session.current.retry_failed
        if wait or self._task.pair.is_data:
            return False
        return bool(self._progress.fraction >= settings.min_completion)

    def _judge(self) -> None:
        if self._defect is not None:
            raise _told(self._defect, self._log_of(self._defect))
        found = self._task.completeness()
        if not found.suffices:
            raise self._too_much_lost(found)

    def _too_much_lost(self, found: Completeness) -> IncompleteSample:
        store = ChunkStore(self._task.chunk_folder)
        done = store.done(self._task.chunks, self._task.wanted)
        failures = self._task.final_failures(store)
        reasons = "; ".join(sorted({f.message.split("\n")[0] for f in failures.values()})[:2])
        ranges = [r for c in self._task.chunks if c.id not in done for r in c.ranges]
        shown = ", ".join(f"{r.url} {r.start} to {r.stop}" for r in ranges[:_SHOWN])
        more = f" and {len(ranges) - _SHOWN} more ranges" if len(ranges) > _SHOWN else ""
        n_lost = found.n_indexed - found.n_done
        return IncompleteSample(
            f"{n_lost} of {found.n_indexed} entries of {self._task.pair.name} were lost: {reasons}",
            f"{shown}{more}",
            f"logs in {self._task.stage_folder('jobs')}; run the same command to try again",
        )

    def _log_of(self, failure: FailureRecord) -> Path:
        name = f"{failure.chunk_id}.{failure.digest}.{failure.attempt}.log"
        folder: Path = self._task.stage_folder("jobs")
        return folder / "logs" / name


class DefectError(UserError):
    """An exception in the code of a tagger or systematic; its traceback is told once."""


def _told(failure: FailureRecord, log: Path) -> DefectError:
    told_by_us = failure.message if "\n" in failure.message else ""
    return DefectError(told_by_us or failure.traceback or failure.message, f"log: {log}")


def remove_leftovers(folder: Path) -> None:
    """Removes temporary files of jobs that were killed while they wrote, once they are old."""
    for path in folder.glob(".*.tmp"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _OLD:
                path.unlink()
