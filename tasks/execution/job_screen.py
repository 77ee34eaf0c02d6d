"""The jobs of samples as a user sees them: a table, the slowest and the failing chunks, or JSON."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from higgsflow.report.formatting import percent_processed
from higgsflow.visible import visible, visible_json
from tasks.execution.driver_lock import is_driven

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from higgsflow.records.job_state import JobsTable, JobState

# what a look at jobs ends with
EXIT_CODES = {"complete": 0, "enough": 0, "insufficient": 1, "open": 1, "running": 3}
_HEADERS = (
    "sample", "year", "chunks", "waiting", "running", "done", "failed", "attempts", "events",
    "wall", "CPU", "memory", "events/s", "MB/s", "hosts",
)  # fmt: skip
_MINUTE, _HOUR = 60, 3600


def look(folders: Iterable[Path]) -> list[JobsTable]:
    """What is recorded of the jobs in some folders; nothing of those that never ran."""
    from higgsflow.records.job_state import tabulate
    from higgsflow.records.journal import read_journal

    found = ((folder, read_journal(folder)) for folder in folders)
    return [
        tabulate(*journal, driven=is_driven(folder), now=time.time())
        for folder, journal in found
        if journal is not None
    ]


def exit_code(tables: Sequence[JobsTable], n_asked: int) -> int:
    """0 when enough is done of all that was asked for, 3 while somebody works on it, else 1."""
    codes = {EXIT_CODES[table.state] for table in tables}
    if EXIT_CODES["running"] in codes:
        return EXIT_CODES["running"]
    return max(codes | ({EXIT_CODES["open"]} if len(tables) < n_asked else set()), default=1)


def write_json(tables: Sequence[JobsTable]) -> None:
    """Writes the tables to standard output as one JSON list."""
    text = ",".join(table.model_dump_json() for table in tables)
    sys.stdout.write(f"[{visible_json(text)}]\n")


def write_screen(tables: Sequence[JobsTable]) -> None:
    """Writes the tables to standard output for a reader."""
    from higgsflow.report.grid import Drawn, Grid
    from higgsflow.report.screen import Screen, width_of_output

    console = Screen(width_of_output())
    console.print(Drawn(Grid("", _HEADERS, tuple(_row(table) for table in tables), names=2)))
    for table in tables:
        console.print(_standing(table), markup=False)
        by_id = {state.chunk_id: state for state in table.chunks}
        for title, ids in (("slowest", table.slowest), ("failing", table.failing)):
            for line in _chunk_lines(title, [by_id[chunk_id] for chunk_id in ids]):
                console.print(visible(line), markup=False, soft_wrap=True)


def _row(table: JobsTable) -> tuple[str, ...]:
    lost = f" (lost: {_counts(table.lost_attempts)})" if table.lost_attempts else ""
    rate = table.byte_rate
    return (
        table.head.sample,
        table.head.year,
        f"{table.n_chunks:,}",
        f"{table.waiting:,}",
        f"{table.running:,}",
        f"{table.done:,}",
        _counts(table.failed) or "0",
        f"{table.attempts:,}{lost}",
        _events(table),
        f"{_duration(table.wall)} (longest {_duration(table.longest)})",
        f"{100 * table.efficiency:.0f} %",
        f"{table.peak_memory_mb:,.0f} MB",
        f"{table.rate:,.0f}",
        "" if rate is None else f"{rate / 1e6:,.1f}",
        _hosts(table.hosts),
    )


def _events(table: JobsTable) -> str:
    share = table.n_entries_done / table.n_entries if table.n_entries else 1.0
    done = f"{table.n_entries_done:,} ({percent_processed(share):.4g} %)"
    # before all jobs have ended the rest of a skim is to come
    is_open = table.waiting or table.running
    is_all = is_open or table.n_entries_counted == table.n_entries_done
    return done if is_all else f"{done}, {table.n_entries_counted:,} count"


def _standing(table: JobsTable) -> str:
    """In a line: who drives these jobs since when, or what would go on with them."""
    head = table.head
    since = datetime.fromtimestamp(head.began, timezone.utc).astimezone().strftime("%H:%M:%S %d %b")
    if table.driven:
        return (
            f"{head.name}: driven by process {head.pid} on {head.host} since {since}, {head.engine}"
        )
    counts = f"{percent_processed(table.fraction):.4g} % of the events count"
    if (n_torn := table.n_entries_done - table.n_entries_counted) > 0:
        counts += f", not {n_torn:,} that are done, of skims with missing parts"
    said = {
        "complete": "complete",
        "enough": f"enough is done, the rest is lost for good: {counts}",
        "insufficient": _insufficient(table, counts),
        "open": "not done, and nobody drives them now; the same command goes on",
    }
    return f"{head.name}: {said[table.state]}; last driven from {since}, {head.engine}"


def _insufficient(table: JobsTable, counts: str) -> str:
    if n := table.failed.get("defect", 0):
        chunks = "a chunk" if n == 1 else f"{n:,} chunks"
        return f"a defect in code stopped it, on {chunks}; correct it, and the same command goes on"
    return f"too much has failed: {counts}; the same command tries it again"


def _chunk_lines(title: str, states: Sequence[JobState]) -> Iterable[str]:
    now = time.time()
    for state in states:
        where = f"{state.first_url} from {state.start}, {state.n_entries:,} events"
        failed = (
            f", {state.error_class}: {_first_line(state.message)}" if title == "failing" else ""
        )
        yield (
            f"  {title}: branch {state.branch} {state.status}, "
            f"attempt {state.attempts}, {_duration(state.elapsed(now))} on {state.host or '-'}"
            f"{failed}; {where}; log: {state.log or '-'}"
        )


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else ""


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items())


def _hosts(hosts: Mapping[str, int]) -> str:
    if len(hosts) == 1:
        return next(iter(hosts))
    return f"{len(hosts)}" if hosts else ""


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.1f} min"
    return f"{seconds / _HOUR:.1f} h"


def folders_of(folder: Path, sample: str, years: Iterable[str]) -> list[Path]:
    """Where the jobs of a sample are recorded, below the folder of an analysis."""
    return [folder / "jobs" / sample / year for year in years]
