"""What differs between two stores, or to the files of another framework.

A side is a folder such as store/demo/v1, a merged file, or parquet or ROOT files of others; events
are matched by (run, lumisection, event). Exit code 1 where anything differs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two sides, what of them, and how the other framework calls it."""
    parser.add_argument("a", metavar="A", help="one side: a folder, a file, or a glob in quotes")
    parser.add_argument("b", metavar="B", help="the other side")
    for name in ("sample", "year", "variation"):
        parser.add_argument(f"--{name}", default="", help=f"only this {name}")
    about = "a YAML file that says how the other side calls its columns, samples, tags and files"
    parser.add_argument("--map", default="", metavar="FILE", help=about)
    about = "its name of one column, such as m_gg=CMS_hgg_mass; may be repeated"
    parser.add_argument("--column", default=[], action="append", metavar="OURS=THEIRS", help=about)
    about = "relative difference up to which numbers are the same (default: 0)"
    parser.add_argument("--tolerance", type=float, default=0.0, metavar="X", help=about)
    parser.add_argument("--json", action="store_true", help="answer as JSON")


def run(given: argparse.Namespace) -> int:
    """Shows the differences."""
    from higgsflow.diff.column_map import ColumnMap, read_map, with_options  # noqa: PLC0415
    from higgsflow.diff.difference import diff  # noqa: PLC0415
    from higgsflow.diff.text import render  # noqa: PLC0415
    from higgsflow.report.screen import width_of_output  # noqa: PLC0415
    from higgsflow.visible import visible_json  # noqa: PLC0415

    known = with_options(read_map(given.map) if given.map else ColumnMap(), given.column)
    wanted = (given.sample, given.year, given.variation)
    found = diff(given.a, given.b, known, given.tolerance, wanted)
    text = (
        visible_json(f"{found.model_dump_json(indent=1)}\n")
        if given.json
        else render(found, width_of_output())
    )
    sys.stdout.write(text)
    return 0 if found.is_same else 1
