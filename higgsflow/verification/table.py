"""Certificates as a table, at most 100 columns wide."""

from __future__ import annotations

import io
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console

from higgsflow.report.formatting import BLINDED, percent_processed, several
from higgsflow.report.grid import Drawn, Grid
from higgsflow.visible import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from higgsflow.verification.certificate import Certificate

_WIDTH = 100
_HEADERS = (
    "sample", "year", "files", "ranges", "entries", "D", "scale1fb [fb]", "merged files", "rows",
)  # fmt: skip


def render(found: Sequence[Certificate], hidden: Collection[str] = (), width: int = _WIDTH) -> str:
    """A row for each sample and year, and how many files and rows there are.

    Of the `hidden` samples no table may tell how many events they have.
    """
    text = io.StringIO()
    console = Console(width=width, file=text, color_system=None)
    by_pair = groupby(found, key=lambda one: (one.sample, one.year))
    rows = tuple(_row(list(together), hidden) for _, together in by_pair)
    console.print("Certificate")
    console.print(Drawn(Grid("Certificate", _HEADERS, rows, names=2)))
    shown = [one.rows for one in found if one.sample not in hidden]
    rest = ", and those of blinded data," if len(shown) < len(found) else ""
    files, rows_of_them = several(len(found), "merged file"), several(sum(shown), "row")
    follow = "follows from its" if len(found) == 1 else "follow from their"
    console.print(f"{files} with {rows_of_them}{rest} {follow} job records")
    return visible(text.getvalue())


def _row(variations: list[Certificate], hidden: Collection[str]) -> tuple[str, ...]:
    """Variations of a sample are merged from the same chunks, and scaled alike."""
    one = variations[0]
    part = (
        "all"
        if one.complete
        else f"{percent_processed(one.n_entries / max(one.n_indexed, 1)):.4g}%"
    )
    return (
        one.sample,
        one.year,
        str(one.n_files),
        str(one.n_ranges),
        f"{one.n_entries:,} ({part})",
        "-" if one.denominator is None else f"{one.denominator:.6g}",
        "-" if one.scale1fb is None else f"{one.scale1fb:.6g}",
        str(len(variations)),
        BLINDED if one.sample in hidden else f"{sum(one.rows for one in variations):,}",
    )
