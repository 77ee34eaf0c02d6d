"""Chunks on a batch engine: law workflows whose jobs are driven by `BatchPool`.

law's own remote workflows start law three times in each job, name jobs by branch numbers, and
decide by counting jobs when enough is done; here one rule and one policy hold for all engines.
"""

from __future__ import annotations

from typing import Any

import law

from tasks.execution.hearing import HearingBook
from tasks.execution.local import PooledWorkflowProxy, remove_leftovers


class BatchWorkflowProxy(PooledWorkflowProxy):
    """Runs the chunks that are not done on a batch engine."""

    def drive(self) -> None:
        run_on_engine(self.task, self.workflow_type)


class HTCondorWorkflowProxy(BatchWorkflowProxy):
    """Runs them on HTCondor."""

    workflow_type = "htcondor"


class SlurmWorkflowProxy(BatchWorkflowProxy):
    """Runs them on Slurm."""

    workflow_type = "slurm"


class HTCondorWorkflow(law.BaseWorkflow):
    """A workflow on HTCondor."""

    workflow_proxy_cls = HTCondorWorkflowProxy
    exclude_index = True


class SlurmWorkflow(law.BaseWorkflow):
    """A workflow on Slurm."""

    workflow_proxy_cls = SlurmWorkflowProxy
    exclude_index = True


def run_on_engine(task: Any, engine_name: str) -> None:
    """Drives the jobs of one sample and year to their end, and judges it.

    Raises:
        UserError: for a defect, when too much is lost, or when jobs cannot be submitted.
    """
    from tasks.execution.batch.batch_pool import BatchPool
    from tasks.execution.batch.sites import engine_of, places_of, room_of, site_of
    from tasks.execution.job_book import JobBook

    site = site_of(engine_name, task.sample, task.year)
    places = places_of(task.model, site, task.sample, task.year)
    # before there is anything to come back to
    places.make_submit_folder()
    pool = BatchPool(engine_of(site), site, task.model.jobs_manager, places)
    book = JobBook(task, engine_name)
    jobs = book.open_jobs(pool.has)
    remove_leftovers(task.chunk_folder)
    room = room_of(task.model, engine_name, task.sample, task.year)
    pool.run(jobs, HearingBook(book, task, pool.knobs), room)
    book.close([pool.cancelled(attempt) for attempt in pool.dropped])
    book.judge()
