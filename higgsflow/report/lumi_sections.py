"""How much of the certified luminosity of data was processed, for the page and the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.events.lumisections import shortened
from higgsflow.report.formatting import NOTHING, count, processed
from higgsflow.report.lumi_drawing import draw_coverage
from higgsflow.report.markup import Content, Html, element, note, section, table, wide_figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.records.lumi_coverage import Coverage
    from higgsflow.report.content import Summary

TOGETHER = "all data"
HEADERS = ("data", "year", "certified", "processed", "coverage", "missing")


def coverages(summary: Summary) -> Iterator[tuple[str, str, Coverage]]:
    """Name, year and coverage of each sample of data, and of each year that has several."""
    for year, together in summary.lumisections.items():
        for sample in summary.samples:
            if sample.year == year and sample.lumisections is not None:
                yield sample.sample, year, sample.lumisections
        if len(together.samples) > 1:
            yield TOGETHER, year, together


def numbers(one: Coverage) -> tuple[str, str, str, str]:
    """Certified, processed, coverage and missing lumisections; the coverage never rounded up."""
    known = one.n_certified is not None
    missing = one.n_certified - one.n_processed if one.n_certified is not None else None
    return (
        count(one.n_certified),
        count(one.n_processed),
        NOTHING if one.coverage is None else processed(one.coverage / 100),
        count(missing) if known else NOTHING,
    )


def missing_of(one: Coverage, limit: int) -> str:
    """The missing lumisections of the first runs, nothing where none are missing."""
    return shortened(one.missing, limit) if one.missing else ""


def luminosity(summary: Summary) -> Html:
    """Certified and processed lumisections of each sample of data and each year."""
    found = list(coverages(summary))
    if not found:
        return section("luminosity", "Processed luminosity", note("No data."))
    rows = ((name, year, *numbers(one), _missing(one)) for name, year, one in found)
    notes = [note(f"{name} ({year}): {text}") for name, year, one in found for text in one.notes]
    return section(
        "luminosity",
        "Processed luminosity",
        element("p", _HOW_COUNTED),
        table((*HEADERS, "run: first-last"), rows, names=2),
        *notes,
        *_pictures(found),
    )


def _pictures(found: Sequence[tuple[str, str, Coverage]]) -> Iterator[Html]:
    for name, year, one in found:
        title = f"{name} ({year})"
        drawn = draw_coverage(one, title)
        if drawn is not None:
            yield wide_figure(drawn, element("figcaption", title))


def _missing(one: Coverage) -> Content:
    return missing_of(one, 6) or NOTHING


_HOW_COUNTED = (
    "In lumisections; in the pictures what is missing is red. Those of files that were not read "
    "whole do not count; without a golden JSON all are counted as processed and none is certified. "
    "The lumisections are in full in summary.json, and beside the table of jobs in the form that "
    "brilcalc takes."
)
