"""The summary as text, at most 100 columns wide, for terminals and logs."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from higgsflow.report import aggregates, lumi_sections
from higgsflow.report.data_notes import hides_all, left_to_others, window_of
from higgsflow.report.event_counts import count_headers, counts
from higgsflow.report.flows_of_events import flows_of_events
from higgsflow.report.formatting import (
    BLINDED,
    INCOMPLETE,
    completeness,
    count,
    mark,
    measured,
    number,
    percent,
    relative,
    several,
    spread,
)
from higgsflow.report.grid import Drawn, Grid
from higgsflow.report.largest import largest
from higgsflow.report.screen import Screen
from higgsflow.report.systematic_rows import systematic_rows
from higgsflow.report.totals import rows_of_year_groups
from higgsflow.selection.cutflow import efficiency
from higgsflow.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from higgsflow.report.aggregates import FlowRow, FlowTable, Row
    from higgsflow.report.content import Finding, SampleSummary, Summary
    from higgsflow.report.systematic_rows import SystematicRow

_WIDTH = 100
_LOST_SHOWN = 3
# findings, the worst ones: below hundreds of them nobody would see the tables
_FINDINGS_SHOWN = 40


def print_summary(
    summary: Summary, console: Console | None = None, folder: Path | None = None
) -> None:
    """Prints the tables of the summary and where everything lies.

    Args:
        summary: of the analysis.
        console: standard output when not given.
        folder: of summary.json and report.html, to be named at the end.
    """
    console = console or _standard_output()
    width = min(console.width, _WIDTH)
    for grid in _grids(summary):
        console.print(Text(visible(grid.title), style="bold"), highlight=False)
        console.print(Drawn(grid), width=width, highlight=False)
    if not all(sample.complete for sample in summary.samples):
        note = f"{INCOMPLETE} not every event was processed, but this fraction of them"
        console.print(Text(note), width=width, highlight=False)
    for line in (line for sample in summary.samples for line in _lost(sample)):
        # a path in two pieces cannot be copied
        console.print(Text(visible(line)), soft_wrap=True, highlight=False)
    for line in _notes(summary):
        console.print(Text(visible(line), overflow="fold"), width=width, highlight=False)
    if summary.findings:
        console.print()
        console.print(Text("Findings", style="bold"), highlight=False)
        shown = summary.findings[:_FINDINGS_SHOWN]
        console.print(_findings(shown, width), width=width, highlight=False)
        if (more := len(summary.findings) - _FINDINGS_SHOWN) > 0:
            console.print(f"and {more} more, in summary.json and report.html", highlight=False)
    else:
        console.print()
    for line in _places(summary, folder):
        console.print(Text(visible(line)), soft_wrap=True, highlight=False)


def _standard_output() -> Console:
    """A log has no width of its own."""
    screen = Screen()
    return screen if screen.is_terminal else Screen(_WIDTH)


def _findings(findings: Sequence[Finding], width: int) -> Table:
    """Texts, which are folded; below what they are about where that has long names."""
    about = [f"{one.kind}: {one.where}" for one in findings]
    is_long = max(map(len, about)) > width // 2
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_header=False)
    for overflow in ("ignore", "fold", *(() if is_long else ("fold",))):
        table.add_column(no_wrap=overflow == "ignore", overflow=overflow)
    for one, name in zip(findings, about, strict=True):
        texts = (f"{name}\n{one.text}",) if is_long else (name, one.text)
        table.add_row(Text(one.severity), *(Text(visible(text)) for text in texts))
    return table


def _grids(summary: Summary) -> Iterator[Grid]:
    yield _events(summary)
    yield _normalization(summary)
    if summary.lumisections:
        yield _lumi(summary)
    yield _yields("Yields, all years", aggregates.yield_rows(summary), summary.tags)
    years = aggregates.years(summary)
    if len(years) > 1:
        for year in years:
            rows = aggregates.yield_rows(summary, year)
            yield _yields(f"Yields, {year}", rows, summary.tags)
    for group, rows in rows_of_year_groups(summary).items():
        yield _yields(f"Yields, years of {group}", rows, summary.tags)
    # flows of objects would fill many screens; the page has them
    for table in flows_of_events(aggregates.flow_tables(summary)):
        yield _flow(table)
    if any(sample.systematics for sample in summary.samples):
        yield _systematics(summary)


def _events(summary: Summary) -> Grid:
    return Grid(
        "Events",
        ("sample", "year", *count_headers(summary), "complete"),
        tuple(_events_row(sample, summary) for sample in summary.samples),
        names=2,
    )


def _events_row(sample: SampleSummary, summary: Summary) -> tuple[str, ...]:
    end = completeness(sample.complete, sample.fraction)
    return (sample.sample, sample.year, *counts(sample, summary), end)


def _normalization(summary: Summary) -> Grid:
    headers = ("sample", "year", "sum of weights", "D", "mode", "scale1fb [fb]", "lumi [/fb]")
    return Grid(
        "Normalisation",
        (*headers, "complete"),
        tuple(_normalization_row(sample) for sample in summary.samples),
        names=2,
    )


def _normalization_row(sample: SampleSummary) -> tuple[str, ...]:
    found = sample.normalization
    return (
        sample.sample,
        sample.year,
        number(sample.sum_g),
        number(found.denominator.value if found.denominator else None),
        found.denominator.mode if found.denominator else sample.kind,
        number(found.scale1fb),
        number(found.luminosity),
        completeness(sample.complete, sample.fraction),
    )


def _lumi(summary: Summary) -> Grid:
    rows = ((n, y, *lumi_sections.numbers(one)) for n, y, one in lumi_sections.coverages(summary))
    return Grid("Processed lumisections", lumi_sections.HEADERS, tuple(rows), names=2)


def _yields(title: str, rows: Sequence[Row], tags: Sequence[str]) -> Grid:
    cells = tuple((_marked(row), *(_yield(row, tag) for tag in tags)) for row in rows)
    return Grid(title, ("process", *tags), cells)


def _marked(row: Row | FlowRow) -> str:
    name = row.sample if isinstance(row, aggregates.FlowRow) else row.name
    return f"{name} {mark(row.complete, row.fraction)}".rstrip()


def _yield(row: Row, tag: str) -> str:
    return BLINDED if row.hidden else measured(row.yields[tag])


def _flow(table: FlowTable) -> Grid:
    title = f"Cut flow of {table.tagger}, {table.group}: entries, and fraction that each cut passes"
    columns = ("total", *(table.cuts or ("passed",)))
    rows = tuple((_marked(row), *_flow_cells(row, len(columns))) for row in table.rows)
    return Grid(title, ("sample", *columns), rows)


def _flow_cells(row: FlowRow, n: int) -> tuple[str, ...]:
    if row.flow is None:
        return (BLINDED,) * n
    steps = (row.flow.total, *(row.flow.prefix or (row.flow.passed,)))
    shares = (percent(efficiency(after, before)) for before, after in pairwise(steps))
    passed = (f"{count(c.n)} {share:>6}" for c, share in zip(steps[1:], shares, strict=True))
    return (count(steps[0].n), *passed)


def _systematics(summary: Summary) -> Grid:
    samples = aggregates.added_simulation(summary)
    found = largest(systematic_rows(samples, summary.tags), summary.tags)
    sign = mark(aggregates.is_complete(samples), aggregates.processed(samples))
    what = "Systematics: factor over selected events, effect on the yield of all simulation"
    title = f"{what} {sign}".rstrip()
    return Grid(
        f"{title}\n{found.note}, all are in report.html" if found.note else title,
        ("systematic", "direction", "mean", "std", *summary.tags),
        tuple(_systematic_row(row, summary.tags) for row in found.rows),
        names=2,
    )


def _systematic_row(row: SystematicRow, tags: Sequence[str]) -> tuple[str, ...]:
    return (
        row.systematic,
        row.direction,
        number(row.factor.mean if row.factor.n else None),
        spread(row.factor.std),
        *(relative(row.effect[tag]) for tag in tags),
    )


def _notes(summary: Summary) -> Iterator[str]:
    for name, year, one in lumi_sections.coverages(summary):
        if one.missing:
            yield f"missing lumisections, {name} ({year}): {lumi_sections.missing_of(one, 3)}"
    if summary.blinded is not None and aggregates.has_data(summary):
        window = window_of(summary)
        why = f"counts of data would include {window}" if window else hides_all(summary)
        yield f"{BLINDED}: {why}"
    yield from left_to_others(summary)
    for process, why in summary.kept_apart.items():
        yield f"{process} is not added to other data in pictures: {why}"
    if not any(sample.systematics for sample in summary.samples):
        yield "no systematics"
    yield "cut flows of objects, overlap of tags and pictures are in report.html"


def _lost(sample: SampleSummary) -> Iterator[str]:
    for url, start, stop in sample.lost[:_LOST_SHOWN]:
        yield f"not processed, {sample.sample} ({sample.year}): {url} entries {start} to {stop}"
    if (n_more := len(sample.lost) - _LOST_SHOWN) > 0:
        yield f"  and {several(n_more, 'more range')} of {sample.sample}"
    if sample.left_out:
        n = sum(stop - start for _, start, stop in sample.left_out)
        yield f"  {n} entries are left out with them: a skim counts whole or not"


def _places(summary: Summary, folder: Path | None) -> Iterator[str]:
    yield f"store         {summary.store}"
    yield f"merged files  {_common_folder(p for s in summary.samples for p in s.merged.values())}"
    if folder is not None:
        yield f"summary       {folder / 'summary.json'}"
        yield f"report        {folder / 'report.html'}"


def _common_folder(paths: Iterable[str]) -> str:
    known = sorted(paths)
    if not known:
        return "none"
    folder = os.path.commonpath([os.path.dirname(path) for path in known])  # noqa: PTH120 - text
    return f"{len(known)} under {folder}"
