"""The command `higgsflow`: questions about an analysis that need no run."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from higgsflow.errors import InvalidConfiguration, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Answers and returns the exit code; what the user can put right is told without traceback."""
    given = _parser().parse_args(arguments)
    try:
        text = _matrix(given.analysis)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="higgsflow", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    about = "which systematic applies to which sample and year, and what it reads and costs"
    matrix = commands.add_parser("matrix", help=about, description=about)
    matrix.add_argument(
        "--analysis", default="demo", help="a name in config/, or the path of a configuration"
    )
    return parser


def _matrix(name: str) -> str:
    # only what is asked for is imported
    from higgsflow.catalog.load import find_analysis, known_analyses, load_analysis  # noqa: PLC0415
    from higgsflow.model.reference import look_in  # noqa: PLC0415
    from higgsflow.report.matrix import render  # noqa: PLC0415

    path = find_analysis(name)
    if path is None:
        known = ", ".join(known_analyses())
        raise InvalidConfiguration(f"no analysis '{name}'", f"known: {known}", "or give a path")
    analysis = load_analysis(path)
    look_in(analysis.python_path)
    return render(analysis)


if __name__ == "__main__":
    sys.exit(main())
