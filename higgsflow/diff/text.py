"""The differences as text for a screen."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from higgsflow.report.grid import Drawn, Grid
from higgsflow.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.diff.content import (
        ColumnDifference,
        Difference,
        PairDifference,
        TagDifference,
    )

WIDTH = 100
_MOST = 20  # rows of a table
_PAIR = ("sample", "year", "variation")


def render(difference: Difference, width: int = WIDTH) -> str:
    """One table of what was compared, and for each that differs what does."""
    text = io.StringIO()
    console = Console(width=width, file=text, color_system=None)
    console.print(Text(f"A: {difference.a}\nB: {difference.b}"))
    console.print(_overview(difference.pairs))
    told = [pair for pair in difference.pairs if _has_more(pair)]
    for pair in told[:_MOST]:
        console.print(Text(f"{pair.sample} {pair.year} {pair.variation}".strip()))
        for part in (*(() if pair.is_same else _tables(pair)), *_not_compared(pair)):
            console.print(part)
    if len(told) > _MOST:
        more = f"and {len(told) - _MOST} more: --json has them, --sample and --variation narrow it"
        console.print(Text(more))
    for side, names in (("A", difference.only_a), ("B", difference.only_b)):
        if names:
            console.print(Text(f"only in {side}: {_listed(names)}"))
    for part in _configurations(difference.configurations):
        console.print(part)
    console.print(Text(_verdict(difference)))
    return "\n".join(line.rstrip() for line in visible(text.getvalue()).splitlines()) + "\n"


def _has_more(pair: PairDifference) -> bool:
    """Whether there is more to tell of it than its row."""
    return not pair.is_same or bool(pair.columns_a or pair.columns_b or pair.types)


def _overview(pairs: Sequence[PairDifference]) -> Drawn:
    columns = ("rows A", "rows B", "matched", "only A", "only B", "twice", "columns", "")
    rows = tuple(_compared(together) for together in _put_together(pairs))
    return Drawn(Grid("", (*_PAIR, *columns), rows, names=len(_PAIR)))


def _put_together(pairs: Sequence[PairDifference]) -> Iterator[list[PairDifference]]:
    """What has a row each: where many are the same, or differ, those of a sample and year do."""
    n = Counter(pair.is_same for pair in pairs)
    rows: dict[tuple[str, ...], list[PairDifference]] = {}
    for p in pairs:
        name = p.variation if n[p.is_same] <= _MOST else f"same: {p.is_same}"
        rows.setdefault((p.sample, p.year, name), []).append(p)
    yield from rows.values()


def _compared(together: Sequence[PairDifference]) -> tuple[str, ...]:
    """The row of one, or the sums over several that are the same."""
    first, n = together[0], len(together)
    numbers = [
        sum(of_one)
        for of_one in zip(
            *((p.n_a, p.n_b, p.n_matched, p.only_a, p.only_b) for p in together), strict=True
        )
    ]
    twice = [sum(p.duplicates_a for p in together), sum(p.duplicates_b for p in together)]
    most = max(p.n_columns for p in together)
    return (
        first.sample,
        first.year,
        first.variation if n == 1 else f"{n} variations",
        *map(str, numbers),
        ", ".join(map(str, twice)) if any(twice) else "0",
        str(most),
        "same" if first.is_same else "differs",
    )


def _tables(pair: PairDifference) -> Iterator[Drawn | Text]:
    yield _yields(pair)
    if pair.moves:
        yield _moves(pair)
    if pair.columns:
        yield _columns(pair)
    for what, all_of in (("moves", pair.moves), ("columns", pair.columns)):
        if len(all_of) > _MOST:
            yield Text(f"  and {len(all_of) - _MOST} more {what}: --json has them")


def _not_compared(pair: PairDifference) -> Iterator[Text]:
    """What only one side has, which leaves the rest the same."""
    for side, names in (("A", pair.columns_a), ("B", pair.columns_b)):
        if names:
            yield Text(f"  columns of {side} only: {_listed(names)}")
    if pair.types:
        told = [f"{one.name} {one.a} -> {one.b}" for one in pair.types]
        yield Text(f"  columns of another type: {_listed(told)}")


def _configurations(differences: Sequence[str]) -> Iterator[Text]:
    if differences:
        yield Text("the configurations differ:")
    for told in differences[:_MOST]:
        yield Text(f"  {told}")
    if len(differences) > _MOST:
        yield Text(f"  and {len(differences) - _MOST} more: --json has them")


def _yields(pair: PairDifference) -> Drawn:
    headers = ("tag", "rows A", "rows B", "yield A", "yield B", "B - A")
    return Drawn(Grid("", headers, tuple(_of_tag(tag) for tag in pair.tags)))


def _of_tag(tag: TagDifference) -> tuple[str, ...]:
    both = tag.yield_a is not None and tag.yield_b is not None
    change = f"{(tag.yield_b or 0) - (tag.yield_a or 0):+.4g}" if both else ""
    yields = (_number(tag.yield_a), _number(tag.yield_b))
    return (tag.tag, str(tag.n_a), str(tag.n_b), *yields, change)


def _moves(pair: PairDifference) -> Drawn:
    rows = (
        (move.origin, move.target, str(move.n), ", ".join(move.events[:2]))
        for move in pair.moves[:_MOST]
    )
    return Drawn(Grid("", ("from A", "to B", "events", "such as"), tuple(rows), names=2))


def _columns(pair: PairDifference) -> Drawn:
    headers = ("column", "changed", "NaN once", "largest", "mean", "relative", "largest in")
    most = sorted(pair.columns, key=lambda column: -column.n_changed)[:_MOST]
    return Drawn(Grid("", headers, tuple(_of_column(column) for column in most)))


def _of_column(c: ColumnDifference) -> tuple[str, ...]:
    sizes = (f"{v:.3g}" for v in (c.max_difference, c.mean_difference, c.max_relative))
    return (c.name, str(c.n_changed), str(c.n_one_nan), *sizes, c.worst)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _listed(names: Sequence[str]) -> str:
    rest = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return ", ".join(names[:12]) + rest


def _verdict(difference: Difference) -> str:
    hidden = sum(pair.n_hidden or 0 for pair in difference.pairs)
    lines = []
    if any(pair.n_hidden is not None for pair in difference.pairs):
        lines.append(f"data in the blinded window are not compared: {hidden} rows of both sides")
    if not all(pair.n_columns for pair in difference.pairs):
        lines.append("no column of numbers is called the same on both sides: map them")
    n = sum(not pair.is_same for pair in difference.pairs)
    alone = len(difference.only_a) + len(difference.only_b)
    within = f" within {difference.tolerance:g}" if difference.tolerance else ""
    if difference.is_same:
        lines.append(f"the same{within}: {len(difference.pairs)} compared")
    else:
        more = f", and one side lacks {alone}" if alone else ""
        lines.append(f"{n} of {len(difference.pairs)} compared differ{within}{more}")
    return "\n".join(lines)
