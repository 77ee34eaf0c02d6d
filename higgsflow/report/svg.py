"""Vector drawings in the page; their colours are classes, which follow light and dark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgsflow.report.markup import Content, Html, element

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """From values to places in a drawing; `start` is where `low` lies."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value, also of one outside."""
        fraction = (value - self.low) / (self.high - self.low)
        return self.start + fraction * (self.end - self.start)

    def inside(self, value: float) -> float:
        """The place of a value, at the nearer end of the axis where it lies outside."""
        return self(min(max(value, self.low), self.high))

    def ticks(self, most: int) -> list[float]:
        """Round values on the axis, at most so many."""
        width = (self.high - self.low) / most
        power = 10.0 ** math.floor(math.log10(width))
        step = next(s * power for s in _STEPS if s * power >= width * (1 - 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [i * step for i in range(first, last + 1)]


def drawing(size: tuple[int, int], title: str, shapes: Iterable[Content]) -> Html:
    """A drawing with its alternative text."""
    width, height = size
    attributes = {"viewBox": f"0 0 {width} {height}", "role": "img", "aria_label": title}
    return element("svg", *shapes, **attributes)


def place(value: float) -> str:
    """A coordinate to a tenth, which is all that is seen."""
    return f"{value:.1f}".removesuffix(".0")


def path(class_: str, commands: Iterable[str], *inside: Content) -> Html:
    """A path; what is inside is its tooltip."""
    # where nothing is to be drawn, a move draws nothing
    return element("path", *inside, class_=class_, d="".join(commands) or "M0 0")


def box(class_: str, x: tuple[float, float], y: tuple[float, float], tooltip: str = "") -> Html:
    """A rectangle between two places each way, in any order."""
    attributes = {
        "x": place(min(x)),
        "y": place(min(y)),
        "width": place(abs(x[1] - x[0])),
        "height": place(abs(y[1] - y[0])),
    }
    return element("rect", *(tooltip and [element("title", tooltip)]), class_=class_, **attributes)


def text(x: float, y: float, content: str, class_: str = "", anchor: str = "") -> Html:
    """A line of text; `anchor` is middle or end where it does not begin at its place."""
    given = {"class_": class_, "text_anchor": anchor}
    attributes = {name: value for name, value in given.items() if value}
    return element("text", content, x=place(x), y=place(y), **attributes)


def steps(xs: Sequence[float], ys: Sequence[float]) -> Iterator[str]:
    """The line of a histogram, from the left; `xs` are places of edges, one more than `ys`.

    Relative and without what does not change, since such lines are most of a page.
    """
    x, y = _tenths(xs[0]), _tenths(ys[0])
    yield f"M{_number(x)} {_number(y)}"
    for edge, height in zip(map(_tenths, xs[1:-1]), map(_tenths, ys[1:]), strict=True):
        if height != y:
            yield f"h{_number(edge - x)}v{_number(height - y)}"
            x, y = edge, height
    yield f"h{_number(_tenths(xs[-1]) - x)}"


def between(xs: Sequence[float], upper: Sequence[float], lower: Sequence[float]) -> Iterator[str]:
    """The area between two lines of histograms."""
    yield from steps(xs, upper)
    _, *back = steps(xs[::-1], lower[::-1])
    yield f"V{_number(_tenths(lower[-1]))}"
    yield from back
    yield "z"


def outline(x: tuple[float, float], y: tuple[float, float]) -> str:
    """The outline of a box between two places each way."""
    left, right, start, end = map(_tenths, (*x, *y))
    down = _number(end - start)
    return f"M{_number(left)} {_number(start)}v{down}h{_number(right - left)}V{_number(start)}z"


def _tenths(value: float) -> int:
    return round(10 * value)


def _number(tenths: int) -> str:
    """In the fewest letters."""
    sign, text = "-" * (tenths < 0), f"{abs(tenths) / 10:.1f}".removesuffix(".0")
    return sign + (text.removeprefix("0") or "0")
