"""Which systematic applies to which sample and year, and what it reads and costs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from higgsflow.cli.arguments import add_analysis, analysis_of

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The analysis."""
    add_analysis(parser)


def run(given: argparse.Namespace) -> int:
    """Shows the matrix."""
    from higgsflow.report.matrix import render  # noqa: PLC0415
    from higgsflow.report.screen import width_of_output  # noqa: PLC0415

    sys.stdout.write(render(analysis_of(given), width_of_output()))
    return 0
