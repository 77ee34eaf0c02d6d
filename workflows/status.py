"""What of an analysis is done, running, failed or stale, from what is recorded in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import law

from higgsflow.records.chunk_store import ChunkStore
from higgsflow.records.reasons import EARLIER, NEVER
from higgsflow.report.analysis_status import (
    AnalysisStatus,
    JobCounts,
    SampleStatus,
    StageStatus,
    State,
    state_of_all,
)
from tasks import session
from tasks.execution import luigi_settings
from tasks.execution.job_screen import look
from tasks.index_sample import IndexSample
from tasks.merge_sample import MergeSample
from tasks.monitor_jobs import MonitorJobs
from tasks.process_sample import ProcessSample
from tasks.summarize_analysis import SummarizeAnalysis
from tasks.update_scale1fb import UpdateScale1fb

if TYPE_CHECKING:
    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.records.job_state import JobsTable

_STAGES = (IndexSample, ProcessSample, MonitorJobs, UpdateScale1fb, MergeSample)


def status(analysis: AnalysisModel) -> AnalysisStatus:
    """Looks at the store of an analysis: runs nothing, and writes nothing there.

    Raises:
        UserError: when the analysis is not valid.
    """
    session.hold(analysis)
    luigi_settings.prepare_run("status", len(analysis.samples.pairs))
    named = {"analysis": analysis.name, "version": analysis.version}
    try:
        samples = tuple(
            _sample(**named, sample=pair.sample.name, year=pair.year)
            for pair in analysis.samples.pairs
        )
        summary = _plain(SummarizeAnalysis(**named))
        return AnalysisStatus(
            **named,
            store=str(session.folder_of(analysis)),
            state=state_of_all([*(sample.state for sample in samples), summary.state]),
            samples=samples,
            summary=summary,
        )
    finally:
        # whatever is run next in this process begins for itself
        session.begin()
        luigi_settings.reset()


def _sample(**named: str) -> SampleStatus:
    """Of one sample and year: each stage, and its jobs."""
    tasks = [stage(**named) for stage in _STAGES]
    tables = look([tasks[0].stage_folder("jobs")])
    table = tables[0] if tables else None
    stages = [
        _jobs(task, table) if isinstance(task, ProcessSample) else _plain(task) for task in tasks
    ]
    if table is not None:
        table = tasks[_STAGES.index(MonitorJobs)].of_today(table)
    return SampleStatus(
        sample=named["sample"],
        year=named["year"],
        state=state_of_all(stage.state for stage in stages),
        stages=tuple(stages),
        jobs=None if table is None else _counts(table),
    )


def _plain(task: Any) -> StageStatus:
    """Of a stage that has targets which say why they are not current."""
    complete = task.complete()
    found = () if complete else task.first_reasons()
    reasons = tuple(reason for reason in found if not reason.startswith(NEVER))
    state: State = "done" if complete else "stale" if reasons else "open"
    return StageStatus(
        stage=type(task).__name__,
        state=state,
        # that something before it is stale is told there
        reasons=tuple(reason for reason in reasons if reason != EARLIER),
        path=str(law.util.flatten(task.output())[0].path),
    )


def _jobs(task: ProcessSample, table: JobsTable | None) -> StageStatus:
    """Of the jobs of a sample and year."""
    reasons: tuple[str, ...] = ()
    if table is not None and (table.driven or table.running):
        state: State = "running"
    elif task.complete():
        state = "done"
    else:
        reasons = tuple(reason for reason in task.reasons() if not reason.startswith(NEVER))
        state = "stale" if reasons else _not_done(task)
    return StageStatus(
        stage=type(task).__name__, state=state, reasons=reasons, path=str(task.chunk_folder)
    )


def _not_done(task: ProcessSample) -> State:
    """Of jobs that are not done, though nothing of them is of another configuration."""
    store = ChunkStore(task.chunk_folder)
    if not task.workflow_condition():
        # which chunks there are is not known before there is a current index
        return "open" if store.is_empty else "stale"
    return "failed" if task.final_failures(store) else "open"


def _counts(table: JobsTable) -> JobCounts:
    return JobCounts(
        waiting=table.waiting,
        running=table.running,
        done=table.done,
        failed=sum(table.failed.values()),
        n_entries=table.n_entries,
        n_entries_done=table.n_entries_done,
        n_entries_counted=table.n_entries_counted,
        errors=table.failed,
    )
