"""Parts of the page about samples: events, normalisation, yields, jobs and where things are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.report import aggregates
from higgsflow.report.data_notes import hides_all, left_to_others, window_of
from higgsflow.report.event_counts import count_headers, counts
from higgsflow.report.formatting import (
    BLINDED,
    INCOMPLETE,
    completeness,
    count,
    mark,
    measured,
    number,
)
from higgsflow.report.markup import (
    Content,
    Html,
    details,
    element,
    joined,
    note,
    section,
    table,
)
from higgsflow.report.totals import rows_of_year_groups

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.report.aggregates import Row
    from higgsflow.report.content import SampleSummary, Summary

_OF_YIELDS = "Sums of weights at the luminosity of their years, with their statistical uncertainty."
_OF_EVENTS = (
    "Indexed are those in the files, read those of jobs that are done, certified those that the "
    "golden JSON has, selected those that the tag sequence keeps; efficiency is selected over read."
)
_OF_SCALES = (
    "scale1fb = xs · bf · filter efficiency · k factor · 1000 / D, where D is the sum of generator "
    "weights that counts: of what was read, or, of skims, of all that was generated."
)


def overview(summary: Summary, side_bands: dict[str, int] | None) -> Html:
    """What there is: events, normalisation and yields."""
    return section(
        "overview",
        "Overview",
        *_warnings(summary),
        element("h3", "Yields per tag, all years"),
        element("p", _OF_YIELDS),
        _yields(aggregates.yield_rows(summary), summary.tags),
        *_side_bands(summary, side_bands),
        *_yields_by_year(summary),
        element("h3", "Events"),
        element("p", _OF_EVENTS),
        _events(summary),
        *map(note, left_to_others(summary)),
        element("h3", "Normalisation"),
        element("p", _OF_SCALES),
        _normalization(summary),
    )


def _warnings(summary: Summary) -> Iterator[Html]:
    partly = [s for s in summary.samples if not s.complete]
    if partly:
        names = ", ".join(map(aggregates.label, partly))
        text = f"Incomplete: not every event was processed of {names}. Numbers with these events"
        yield element(
            "p",
            f"{text} are marked {INCOMPLETE}, with the fraction of the events that was processed; ",
            element("a", "what was not.", href="#jobs"),
            class_="warning",
        )
    if summary.blinded is not None and aggregates.has_data(summary):
        text = f"Data are blinded: {hides_all(summary)}."
        if window := window_of(summary):
            text = (
                f"Data with {window} are blinded: pictures leave them out, and counts that would "
                "include them are not shown."
            )
        yield element("p", text, class_="blind")


def marked(name: str, complete: bool, fraction: float) -> Content:
    """A name, with a mark where not every event was processed, and how many were."""
    if complete:
        return name
    sign = element("abbr", mark(complete, fraction), title=_MARK, class_="bad")
    return joined((element("span", name), sign))


_MARK = "not every event was processed, but this fraction of them"


def _yields(rows: Sequence[Row], tags: Sequence[str]) -> Html:
    shown = (
        (marked(row.name, row.complete, row.fraction), *(_yield(row, tag) for tag in tags))
        for row in rows
    )
    return table(("process", *tags), shown)


def _yield(row: Row, tag: str) -> str:
    return BLINDED if row.hidden else measured(row.yields[tag], "±")


def _side_bands(summary: Summary, side_bands: dict[str, int] | None) -> Iterator[Html]:
    if side_bands is not None and summary.blinded is not None:
        column, low, high = summary.blinded
        parts = ", ".join(f"{tag} {count(n)}" for tag, n in side_bands.items())
        yield element("p", f"Data outside {low:g} < {column} < {high:g}: {parts}.")


def _yields_by_year(summary: Summary) -> Iterator[Html]:
    years = aggregates.years(summary)
    for year in years if len(years) > 1 else ():
        rows = aggregates.yield_rows(summary, year)
        yield details(f"Yields per tag, {year}", _yields(rows, summary.tags))
    for group, rows in rows_of_year_groups(summary).items():
        yield details(f"Yields per tag, years of {group}", _yields(rows, summary.tags))


def _status(sample: SampleSummary) -> Content:
    text = completeness(sample.complete, sample.fraction)
    return text if sample.complete else element("strong", text, class_="bad")


def _status_bar(sample: SampleSummary) -> Content:
    value = number(sample.fraction)
    bar = element("meter", value=value, max="1", class_="short", aria_hidden="true")
    return joined((_status(sample), bar))


def _events(summary: Summary) -> Html:
    return table(
        ("sample", "year", "process", "kind", *count_headers(summary), "complete"),
        (_events_row(sample, summary) for sample in summary.samples),
        names=4,
    )


def _events_row(sample: SampleSummary, summary: Summary) -> tuple[Content, ...]:
    kind = "signal" if sample.signal else sample.kind
    names = (sample.sample, sample.year, sample.process, kind)
    return (*names, *counts(sample, summary), _status_bar(sample))


def _normalization(summary: Summary) -> Html:
    headers = ("sample", "year", "mode", "sum of weights read", "sum of weights of Runs", "D")
    return table(
        (*headers, "scale1fb [fb]", "luminosity [/fb]", "complete"),
        (_normalization_row(sample) for sample in summary.samples),
        names=3,
    )


def _normalization_row(sample: SampleSummary) -> tuple[Content, ...]:
    found = sample.normalization
    denominator = found.denominator
    return (
        sample.sample,
        sample.year,
        denominator.mode if denominator else sample.kind,
        number(sample.sum_g),
        number(denominator.sum_runs if denominator else None),
        number(denominator.value if denominator else None),
        number(found.scale1fb),
        number(found.luminosity),
        _status(sample),
    )
