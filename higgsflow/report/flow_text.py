"""One cut flow as text for a screen."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from higgsflow.report.formatting import NOTHING, count, percent, with_error
from higgsflow.report.grid import Drawn, Grid

if TYPE_CHECKING:
    from higgsflow.report.variation_content import CutSummary, FlowSummary

WIDTH = 100
_COLUMNS = ("alone", "passed", "of those before", "weighted [%]", "of those by all others")


def render(flow: FlowSummary, width: int = WIDTH) -> str:
    """A line for each cut: what passes it, and those before it, and which fraction that is."""
    text = io.StringIO()
    console = Console(width=width, file=text, color_system=None)
    console.print(Text(f"Cut flow of {flow.tagger}, {flow.group}: {count(flow.total.n)} entries"))
    if flow.cuts:
        console.print(Drawn(Grid("", ("cut", *_COLUMNS), tuple(map(_cells, flow.cuts)))))
    weighted = _percentage(flow.weighted, flow.weighted_error)
    told = f"{count(flow.passed.n)} pass, {percent(flow.efficiency)}; weighted {weighted} %"
    console.print(Text(told))
    return text.getvalue()


def _cells(cut: CutSummary) -> tuple[str, ...]:
    return (
        cut.name,
        count(cut.alone.n),
        count(cut.prefix.n),
        percent(cut.efficiency),
        _percentage(cut.weighted, cut.weighted_error),
        percent(cut.n_minus_1),
    )


def _percentage(value: float | None, error: float | None) -> str:
    if value is None or error is None:
        return NOTHING
    return with_error(100 * value, 100 * error)
