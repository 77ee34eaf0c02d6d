"""The status of an analysis as text for a screen."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from higgsflow.report.grid import Drawn, Grid
from higgsflow.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.report.analysis_status import AnalysisStatus, JobCounts, SampleStatus

WIDTH = 100
_TOLD = 3  # reasons of a stage
_HEADERS = {
    "IndexSample": "index",
    "ProcessSample": "jobs",
    "MonitorJobs": "table",
    "UpdateScale1fb": "scale1fb",
    "MergeSample": "merge",
}


def render(status: AnalysisStatus, width: int = WIDTH) -> str:
    """A line for each sample and year, and below it why something is stale."""
    text = io.StringIO()
    console = Console(width=width, file=text, color_system=None)
    headers = ("sample", "year", *_HEADERS.values(), "chunks", "events")
    rows = tuple(_cells(sample) for sample in status.samples)
    console.print(Drawn(Grid("", headers, rows, names=2)))
    for line in _reasons(status):
        console.print(Text(line), soft_wrap=True)
    console.print(Text(f"summary: {status.summary.state}, {status.summary.path}"), soft_wrap=True)
    console.print(Text(f"{status.analysis} {status.version}: {status.state}"))
    return visible(text.getvalue())


def _cells(sample: SampleStatus) -> tuple[str, ...]:
    states = {stage.stage: str(stage.state) for stage in sample.stages}
    return (
        sample.sample,
        sample.year,
        *(states.get(name, "") for name in _HEADERS),
        *(("", "") if sample.jobs is None else _progress(sample.jobs)),
    )


def _progress(jobs: JobCounts) -> tuple[str, str]:
    n = jobs.waiting + jobs.running + jobs.done + jobs.failed
    others = {"running": jobs.running, "failed": jobs.failed}
    told = "".join(f", {count:,} {name}" for name, count in others.items() if count)
    # the rest of a skim may still come
    is_open = jobs.waiting or jobs.running
    is_all = is_open or jobs.n_entries_counted == jobs.n_entries_done
    counts = "" if is_all else f", {jobs.n_entries_counted:,} count"
    return f"{jobs.done:,}/{n:,}{told}", f"{jobs.n_entries_done:,}/{jobs.n_entries:,}{counts}"


def _reasons(status: AnalysisStatus) -> Iterator[str]:
    """Why stages would run again: what many samples have in common is told once, as by `why`."""
    alike: dict[tuple[str, str], list[str]] = {}
    for sample in status.samples:
        for stage in sample.stages:
            if stage.reasons:
                names = alike.setdefault((stage.stage, _shortened(stage.reasons)), [])
                names.append(f"{sample.sample} {sample.year}")
    for (stage_name, text), names in alike.items():
        those = f" {names[0]}" if len(names) == 1 else f", of {len(names)} samples and years,"
        yield f"{stage_name}{those} again: {text}"
    if status.summary.reasons:
        yield f"{status.summary.stage} again: {_shortened(status.summary.reasons)}"


def _shortened(reasons: Sequence[str]) -> str:
    more = f"; and {len(reasons) - _TOLD} more" if len(reasons) > _TOLD else ""
    return f"{'; '.join(reasons[:_TOLD])}{more}"
