"""The drawing of what each systematic does to the yield of a tag, in the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.report.colors import look
from higgsflow.report.formatting import relative
from higgsflow.report.short_names import shortened
from higgsflow.report.svg import Scale, box, drawing, path, place, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from higgsflow.report.largest import Largest
    from higgsflow.report.markup import Html
    from higgsflow.report.systematic_rows import SystematicRow

_WIDTH = 400
_LEFT, _RIGHT = 150, 390
_TOP, _LINE = 22, 24
_LONGEST = 20


def draw_effects(title: str, drawn: Largest, tag: str, ranks: Mapping[str, int]) -> Html:
    """Bars of the relative change of the yield, a line for each systematic.

    `ranks` are of directions among the colours, as the legend has them.
    """
    rows = drawn.rows
    names = list(dict.fromkeys(row.systematic for row in rows))
    shown = shortened(names, _LONGEST)
    bottom = _TOP + _LINE * len(names)
    sizes = [abs(row.effect[tag] or 0.0) for row in rows]
    largest = max(sizes, default=0.0) or 0.01
    x = Scale(-1.1 * largest, 1.1 * largest, _LEFT, _RIGHT)
    shapes: list[Html] = []
    for i, name in enumerate(names):
        found = [row for row in rows if row.systematic == name]
        top = _TOP + _LINE * i + 3
        shapes.append(text(_LEFT - 6, top + 13, shown[name], anchor="end"))
        shapes.extend(_bars(found, tag, (top, x), ranks))
    shapes.extend(_axis(x, bottom))
    shapes.append(text(_RIGHT, bottom + 30, "change of the yield [%]", anchor="end"))
    titled = f"{title}, {drawn.note}" if drawn.note else title
    return drawing((_WIDTH, bottom + 40), f"{titled}: {_in_words(rows, tag)}", shapes)


def _axis(x: Scale, bottom: int) -> Iterator[Html]:
    yield path("one", [f"M{place(x(0.0))} {_TOP}V{bottom}"])
    yield box("axis", (_LEFT, _RIGHT), (_TOP, bottom))
    for value in x.ticks(5):
        yield path("tick", [f"M{place(x(value))} {bottom}v-5"])
        yield text(x(value), bottom + 14, f"{100 * value:.4g}", anchor="middle")


def _bars(
    rows: Sequence[SystematicRow], tag: str, where: tuple[int, Scale], ranks: Mapping[str, int]
) -> Iterator[Html]:
    """The bars of one systematic, below each other."""
    (top, x), name = where, rows[0].systematic
    height = (_LINE - 6) / len(rows)
    for j, row in enumerate(rows):
        effect = row.effect[tag]
        y = (top + j * height, top + (j + 1) * height)
        tooltip = f"{name} {row.direction}: {relative(effect)}"
        yield box(look(ranks[row.direction]), (x(0.0), x(effect or 0.0)), y, tooltip)


def _in_words(rows: Sequence[SystematicRow], tag: str) -> str:
    return ", ".join(f"{r.systematic} {r.direction} {relative(r.effect[tag])}" for r in rows)
