"""One event on its way: corrections, cuts with value and threshold, tags and weights.

The event goes through the very functions that jobs run, for nominal and for the variation that is
asked for, of the events (`photon_pt_scale_up`) or of a weight (`pileup_up`). An x marks what fails.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from higgsflow.cli.arguments import add_analysis, add_sample, add_variation, analysis_of

if TYPE_CHECKING:
    import argparse

    from higgsflow.model.analysis import AnalysisModel


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The event, and how to answer."""
    add_analysis(parser)
    add_sample(parser, required=True)
    about = "the event: run, lumisection, event number"
    parser.add_argument("--event", required=True, metavar="RUN:LUMI:EVENT", help=about)
    add_variation(parser)
    parser.add_argument("--json", action="store_true", help="answer as JSON")


def run(given: argparse.Namespace) -> int:
    """Shows the way of the event."""
    from higgsflow.explain.explanation import explain_event  # noqa: PLC0415
    from higgsflow.explain.text import render  # noqa: PLC0415
    from higgsflow.visible import visible_json  # noqa: PLC0415

    analysis = analysis_of(given)
    year = given.year or _only_year(analysis, given.sample)
    found = explain_event(analysis, given.sample, year, given.event, given.variation)
    text = visible_json(f"{found.model_dump_json(indent=1)}\n") if given.json else render(found)
    sys.stdout.write(text)
    return 0


def _only_year(analysis: AnalysisModel, sample: str) -> str:
    """The year of a sample that has no other."""
    from higgsflow.errors import UserError  # noqa: PLC0415

    first, *others = analysis.samples.of_sample(sample)
    if others:
        known = ", ".join(pair.year for pair in (first, *others))
        raise UserError(f"{sample} has several years", "explain needs --year", f"known: {known}")
    return first.year
