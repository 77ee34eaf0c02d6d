"""What the live display looks like: a line for everything, and one per sample and year."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from higgsflow.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 100
_BAR = 14
_FAILURES = 3
# lines that are no samples: overall, bar, header, stages, failures, what was left out
_OTHER_LINES = 9
_GAP = 2  # blanks between columns
_NAME = 40  # of a sample and year, that much is worth more than what is left out for it
_COLUMNS = ("sample", "", "chunks", "running", "failed", "events", "events/s", "left", "memory")

# where there is too little room
_LEFT_OUT_FIRST = tuple(map(_COLUMNS.index, ("", "memory", "events/s", "running", "events")))

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
        parts.append(_table(shown, size[0]))
    if left_out:
        parts.append(Text(left_out, "dim"))
    if stages:
        parts.append(Text(f"now: {running(stages)}", "dim", no_wrap=True, overflow="ellipsis"))
    for row in failures:
        line = f"{row['name']}: {row['last_failure']}"
        parts.append(Text(visible(line), "red", no_wrap=True, overflow="ellipsis"))
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


def _table(rows: Sequence[Row], width: int) -> Any:
    """What there is room for; of a long name a part, of numbers all digits."""
    from rich.table import Table

    cells = [_cells(row) for row in rows]
    columns = columns_that_fit(cells, width)
    lengths = _lengths(cells)
    room = width - sum(lengths[i] + _GAP for i in columns[1:])
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column(_COLUMNS[0], no_wrap=True, overflow="ellipsis", max_width=max(room, 1))
    for i in columns[1:]:
        table.add_column(_COLUMNS[i], justify="right", no_wrap=True, min_width=lengths[i])
    names = names_within([row["name"] for row in rows], room)
    for row, name, (_, *of_row) in zip(rows, names, cells, strict=True):
        shown = (_drawn(row, i, text) for i, text in enumerate((name, *of_row)))
        style = "dim" if row["done"] == row["chunks"] else ""
        table.add_row(*(cell for i, cell in enumerate(shown) if i in columns), style=style)
    return table


def columns_that_fit(cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """Which columns there is room for beside names, or a part of them that tells them apart."""
    lengths = [length + _GAP for length in _lengths(cells)]
    lengths[0] = min(lengths[0], _NAME + _GAP)
    columns = list(range(len(_COLUMNS)))
    for i in _LEFT_OUT_FIRST:
        if sum(lengths[j] for j in columns) - _GAP > width:
            columns.remove(i)
    return columns


def _lengths(cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(_COLUMNS, *cells, strict=True)]


def names_within(names: Sequence[str], width: int) -> list[str]:
    """Samples and years in so many columns; what is too long is the name of a sample."""
    from higgsflow.report.short_names import shortened

    split = [name.partition(" (") for name in names]
    room = width - max((len(mark) + len(year) for _, mark, year in split), default=0)
    if room < 2 or all(len(name) <= width for name in names):
        return list(names)
    shown = shortened((sample for sample, _, _ in split), room)
    return [f"{shown[sample]}{mark}{year}" for sample, mark, year in split]


def _cells(row: Row) -> tuple[str, ...]:
    left = row["entries"] - row["entries_done"]
    return (
        row["name"],
        " " * _BAR,
        f"{row['done']}/{row['chunks']}",
        str(row["running"] or ""),
        str(row["failed"] or ""),
        f"{row['entries_done']:,}",
        f"{row['rate']:,.0f}" if row["rate"] else "",
        clock(left / row["rate"]) if row["rate"] and left else "",
        memory(row["memory_mb"]),
    )


def _drawn(row: Row, column: int, text: str) -> Any:
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    if _COLUMNS[column] == "":
        return ProgressBar(total=max(row["entries"], 1), completed=row["entries_done"], width=_BAR)
    return Text(text, "red" if _COLUMNS[column] == "failed" else "")
