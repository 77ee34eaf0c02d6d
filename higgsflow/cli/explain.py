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

    asked = (given.sample, given.year, given.event, given.variation)
    found = explain_event(analysis_of(given), *asked)
    text = f"{found.model_dump_json(indent=1)}\n" if given.json else render(found)
    sys.stdout.write(text)
    return 0
