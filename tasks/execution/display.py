"""One display of all samples while they run: a process of its own that reads their progress.

A thread of the main process would hold locks while luigi forks; a process cannot be in the way.
"""

from __future__ import annotations

import atexit
import json
import multiprocessing
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_INTERVAL = 0.4
_CONTEXT = multiprocessing.get_context("fork")
# set to end the display, and by the display when it has cleared the screen; forks share them
_end, _ended = _CONTEXT.Event(), _CONTEXT.Event()
_started: list[Any] = []


def start_display(folder: Path) -> None:
    """Starts the display of an analysis in a terminal; elsewhere samples write a line each."""
    if _started or not sys.stderr.isatty():
        return
    process = _CONTEXT.Process(target=_show, args=(folder, time.time()), daemon=True)
    process.start()
    _started.append(process)
    atexit.register(end_display)


def end_display() -> None:
    """Ends the display, so that something else can be printed."""
    if _started and not _end.is_set():
        _end.set()
        _ended.wait(timeout=2)


def _show(folder: Path, since: float) -> None:
    """Draws the table until told to end, or the process that wanted it is gone."""
    from rich.console import Console
    from rich.live import Live

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    with Live(console=Console(stderr=True), transient=True, refresh_per_second=4) as live:
        while not _end.wait(_INTERVAL) and os.getppid() == parent:
            live.update(_table(_read(folder, since)))
    _ended.set()


def _read(folder: Path, since: float) -> list[dict[str, Any]]:
    """The progress of every sample and year that has moved since the start."""
    found = []
    for path in sorted(folder.glob("jobs/*/*/progress.json")):
        try:
            if path.stat().st_mtime >= since:
                found.append(json.loads(path.read_bytes()))
        except (OSError, ValueError):
            continue
    return found


def _table(rows: list[dict[str, Any]]) -> Any:
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("sample", "", "chunks", "running", "failed", "events", "events/s", "left"):
        table.add_column(name, justify="left" if name in ("sample", "") else "right")
    for row in rows:
        left = row["entries"] - row["entries_done"]
        seconds = f"{left / row['rate']:,.0f} s" if row["rate"] and left else ""
        table.add_row(
            row["name"],
            ProgressBar(total=max(row["entries"], 1), completed=row["entries_done"], width=20),
            f"{row['done']}/{row['chunks']}",
            str(row["running"]),
            str(row["failed"] or ""),
            f"{row['entries_done']:,}",
            f"{row['rate']:,.0f}",
            seconds,
        )
    failures = [Text(f"{r['name']}: {r['last_failure']}", "red") for r in rows if r["last_failure"]]
    return Group(table, *failures[-2:])
