"""The report of a check as text for a screen."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from higgsflow.report.formatting import pairs
from higgsflow.report.grid import Drawn, Grid
from higgsflow.visible import visible

if TYPE_CHECKING:
    from higgsflow.check.problem import Problem
    from higgsflow.check.report import CheckReport, PairCheck

WIDTH = 100
_COLUMNS = ("files", "size", "xs [pb]", "lumi", "golden JSON", "columns", "passes", "weights", "")


def render(report: CheckReport, width: int = WIDTH) -> str:
    """One table, a line for each sample and year, and below it what is wrong."""
    text = io.StringIO()
    console = Console(width=width, file=text, color_system=None)
    rows = tuple(_cells(pair) for pair in report.pairs)
    if rows:
        console.print(Drawn(Grid("", ("sample", "year", *_COLUMNS), rows, names=2)))
    for problem in report.problems:
        console.print(_told(problem))
    console.print(_verdict(report))
    return visible(text.getvalue())


def _cells(pair: PairCheck) -> tuple[str, ...]:
    golden = pair.golden_json if pair.is_data else ""
    return (
        pair.sample,
        pair.year,
        "made" if pair.n_files is None else str(pair.n_files),
        "" if pair.size is None else bytes_text(pair.size),
        "data" if pair.xs is None else f"{pair.xs:.4g}",
        f"{pair.luminosity:g}",
        golden or ("none" if pair.is_data else ""),
        "?" if pair.n_columns is None else str(pair.n_columns),
        "?" if pair.n_passes is None else str(pair.n_passes),
        "?" if pair.n_weights is None else str(pair.n_weights),
        "ok" if pair.is_ready else "wrong",
    )


def _told(problem: Problem) -> Text:
    kind = problem.about if problem.serious else f"{problem.about}, a note"
    whose = f" ({problem.whose})" if problem.whose else ""
    first, *more = problem.text.split("\n")
    # of what stands in the lines below a name is told before the colon
    end = ":" if whose and first.endswith(":") else ""
    return Text("\n".join([f"{kind}: {first.removesuffix(end)}{whose}{end}", *more]))


def _verdict(report: CheckReport) -> Text:
    n = sum(problem.serious for problem in report.problems)
    of_all = f", {pairs(len(report.pairs))}" if report.pairs else ""
    if not n:
        said = f"{report.analysis} is ready: {pairs(len(report.pairs))}"
        return Text(f"{said}; higgsflow forecast says what they take")
    return Text(f"{n} {'problem' if n == 1 else 'problems'} of {report.analysis}{of_all}")


def bytes_text(n: float) -> str:
    """Bytes in the unit that reads best."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if n < 1000 or unit == "TB":
            return f"{n:.0f} {unit}" if unit == "B" else f"{n:.3g} {unit}"
        n /= 1000
    raise AssertionError
