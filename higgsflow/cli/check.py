"""What is wrong with an analysis, all of it, before anything runs.

Looks at the configuration, the first file of every sample and year (each declared column, the
trigger, the kind of file), golden JSONs, luminosities and cross sections, files that two samples
count, correction files, free disk, the grid proxy and whether loops are compiled. The other files
are looked into when they are indexed: `law run IndexSample`. Exit code 1 when something is wrong.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from higgsflow.cli.arguments import add_analysis, analysis_of

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The analysis, and how to answer."""
    add_analysis(parser)
    parser.add_argument("--json", action="store_true", help="answer as JSON")


def run(given: argparse.Namespace) -> int:
    """Shows the table of samples and years, and the problems."""
    from higgsflow.check.problem import problems_of  # noqa: PLC0415
    from higgsflow.check.report import CheckReport, check_analysis  # noqa: PLC0415
    from higgsflow.check.table import render  # noqa: PLC0415
    from higgsflow.errors import UserError  # noqa: PLC0415
    from higgsflow.report.screen import width_of_output  # noqa: PLC0415
    from higgsflow.visible import visible_json  # noqa: PLC0415

    try:
        report = check_analysis(analysis_of(given))
    except UserError as error:
        found = tuple(problems_of(error, "configuration"))
        report = CheckReport(analysis=given.analysis, pairs=(), problems=found)
    text = (
        visible_json(f"{report.model_dump_json(indent=1)}\n")
        if given.json
        else render(report, width_of_output())
    )
    sys.stdout.write(text)
    return 0 if report.is_ready else 1
