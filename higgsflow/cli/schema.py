"""Write a JSON schema, by which editors complete and check what you write.

Of the configuration of an analysis, of a catalogue of samples, or of engines.yaml.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.cli.arguments import complete_with

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which schema, and where it goes."""
    about = "analysis (default), catalog or engines"
    what = parser.add_argument("what", nargs="?", default="analysis", help=about)
    complete_with(what, lambda **_: ["analysis", "catalog", "engines"])
    parser.add_argument("--output", type=Path, help="a file (default: the screen)")


def run(given: argparse.Namespace) -> int:
    """Writes it."""
    from higgsflow.catalog.json_schema import json_schema  # noqa: PLC0415
    from higgsflow.output.atomic import write_text  # noqa: PLC0415

    text = json.dumps(json_schema(given.what), indent=1) + "\n"
    if given.output is None:
        sys.stdout.write(text)
    else:
        write_text(given.output, text)
    return 0
