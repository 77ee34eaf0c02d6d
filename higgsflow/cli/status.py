"""What of an analysis is done, running, failed, stale or open, from what the store records.

Nothing is run or written. Exit code 0 when all is done, 3 while jobs run, else 1.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from higgsflow.cli.arguments import add_analysis, analysis_of

if TYPE_CHECKING:
    import argparse

_EXIT_CODES = {"done": 0, "running": 3}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The analysis, and how to answer."""
    add_analysis(parser)
    parser.add_argument("--json", action="store_true", help="answer as JSON")


def run(given: argparse.Namespace) -> int:
    """Shows the table of samples and years."""
    from higgsflow.report.screen import width_of_output  # noqa: PLC0415
    from higgsflow.report.status import render  # noqa: PLC0415
    from higgsflow.runners import find_runner  # noqa: PLC0415
    from higgsflow.visible import visible_json  # noqa: PLC0415

    found = find_runner("status")(analysis_of(given))
    sys.stdout.write(
        visible_json(f"{found.model_dump_json(indent=1)}\n")
        if given.json
        else render(found, width_of_output())
    )
    return _EXIT_CODES.get(found.state, 1)
