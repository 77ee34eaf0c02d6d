"""Why a stage would run again: what has changed since its outputs were made.

First causes first, each with all samples and years that it is of. Nothing is run or written.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgsflow.cli.arguments import add_analysis, add_sample, add_variations, complete_with

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The stage, and what it is about."""
    about = "such as MergeSample (default: RunAnalysis, the whole analysis)"
    stage = parser.add_argument("stage", nargs="?", default="RunAnalysis", help=about)
    complete_with(stage, _stages)
    add_analysis(parser)
    add_sample(parser, required=False)
    add_variations(parser)
    parser.add_argument("--json", action="store_true", help="answer as JSON, each reason by itself")


def run(given: argparse.Namespace) -> int:
    """Shows the reasons."""
    from higgsflow.report.reasons import told  # noqa: PLC0415
    from higgsflow.runners import find_runner  # noqa: PLC0415
    from higgsflow.visible import visible  # noqa: PLC0415

    named = {"sample": given.sample, "year": given.year}
    about: dict[str, Any] = {name: value for name, value in named.items() if value}
    if given.variation:
        about["variation"] = tuple(given.variation.split(","))
    reasons = find_runner("why")(
        given.stage, analysis=given.analysis, version=given.version, **about
    )
    if given.json:
        found = [reason._asdict() for reason in reasons]
        sys.stdout.write(f"{json.dumps(found, indent=1)}\n")
        return 0
    current = f"{given.stage} is current: nothing would run again"
    sys.stdout.write(visible("\n".join(told(reasons) if reasons else (current,)) + "\n"))
    return 0


def _stages(**_: Any) -> list[str]:
    """Those in law's index, which setup.sh keeps current."""
    index = Path(os.environ.get("LAW_HOME", "")) / "index"
    lines = index.read_text(encoding="utf-8").splitlines() if index.is_file() else []
    return [line.split(":")[1] for line in lines if ":" in line]
