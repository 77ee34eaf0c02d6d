"""Chunks on the cores of this machine: a law workflow whose branches run in a pool.

law's own local workflow stays pending once a branch has failed for good, however much may be lost.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import law

from higgsflow.there import is_folder
from tasks.execution import scheduler
from tasks.execution.batch import BATCHES
from tasks.execution.display import say

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

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
            from higgsflow.file_columns import check_index
            from tasks.execution.driver_lock import driving
            from tasks.index_sample import IndexSample, index_of

            check_index(self.task.plan, index_of(IndexSample.req(self.task).output()).index)
            jobs = self.task.stage_folder("jobs")
            with driving(jobs, lambda: say_who_drives(self.task)):
                # of a driver that was killed while it told how far it is
                remove_leftovers(jobs, {"progress"})
                adopted = self.task.adopt()
                self.task.tell_reasons()
                is_done = adopted and self.task.complete()
                self._leave_other_engines(is_done)
                if not is_done:
                    self.drive()

    def _leave_other_engines(self, is_done: bool) -> None:
        """Takes what runs here, or is done, out of the queues of other engines."""
        # who never submits any jobs does not load what knows engines
        if is_folder(self.task.stage_folder("jobs") / BATCHES):
            from tasks.execution.batch.cancel import cancel_those_of_others

            engine = "" if is_done else self.workflow_type
            cancel_those_of_others(self.task.model, self.task.pair, engine)

    def drive(self) -> None:
        """Runs the jobs and judges the sample."""
        run_in_pool(self.task)


class PooledWorkflow(law.LocalWorkflow):
    """A workflow on local cores."""

    workflow_proxy_cls = PooledWorkflowProxy
    exclude_index = True

    @property
    def accepts_messages(self) -> bool:
        """Whether luigi's page offers to send any: to who drives jobs, here or on an engine."""
        if scheduler.is_done_without():
            return False
        return isinstance(getattr(self, "workflow_proxy", None), PooledWorkflowProxy)


def run_in_pool(task: Any) -> None:
    """Drives the jobs of one sample and year to their end, and judges it.

    Raises:
        UserError: for a defect, or when too much is lost.
    """
    from tasks.execution.hearing import HearingBook
    from tasks.execution.job_book import JobBook
    from tasks.execution.pool import JobPool
    from tasks.execution.slots import slots_of

    settings = task.model.jobs_manager
    book = JobBook(task, "local")
    jobs = book.open_jobs()
    stems = {job.stem for job in jobs}
    # of a driver that was killed: while this one drives, nobody else makes these
    remove_leftovers(task.chunk_folder, stems)
    pool = JobPool(settings, slots_of(task), task.stage_folder("jobs") / "logs")
    try:
        pool.run(jobs, HearingBook(book, task, pool.knobs))
    finally:
        # of workers that were ended while they wrote, as when the disk is full
        remove_leftovers(task.chunk_folder, stems)
    book.close([pool.cancelled(attempt) for attempt in pool.dropped])
    book.judge()


def say_who_drives(task: Any) -> None:
    """Tells who waits that another command works on the same, and how to see what it does."""
    command = f"law run MonitorJobs --sample {task.sample} --year {task.year}"
    say(
        f"{task.pair.name}: another command runs its jobs; this one waits for it "
        f"(to see them: {command} --analysis {task.analysis})"
    )


def remove_leftovers(folder: Path, stems: Collection[str] = ()) -> None:
    """Removes temporary files of jobs that were killed while they wrote: old, or of `stems`."""
    for path in folder.glob(".*.tmp"):
        with suppress(FileNotFoundError):
            is_known = path.name.lstrip(".").rsplit(".", 3)[0] in stems
            if is_known or time.time() - path.stat().st_mtime > _OLD:
                path.unlink()
