"""The jobs of a sample and year in numbers, from their table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from higgsflow.records.profile import total
from higgsflow.report.content import JobFailure, JobSpan, JobsSummary

if TYPE_CHECKING:
    from higgsflow.records.sample_jobs import JobRow, SampleJobs


def summarize_jobs(jobs: SampleJobs) -> JobsSummary:
    """How many there were, what they took, when they ran, and which failed."""
    states = [row.status for row in jobs.rows]
    names = dict.fromkeys(stage for row in jobs.rows for stage in row.stages)
    return JobsSummary(
        n_chunks=len(states),
        n_done=states.count("done"),
        n_failed=states.count("failed"),
        n_missing=states.count("missing"),
        n_attempts=sum(row.attempts for row in jobs.rows),
        wall=math.fsum(row.wall for row in jobs.rows),
        cpu=math.fsum(row.cpu for row in jobs.rows),
        peak_memory_mb=max((row.peak_memory_mb for row in jobs.rows), default=0.0),
        stages={name: math.fsum(row.stages.get(name, 0.0) for row in jobs.rows) for name in names},
        profile=total([row.profile for row in jobs.rows if row.profile is not None]),
        spans=tuple(_span(row) for row in jobs.rows if row.started),
        failures=tuple(_failure(row) for row in jobs.rows if row.status == "failed"),
    )


def _span(row: JobRow) -> JobSpan:
    status = "done" if row.status == "done" else "failed"
    return JobSpan(status=status, started=row.started, wall=row.wall)


def _failure(row: JobRow) -> JobFailure:
    return JobFailure(
        chunk_id=row.chunk_id,
        url=row.first_url,
        n_entries=row.n_entries,
        attempts=row.attempts,
        error_class=row.error_class,
        message=row.message,
        host=row.host,
    )
