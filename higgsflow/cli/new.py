"""Begin an analysis: a configuration, a tagger, a systematic and a test, which run as they stand.

They are written to FOLDER/NAME. What you have changed there is never written over.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The name, and where it goes."""
    parser.add_argument("name", metavar="NAME", help="such as my_analysis")
    parser.add_argument(
        "--folder", type=Path, default=Path(), help="where its folder is made (default: here)"
    )


def run(given: argparse.Namespace) -> int:
    """Writes the files, and says what to do with them."""
    from higgsflow.catalog.new_analysis import new_analysis  # noqa: PLC0415
    from higgsflow.catalog.store import environment_store  # noqa: PLC0415

    written = new_analysis(given.name, given.folder)
    outputs = environment_store() / given.name
    first, folder = (shlex.quote(str(path)) for path in (written[0], written[0].parent))
    lines = (
        *(f"wrote {path}" for path in written),
        *(_shared(outputs, written[0]) if outputs.is_dir() else ()),
        "next:",
        f"  higgsflow check --analysis {first}",
        f"  law run RunAnalysis --analysis {first}",
        f"  pytest {folder}",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _shared(outputs: Path, configuration: Path) -> tuple[str, ...]:
    """What is told where an analysis of this name has outputs already."""
    return (
        f"note: {outputs} holds outputs of an analysis of this name, which it would make anew;",
        f"  say `version:` or `store:` in {configuration} to keep them",
    )
