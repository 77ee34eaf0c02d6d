"""Tables of text: as many columns beside each other as fit the width, the others below."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich import box
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PADDING = 3


class Grid(NamedTuple):
    """A table before it is drawn; the first `names` columns are text, the others numbers."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1


def split(grid: Grid, width: int) -> Iterator[Grid]:
    """Several grids of as many columns as fit beside the names, which are repeated."""
    names, last = list(range(grid.names)), len(grid.headers)
    lengths = [
        max(len(row[i]) for row in (grid.headers, *grid.rows)) + _PADDING for i in range(last)
    ]
    # long names are folded, so that at least half of the width is for numbers
    left = max(width - sum(lengths[: grid.names]), width // 2) - 1
    chosen: list[int] = []
    for i in range(grid.names, last):
        if chosen and sum(lengths[j] for j in (*chosen, i)) > left:
            yield _columns(grid, [*names, *chosen])
            chosen = []
        chosen.append(i)
    yield _columns(grid, [*names, *chosen])


def _columns(grid: Grid, chosen: Sequence[int]) -> Grid:
    return Grid(
        grid.title,
        tuple(grid.headers[i] for i in chosen),
        tuple(tuple(row[i] for i in chosen) for row in grid.rows),
        grid.names,
    )


def drawn(grid: Grid) -> Table:
    """The table as `rich` prints it; names are folded where they are too long."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for i, header in enumerate(grid.headers):
        is_name = i < grid.names
        table.add_column(
            Text(header, overflow="fold"),
            justify="left" if is_name else "right",
            no_wrap=not is_name,
            overflow="fold",
        )
    for row in grid.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
