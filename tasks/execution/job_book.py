"""The books of a sample's jobs, kept the same way wherever they run.

Who drives jobs tells what becomes of each. The book writes failures and the journal, says when to
stop, and judges in the end.
"""

from __future__ import annotations

import functools
import os
import socket
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from higgsflow.completeness import assess, parts_of_skims
from higgsflow.records.chunk_store import ChunkStore
from higgsflow.records.job_record import FailureRecord, JobRecord
from higgsflow.records.job_state import JobsHead, in_skims
from higgsflow.records.journal import Journal, done_state, first_state, read_journal
from higgsflow.records.sample_jobs import missing_products
from tasks import session
from tasks.execution.judgement import defect_error, too_much_lost
from tasks.execution.page import publish
from tasks.execution.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from higgsflow.model.jobs import Resources
    from higgsflow.records.job_state import JobState


def _never(_: str) -> bool:
    return False


class JobBook:
    """Keeps the books of one sample and year while its jobs run."""

    def __init__(self, task: Any, engine: str) -> None:
        """`task` is the workflow of the jobs, `engine` the name of where they run."""
        self._task, self._engine = task, engine
        self._store = ChunkStore(task.chunk_folder)
        self._folder = task.stage_folder("jobs")
        self._journal = Journal(self._folder)
        self._defects: dict[str, FailureRecord] = {}
        show = functools.partial(publish, task)
        self._progress = Progress(self._folder, task.pair.name, task.chunks, show)

    def open_jobs(self, in_flight: Callable[[str], bool] = _never) -> list[Any]:
        """Jobs for the chunks that are neither done nor lost for good; the journal begins.

        Of jobs `in_flight`, by the name of their outputs, failures that come in meanwhile are kept.
        """
        task = self._task
        done = self._store.done(task.chunks, task.wanted)
        # final failures stay, unless too little is left with them; who retries has none yet
        lost = task.final_failures(self._store) if task.completeness().suffices else {}
        jobs, anew = [], set()
        for chunk in task.chunks:
            if chunk.id in done:
                self._progress.done(chunk.id)
            elif chunk.id not in lost:
                job = task.job(chunk, missing_products(self._store, chunk, task.wanted))
                if not in_flight(job.stem):
                    anew.add(chunk.id)
                jobs.append(job)
        task.failures.forget(anew)
        skims = parts_of_skims(task.index, task.chunks)
        states = in_skims(self._states(done, lost), skims)
        self._journal.begin(head_of(task, self._engine), states)
        return jobs

    def submitted(self, chunk_id: str, engine_id: str) -> None:
        """An engine has taken a job."""
        self._journal.note(chunk_id, submitted=time.time(), engine_id=engine_id)

    def begun(self, chunk_id: str, attempt: int, asked: Resources, **known: Any) -> None:
        """An attempt runs now; what else is known are fields of `JobState`."""
        limits = asked.model_dump(exclude_none=True)
        self._journal.note(
            chunk_id,
            **{"status": "running", "attempts": attempt, "started": time.time(), **limits, **known},
        )

    def ended(self, outcome: JobRecord | FailureRecord) -> bool:
        """An attempt has ended; says whether to go on with jobs that have not begun."""
        if isinstance(outcome, JobRecord):
            self._progress.done(outcome.chunk_id, outcome)
            self._journal.done(outcome)
            return not self._is_enough()
        self._keep(outcome)
        self._progress.failed(outcome)
        self._journal.failed(outcome)
        if not outcome.is_infrastructure:
            self._defects[outcome.chunk_id] = outcome
        # one that was running when enough was done is not tried again
        return not (self._is_hopeless() or self._is_enough())

    def tick(self, n_running: int) -> None:
        """Lets whoever watches see how far it is."""
        self._progress.show(n_running)

    def close(self, left_out: list[FailureRecord]) -> None:
        """All have ended, or were not begun since enough was done without them.

        Those count as lost until retrying is asked for; after a defect they were just not begun.
        """
        if not self._defects:
            for failure in left_out:
                lost = failure.model_copy(update={"final": True})
                self._keep(lost)
                self._journal.failed(lost)
        self._progress.finish()

    def _keep(self, failure: FailureRecord) -> None:
        """As one of this invocation, which clocks of other machines cannot tell."""
        marked = failure.model_copy(update={"invocation": session.current.id})
        self._task.failures.add(marked)

    def judge(self) -> None:
        """Ends well where enough is done.

        Raises:
            UserError: for a defect, or when too much is lost.
        """
        if self._defects:
            raise defect_error(self._task, list(self._defects.values()))
        found = self._task.completeness()
        if not found.suffices:
            raise too_much_lost(self._task, found)

    def _is_enough(self) -> bool:
        settings = self._task.model.jobs_manager
        # who asks to retry wants all of it
        wait = settings.stragglers != "cancel" or session.current.retry_failed
        if wait or self._task.pair.is_data:
            return False
        done = self._progress.chunks_done
        if self._progress.fraction < settings.min_completion:
            return False
        # which asks more of a sample with skims, and takes longer
        found = assess(self._task.index, self._task.chunks, done, {}, settings.min_completion)
        return bool(found.fraction >= settings.min_completion)

    def _is_hopeless(self) -> bool:
        """Whether so many jobs failed for one cause in user code that the rest would, too."""
        causes = Counter(failure.cause for failure in self._defects.values())
        limit = self._task.model.jobs_manager.defects
        return any(n >= limit for n in causes.values())

    def _states(
        self, done: Mapping[str, Any], lost: Mapping[str, FailureRecord]
    ) -> Iterator[JobState]:
        """What is known before anything runs; of a done chunk what the last journal said of it."""
        found = read_journal(self._folder)
        before = {state.chunk_id: state for state in found[1]} if found else {}
        for branch, chunk in enumerate(self._task.chunks):
            if chunk.id in done:
                yield done_state(branch, chunk, before.get(chunk.id))
            else:
                yield first_state(branch, chunk, lost.get(chunk.id))


def head_of(task: Any, engine: str) -> JobsHead:
    """What is known of all jobs of a workflow together, driven by this process."""
    return JobsHead(
        sample=task.sample,
        year=task.year,
        engine=engine,
        host=socket.gethostname(),
        pid=os.getpid(),
        began=time.time(),
        min_completion=task.min_completion,
        variations=tuple(task.wanted),
    )
