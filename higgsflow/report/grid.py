"""Tables of text: as many columns beside each other as fit the width, the others below.

Names and numbers stay in one piece: where names leave too little room beside them, each stands on
a line of its own, above what is of it.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, chop_cells
from rich.text import Text

from higgsflow.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, ConsoleOptions

_GAPS = (3, 2)  # blanks between columns; fewer where they do not fit beside each other
_INDENT = 2  # of what is below a name
_MARGIN = 1  # at either side


class Grid(NamedTuple):
    """A table before it is drawn; the first `names` columns are text, the others numbers."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1


class Drawn(NamedTuple):
    """A grid as `rich` prints it, within the width that it is given.

    Of one column that alone is wider the cells are folded.
    """

    grid: Grid

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[Text]:
        """All lines, an empty one before and after each part."""
        grid = _visible(self.grid)
        layout = _layout(grid, options.max_width, "-" if options.ascii_only else "─")
        for part in _split(grid, layout):
            yield Text("\n").join((Text(), *_drawn(part, layout), Text()))


class _Layout(NamedTuple):
    """How a grid is drawn.

    Attributes:
        width: columns of text that there are.
        gap: blanks between columns.
        n_above: 1 where each first name stands on a line of its own, else 0.
        indent: blanks before what is on other lines.
    """

    width: int
    rule: str
    gap: int
    n_above: int
    indent: int


def _visible(grid: Grid) -> Grid:
    """The grid as a terminal may get it."""
    headers, *rows = (tuple(map(visible, cells)) for cells in (grid.headers, *grid.rows))
    return grid._replace(headers=headers, rows=tuple(rows))


def _layout(grid: Grid, width: int, rule: str) -> _Layout:
    lengths = _lengths(grid)
    for gap in _GAPS:
        if _across(lengths, gap) + 2 * _MARGIN <= width:
            return _Layout(width, rule, gap, 0, _MARGIN)
    is_long = sum(lengths[: grid.names]) > width // 2
    return _Layout(width, rule, _GAPS[-1], int(is_long), _MARGIN + _INDENT * is_long)


def _lengths(grid: Grid) -> list[int]:
    columns = zip(grid.headers, *grid.rows, strict=True)
    return [max(1, *map(cell_len, column)) for column in columns]


def _across(lengths: Sequence[int], gap: int) -> int:
    return sum(lengths) + gap * (len(lengths) - 1)


def _split(grid: Grid, layout: _Layout) -> Iterator[Grid]:
    """Several grids of as many columns as fit beside the names, which are repeated."""
    names, last = list(range(grid.names)), len(grid.headers)
    lengths = _lengths(grid)
    room = _room(layout)
    chosen: list[int] = []
    for i in range(grid.names, last):
        beside = [lengths[j] for j in (*names[layout.n_above :], *chosen, i)]
        if chosen and _across(beside, layout.gap) > room:
            yield _columns(grid, [*names, *chosen])
            chosen = []
        chosen.append(i)
    yield _columns(grid, [*names, *chosen])


def _room(layout: _Layout) -> int:
    """Columns of text beside margin and indent, at least one however narrow a terminal is."""
    return max(1, layout.width - layout.indent - _MARGIN)


def _columns(grid: Grid, chosen: Sequence[int]) -> Grid:
    return Grid(
        grid.title,
        tuple(grid.headers[i] for i in chosen),
        tuple(tuple(row[i] for i in chosen) for row in grid.rows),
        grid.names,
    )


def _drawn(grid: Grid, layout: _Layout) -> Iterator[Text]:
    """Headers, a rule, and the rows; rows of one name follow each other below it."""
    room, n_above = _room(layout), layout.n_above
    all_lengths = _lengths(grid)
    lengths = [min(length, room) for length in all_lengths[n_above:]]
    beside = layout.indent - _MARGIN + _across(lengths, layout.gap)
    ruled = min(max(beside, *all_lengths[:n_above], 0), layout.width - 2 * _MARGIN)
    above: tuple[str, ...] = ()
    for number, row in enumerate((grid.headers, *grid.rows)):
        style = "" if number else "bold"
        if row[:n_above] != above:
            above = row[:n_above]
            for piece in chop_cells(above[0], max(1, layout.width - 2 * _MARGIN)):
                yield Text(f"{' ' * _MARGIN}{piece}", style)
        for line in _lines(row[n_above:], lengths, grid.names - n_above):
            text = (" " * layout.gap).join(line)
            yield Text(f"{' ' * layout.indent}{text}".rstrip(), style)
        if not number:
            yield Text(f"{' ' * _MARGIN}{layout.rule * ruled}")


def _lines(cells: Sequence[str], lengths: Sequence[int], left: int) -> Iterator[list[str]]:
    """The cells of a row, folded where they must be; the first at the left, others at the right."""
    pieces = [chop_cells(cell, n) or [""] for cell, n in zip(cells, lengths, strict=True)]
    for line in zip_longest(*pieces, fillvalue=""):
        blanks = [" " * (n - cell_len(piece)) for piece, n in zip(line, lengths, strict=True)]
        yield [
            f"{piece}{blank}" if i < left else f"{blank}{piece}"
            for i, (piece, blank) in enumerate(zip(line, blanks, strict=True))
        ]
