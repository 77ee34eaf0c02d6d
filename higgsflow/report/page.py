"""The report: one HTML file that needs nothing else, with its pictures also as files beside it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from higgsflow.model.reporting import Reporting
from higgsflow.output.atomic import write_text
from higgsflow.report import (
    aggregates,
    finding_sections,
    galleries,
    job_sections,
    lumi_sections,
    provenance_sections,
    sections,
    selection_sections,
)
from higgsflow.report.formatting import several
from higgsflow.report.hatchings import patterns
from higgsflow.report.markup import Html, document, element, joined

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from higgsflow.report.content import Summary
    from higgsflow.report.pictures import Pictures

logger = logging.getLogger(__name__)

_CONTENTS = (
    ("findings", "Findings"),
    ("overview", "Overview"),
    ("luminosity", "Processed luminosity"),
    ("pictures", "Mass and variables"),
    ("cutflows", "Cut flows"),
    ("overlap", "Overlap of tags"),
    ("systematics", "Systematics"),
    ("jobs", "Jobs and timing"),
    ("provenance", "Provenance and configuration"),
)


def write_report(summary: Summary, path: Path, reporting: Reporting | None = None) -> None:
    """Writes the page, and its pictures to the folder `plots` beside it.

    The folder belongs to the page: pictures in it that are not made again are removed.

    Raises:
        StoreError: when the store cannot be written.
    """
    # drawing libraries take seconds to import, and only this function needs them
    from higgsflow.report.pictures import make_pictures  # noqa: PLC0415

    pictures = make_pictures(summary, path.parent / "plots", reporting or Reporting())
    write_text(path, page_of(summary, pictures))
    logger.info("report with %d pictures: %s", len(pictures.figures), path)


def page_of(summary: Summary, pictures: Pictures) -> str:
    """The text of the page; the same summary and pictures give the same text."""
    title = f"{summary.analysis} {summary.version}"
    return document(
        title,
        _header(summary, title),
        element("nav", *(element("a", text, href=f"#{anchor}") for anchor, text in _CONTENTS)),
        *_hatchings(pictures),
        element("main", joined(_parts(summary, pictures))),
    )


def _hatchings(pictures: Pictures) -> Iterator[Html]:
    found = patterns(rank for figure in pictures.figures for _, rank in figure.legend)
    if found is not None:
        yield found


def _header(summary: Summary, title: str) -> Html:
    samples = {sample.sample for sample in summary.samples}
    years = aggregates.years(summary)
    facts = (
        several(len(samples), "sample"),
        f"{'year' if len(years) == 1 else 'years'} {', '.join(years)}" if years else "no years",
        f"{aggregates.luminosity(summary):.6g} /fb",
        f"tags in order of priority: {', '.join(summary.tags)}",
    )
    commit = f", commit {summary.commit[:12]}" if summary.commit else ""
    made = f"made {summary.created} with higgsflow {summary.higgsflow}{commit}"
    return element(
        "header", element("h1", title), element("p", " · ".join(facts)), element("p", made)
    )


def _parts(summary: Summary, pictures: Pictures) -> tuple[Html, ...]:
    return (
        finding_sections.findings(summary),
        sections.overview(summary, pictures.side_bands),
        lumi_sections.luminosity(summary),
        galleries.pictures_section(summary, pictures),
        selection_sections.cut_flows(summary),
        selection_sections.overlaps(summary),
        selection_sections.systematics(summary, pictures),
        job_sections.jobs(summary),
        provenance_sections.provenance(summary),
    )
