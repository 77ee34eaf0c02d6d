"""Hatchings of the drawings in the page; the page holds each once."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from higgsflow.report.colors import COLORS, HATCHES, line_color, look
from higgsflow.report.markup import Html, element

if TYPE_CHECKING:
    from collections.abc import Iterable

# of a pattern 6 x 6 large
_LINES = (
    "",
    '<path d="M-1 1l2-2M0 6l6-6M5 7l2-2" stroke="{0}" stroke-width="1.2"/>',
    '<path d="M2 0v6" stroke="{0}" stroke-width="1.6"/>',
    '<circle cx="1.5" cy="1.5" r="1.1" fill="{0}"/><circle cx="4.5" cy="4.5" r="1.1" fill="{0}"/>',
)


def patterns(ranks: Iterable[int]) -> Html | None:
    """What the hatchings of these ranks need once in the page; None where all are plain."""
    used = {look(rank) for rank in ranks}
    hatched = [
        (i, number)
        for number, i in product(range(1, len(HATCHES)), range(len(COLORS)))
        if f"c{i}h{number}" in used
    ]
    if not hatched:
        return None
    fills = "".join(
        f"svg .c{i}h{number} {{ fill: url(#c{i}h{number}); stroke: none; }}\n"
        for i, number in hatched
    )
    tiles = (_tile(i, number) for i, number in hatched)
    style = element("style", fills)
    return element("svg", style, *tiles, class_="patterns", aria_hidden="true")


def _tile(i: int, number: int) -> Html:
    lines = Html(_LINES[number].format(line_color(i)))
    ground = element("rect", class_=f"c{i}", width="6", height="6")
    size = {"width": "6", "height": "6", "patternUnits": "userSpaceOnUse"}
    return element("pattern", ground, lines, id=f"c{i}h{number}", **size)
