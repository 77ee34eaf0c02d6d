"""The part of the page about jobs: what they took, when they ran, which failed, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.report.formatting import NOTHING, count, number, percent, seconds
from higgsflow.report.markup import (
    Content,
    Html,
    element,
    joined,
    note,
    section,
    table,
    wide_figure,
)
from higgsflow.report.time_spent import bytes_read, time_spent
from higgsflow.report.timeline import draw_timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.report.content import SampleSummary, Summary
    from higgsflow.report.time_spent import Spent

# of ten thousand failures the first few hundred tell what there is to tell
_MOST_ROWS = 300


def jobs(summary: Summary) -> Html:
    """What the jobs took, and what was lost."""
    return section(
        "jobs",
        "Jobs and timing",
        _table(summary),
        element("h3", "Jobs over time"),
        *_over_time(summary),
        element("h3", "Where time went"),
        *_time_spent(summary),
        element("h3", "Failed jobs"),
        *_failures(summary),
        element("h3", "Entries that were not processed"),
        *_lost(summary),
    )


def _table(summary: Summary) -> Html:
    headers = ("sample", "year", "jobs", "done", "failed", "missing", "attempts", "wall time")
    rows = (_jobs_row(sample) for sample in summary.samples)
    more = ("CPU time", "peak memory", "CPU / wall time", "events / s")
    return table((*headers, *more), rows, names=2)


def _jobs_row(sample: SampleSummary) -> tuple[Content, ...]:
    found = sample.jobs
    numbers = (found.n_chunks, found.n_done, found.n_failed, found.n_missing, found.n_attempts)
    return (
        sample.sample,
        sample.year,
        *map(count, numbers),
        seconds(found.wall),
        seconds(found.cpu),
        f"{found.peak_memory_mb:.0f} MB",
        percent(found.cpu / found.wall if found.wall else None),
        f"{sample.n_read / found.wall:,.0f}" if found.wall else NOTHING,
    )


def _over_time(summary: Summary) -> Iterator[Html]:
    drawn = draw_timeline(summary)
    if drawn is None:
        yield note("The summary does not know when jobs ran.")
        return
    yield element("p", _HOW_DRAWN)
    yield wide_figure(drawn)


_HOW_DRAWN = (
    "A lane is as high as jobs of the sample and year ran at once; a red line is the end of one "
    "that failed for good. A chunk that several jobs made is drawn with the time of all, from when "
    "the last began. Jobs of earlier runs, whose results are still used, are drawn where they ran."
)


def _time_spent(summary: Summary) -> Iterator[Html]:
    found = time_spent(summary)
    if not found:
        yield note("The jobs did not record it.")
        return
    profiled = any(one.calls is not None for one in found)
    headers = ("stage", "wall time", "share", *(("CPU time", "calls", "memory") * profiled))
    rows = ((*_stage(one), *(_recorded(one) if profiled else ())) for one in found)
    yield table(headers, rows)
    read = bytes_read(summary)
    if read is None:
        yield note("`--profile` tells more stages, and how many bytes were read and needed.")
    else:
        yield element("p", f"Read {read[0] / 1e6:,.1f} MB, of which {read[1] / 1e6:,.1f} needed.")


def _stage(one: Spent) -> tuple[Content, ...]:
    bar = element("meter", value=number(one.share), max="1", aria_hidden="true")
    return (one.stage, seconds(one.wall), joined((percent(one.share), bar)))


def _recorded(one: Spent) -> tuple[Content, ...]:
    """What only a profile knows."""
    return (
        NOTHING if one.cpu is None else seconds(one.cpu),
        count(one.calls),
        NOTHING if one.memory_mb is None else f"+{one.memory_mb:.0f} MB",
    )


def _failures(summary: Summary) -> Iterator[Html]:
    headers = ("sample", "year", "chunk", "error class", "attempts", "host", "message", "file")
    rows: list[tuple[Content, ...]] = [
        (
            sample.sample,
            sample.year,
            element("code", failure.chunk_id),
            failure.error_class,
            count(failure.attempts),
            failure.host,
            element("span", failure.message, class_="long"),
            failure.url,
        )
        for sample in summary.samples
        for failure in sample.jobs.failures
    ]
    yield from _shortened(headers, rows, 3)


def _lost(summary: Summary) -> Iterator[Html]:
    rows = [
        (sample.sample, sample.year, url, f"{start:,}", f"{stop:,}", why)
        for sample in summary.samples
        for why, ranges in (("lost", sample.lost), ("left out: part of a skim", sample.left_out))
        for url, start, stop in ranges
    ]
    yield from _shortened(("sample", "year", "file", "first entry", "end", "why"), rows, 3)


def _shortened(
    headers: Sequence[str], rows: Sequence[tuple[Content, ...]], names: int
) -> Iterator[Html]:
    """A table of the first rows, and how many others there are."""
    yield table(headers, rows[:_MOST_ROWS], names=names) if rows else element("p", "None.")
    if len(rows) > _MOST_ROWS:
        yield note(f"{len(rows) - _MOST_ROWS:,} more are in summary.json.")
