"""What the live display looks like: a line for everything, and one per sample and year."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 100
_BAR = 14
_FAILURES = 3
# lines that are no samples: overall, bar, header, stages, failures, what was left out
_OTHER_LINES = 9
_COLUMNS = ("sample", "", "chunks", "running", "failed", "events", "events/s", "left", "memory")

Row = dict[str, Any]


def board(
    title: str, rows: Sequence[Row], stages: Sequence[str], size: tuple[int, int], seconds: float
) -> Any:
    """The display.

    Args:
        title: which analysis it is.
        rows: the progress of samples and years.
        stages: those that run now.
        size: columns and lines there are.
        seconds: since the start.
    """
    from rich.console import Group
    from rich.text import Text

    width = min(size[0], _WIDTH)
    shown, left_out = chosen(rows, max(size[1] - _OTHER_LINES, 3))
    failures = [r for r in rows if r["last_failure"]][-_FAILURES:]
    parts: list[Any] = [_overall(title, rows, seconds, width)]
    if shown:
        parts.append(_table(shown))
    if left_out:
        parts.append(Text(left_out, "dim"))
    if stages:
        parts.append(Text(f"now: {running(stages)}", "dim", no_wrap=True, overflow="ellipsis"))
    for row in failures:
        line = f"{row['name']}: {row['last_failure']}"
        parts.append(Text(line, "red", no_wrap=True, overflow="ellipsis"))
    return Group(*parts)


def chosen(rows: Sequence[Row], n: int) -> tuple[list[Row], str]:
    """As many rows as there is room for, those that need a look first, and what the rest is."""
    order = sorted(range(len(rows)), key=lambda i: (_rank(rows[i]), i))
    kept = sorted(order[:n])
    rest = [rows[i] for i in order[n:]]
    finished = sum(row["done"] == row["chunks"] for row in rest)
    names = (f"{finished} done", f"{len(rest) - finished} to come")
    said = ", ".join(name for name in names if not name.startswith("0 "))
    return [rows[i] for i in kept], f"and {said}" if rest else ""


def _rank(row: Row) -> int:
    if row["failed"]:
        return 0
    if row["running"]:
        return 1
    return 3 if row["done"] == row["chunks"] else 2


def running(stages: Sequence[str]) -> str:
    """Which stages run, by name; of many samples only how many."""
    by_kind: dict[str, list[str]] = {}
    for stage in stages:
        kind, _, what = stage.partition(" ")
        by_kind.setdefault(kind, []).append(what)
    return ", ".join(
        f"{kind} {names[0]}".strip() if len(names) == 1 else f"{kind} of {len(names)}"
        for kind, names in by_kind.items()
    )


def _overall(title: str, rows: Sequence[Row], seconds: float, width: int) -> Any:
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    entries, done, rate, left = totals(rows)
    n_done = sum(row["done"] == row["chunks"] for row in rows)
    head = Text(title, "bold")
    head.append(f"  {clock(seconds)}", "dim")
    if rows:
        head.append(f"  {percent(done, entries)}  {n_done}/{len(rows)} samples", "not bold")
        head.append(f"  {done:,} of {entries:,} events", "not bold")
    if left is not None:
        ends = time.strftime("%H:%M", time.localtime(time.time() + left))
        head.append(f"  {rate:,.0f} events/s  ends {ends}, in {clock(left)}", "not bold")
    # a bar by itself ends no line
    bar = Table.grid()
    bar.add_row(ProgressBar(total=max(entries, 1), completed=done, width=width))
    return Group(head, bar) if rows else head


def totals(rows: Sequence[Row]) -> tuple[int, int, float, float | None]:
    """Entries, those done, rate, and the seconds left where they can be known."""
    entries = sum(row["entries"] for row in rows)
    done = sum(row["entries_done"] for row in rows)
    seconds = time.time() - min((row["began"] for row in rows), default=time.time())
    rate = sum(row["entries_read"] for row in rows) / seconds if seconds > 0 else 0.0
    return entries, done, rate, (entries - done) / rate if rate and done < entries else None


def percent(done: int, entries: int) -> str:
    """Never 100 before it is all."""
    return f"{math.floor(100 * done / entries)}%" if entries else "0%"


def clock(seconds: float) -> str:
    """Seconds as 0:32, 12:05 or 3:07:00."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def memory(megabytes: float) -> str:
    """Megabytes, or gigabytes where there are many."""
    if not megabytes:
        return ""
    return f"{megabytes:.0f} MB" if megabytes < 1000 else f"{megabytes / 1000:.1f} GB"


def _table(rows: Sequence[Row]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for i, name in enumerate(_COLUMNS):
        justify: Any = "left" if i < 2 else "right"
        # a long name is cut, numbers are not
        table.add_column(name, justify=justify, no_wrap=True, overflow="ellipsis", min_width=4)
    for row in rows:
        table.add_row(*_cells(row), style="dim" if row["done"] == row["chunks"] else "")
    return table


def _cells(row: Row) -> tuple[Any, ...]:
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    left = row["entries"] - row["entries_done"]
    return (
        row["name"],
        ProgressBar(total=max(row["entries"], 1), completed=row["entries_done"], width=_BAR),
        f"{row['done']}/{row['chunks']}",
        str(row["running"] or ""),
        Text(str(row["failed"] or ""), "red"),
        f"{row['entries_done']:,}",
        f"{row['rate']:,.0f}" if row["rate"] else "",
        clock(left / row["rate"]) if row["rate"] and left else "",
        memory(row["memory_mb"]),
    )
