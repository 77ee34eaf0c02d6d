"""The forecast as text for a screen."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from higgsflow.check.table import bytes_text
from higgsflow.errors import shorten
from higgsflow.report.grid import Drawn, Grid
from higgsflow.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.forecast.content import Forecast, PairForecast

WIDTH = 100
_COLUMNS = ("events", "jobs", "CPU h", "s per job", "events/s", "MB", "output", "suggested")


def render(forecast: Forecast, width: int = WIDTH) -> str:
    """One table, a line for each sample and year, and below it all of them together."""
    text = io.StringIO()
    console = Console(width=width, file=text, color_system=None)
    rows = tuple(_cells(pair) for pair in forecast.pairs if not pair.problem)
    console.print(Drawn(Grid("", ("sample", "year", *_COLUMNS), rows, names=2)))
    for line in _together(forecast):
        console.print(Text(line))
    for line in _problems(forecast):
        console.print(Text(line))
    return "\n".join(line.rstrip() for line in visible(text.getvalue()).splitlines()) + "\n"


def _cells(pair: PairForecast) -> tuple[str, ...]:
    seconds = pair.cpu_hours * 3600
    rate = pair.n_entries / seconds if seconds else 0.0
    about = "~" if pair.is_estimated else ""
    return (
        pair.sample,
        pair.year,
        f"{about}{pair.n_entries}",
        f"{about}{pair.n_jobs}",
        _with_error(pair.cpu_hours, pair.cpu_hours_error),
        f"{pair.job_seconds:.3g}",
        f"{rate:.3g}",
        f"{pair.memory_mb:.0f}",
        bytes_text(pair.output_bytes),
        "one job" if pair.in_one_job else str(pair.suggested or "?"),
    )


def _with_error(value: float, error: float) -> str:
    return f"{value:.3g} +- {error:.2g}"


def _together(forecast: Forecast) -> Iterator[str]:
    f = forecast
    jobs = "1 job" if f.n_jobs == 1 else f"{f.n_jobs} jobs"
    asked = f"{jobs} with n_events_per_output {f.n_events_per_output}"
    yield f"{asked}: {_with_error(f.cpu_hours, f.cpu_hours_error)} CPU hours"
    if f.wall_hours is not None:
        yield f"on {f.n_workers} cores about {_duration(f.wall_hours * 3600)}"
    else:
        yield f"{_duration(f.start_up + f.warm_up)} of each job are its start"
    # merged files hold the same events once more
    sizes = f"{bytes_text(2 * f.output_bytes)}, of {bytes_text(f.free_bytes)} that are free"
    yield f"outputs and merged files: {sizes}"
    if f.suggested:
        is_one = all(pair.in_one_job for pair in f.pairs if pair.suggested)
        jobs = "one job each" if is_one else f"jobs of {_duration(f.job_length)}"
        yield f"for {jobs}: n_events_per_output: {f.suggested}"
    unknown = [pair for pair in f.pairs if pair.cost is not None and not pair.suggested]
    if unknown:
        names = ", ".join(f"{pair.sample} ({pair.year})" for pair in unknown)
        n = max(pair.n_probed for pair in unknown)
        yield f"{n} events are too few to suggest anything for {names}: probe more with --events"


def _problems(forecast: Forecast) -> Iterator[str]:
    """What is in the way of a forecast, once for all that have it in common."""
    names: dict[str, list[str]] = {}
    for pair in forecast.pairs:
        names.setdefault(pair.problem, []).append(f"{pair.sample} ({pair.year})")
    for problem, having in names.items():
        if problem:
            yield f"no forecast of {shorten(having)}: {problem}"


def _duration(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.2g} s"
