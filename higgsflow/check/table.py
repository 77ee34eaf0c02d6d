"""The report of a check as text for a screen."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.check.problem import Problem
    from higgsflow.check.report import CheckReport, PairCheck

WIDTH = 100
_COLUMNS = ("files", "size", "xs [pb]", "lumi", "golden JSON", "columns", "passes", "weights")


def render(report: CheckReport, width: int = WIDTH) -> str:
    """One table, a line for each sample and year, and below it what is wrong."""
    text = io.StringIO()
    console = Console(width=width, file=text, color_system=None)
    table = table_of_samples(_COLUMNS)
    table.add_column("")
    for pair in report.pairs:
        table.add_row(*_cells(pair))
    console.print(table)
    for problem in report.problems:
        console.print(_told(problem))
    console.print(_verdict(report))
    return text.getvalue()


def table_of_samples(numbers: Sequence[str]) -> Table:
    """An empty table with columns for sample and year, and for numbers after them."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("sample", "year"):
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(Text(name), justify="right", overflow="fold")
    return table


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
    whose = f" ({problem.whose})" if problem.subjects else ""
    first, *more = problem.text.split("\n")
    return Text("\n".join([f"{kind}: {first}{whose}", *more]))


def _verdict(report: CheckReport) -> Text:
    n = sum(problem.serious for problem in report.problems)
    pairs = f"{len(report.pairs)} samples and years"
    if not n:
        return Text(f"{report.analysis} is ready: {pairs}; higgsflow forecast says what they take")
    return Text(f"{n} {'problem' if n == 1 else 'problems'} of {report.analysis}, {pairs}")


def bytes_text(n: float) -> str:
    """Bytes in the unit that reads best."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if n < 1000 or unit == "TB":
            return f"{n:.0f} {unit}" if unit == "B" else f"{n:.3g} {unit}"
        n /= 1000
    raise AssertionError
