"""How many events of a sample and year there were at each point, as tables and page show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.report import aggregates
from higgsflow.report.formatting import BLINDED, count, percent

if TYPE_CHECKING:
    from higgsflow.report.content import SampleSummary, Summary


def count_headers(summary: Summary) -> tuple[str, ...]:
    """The names of what `counts` gives."""
    candidates = ("candidates",) if aggregates.has_candidates(summary) else ()
    return ("indexed", "read", "certified", "selected", "efficiency", *candidates, "jobs done")


def counts(sample: SampleSummary, summary: Summary) -> tuple[str, ...]:
    """Numbers of events, of candidates where rows of some sample are these, and of jobs."""
    hidden = aggregates.is_hidden(summary, sample)
    selected = (
        [BLINDED, BLINDED] if hidden else [count(sample.n_selected), percent(sample.efficiency)]
    )
    if aggregates.has_candidates(summary):
        is_shown = sample.n_candidates is None or not hidden
        selected.append(count(sample.n_candidates) if is_shown else BLINDED)
    return (
        count(sample.n_entries),
        count(sample.n_read),
        count(sample.n_certified),
        *selected,
        f"{sample.jobs.n_done}/{sample.jobs.n_chunks}",
    )
