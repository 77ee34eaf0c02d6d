"""The drawing of a stack in the page: a few kilobytes, made in a millisecond.

The files beside the page are drawn by matplotlib, which takes a hundred times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from higgsflow.report.colors import look
from higgsflow.report.markup import element
from higgsflow.report.stacks import (
    RATIO_TOP,
    axis_label,
    compared,
    events_label,
    not_drawn,
    observed,
    signal_factor,
    simulated,
    top_and_bottom,
)
from higgsflow.report.svg import Scale, between, box, drawing, outline, path, place, steps, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.report.markup import Html
    from higgsflow.report.stacks import Stack, Values

_SIZE = (400, 330)
_LEFT, _RIGHT = 54, 390
_TOP, _MIDDLE, _RATIO, _BOTTOM = 22, 210, 220, 286


def draw(stack: Stack, title: str) -> Html:
    """Stack, signal, data and their ratio; the title and the sums are the alternative text."""
    x = Scale(stack.edges[0], stack.edges[-1], _LEFT, _RIGHT)
    edges = [x(edge) for edge in stack.edges]
    with_ratio = stack.data is not None and bool(stack.parts)
    low, high = top_and_bottom(stack)
    # the legend stands above the drawings and needs no room in them
    y = Scale(low, 0.8 * high, _MIDDLE if with_ratio else _BOTTOM, _TOP)
    shapes = [*_window(stack, edges, y), *_frame(x, y, stack), *_simulation(stack, edges, y)]
    if stack.data is not None:
        shapes.extend(_points(edges, observed(stack), y))
    if with_ratio:
        shapes.extend(_ratio(stack, edges))
    if _is_empty(stack):
        shapes.append(text((_LEFT + _RIGHT) / 2, 116, "no events", anchor="middle"))
    shapes.append(_tooltips(stack, edges))
    return drawing(_SIZE, f"{title}: {_in_words(stack)}", shapes)


def _window(stack: Stack, edges: list[float], y: Scale) -> Iterator[Html]:
    """Where data are hidden, as a shade behind everything."""
    if stack.data is not None and stack.hidden.any():
        (bins,) = np.nonzero(stack.hidden)
        within = (edges[bins[0]], edges[bins[-1] + 1])
        yield box("window", within, (y.start, y.end))
        yield text(sum(within) / 2, y.end + 28, "data blinded", anchor="middle")


def _frame(x: Scale, y: Scale, stack: Stack) -> Iterator[Html]:
    """Axes with their numbers and names."""
    yield path("tick", (f"M{_LEFT} {place(y(value))}h5" for value in y.ticks(6)))
    yield path("tick", (f"M{place(x(value))} {_BOTTOM}v-5" for value in x.ticks(8)))
    for value in y.ticks(6):
        yield text(_LEFT - 4, y(value) + 4, f"{value:g}", anchor="end")
    for value in x.ticks(8):
        yield text(x(value), _BOTTOM + 13, f"{value:g}", anchor="middle")
    yield box("axis", (_LEFT, _RIGHT), (y.start, y.end))
    yield text(_RIGHT, _SIZE[1] - 12, axis_label(stack), anchor="end")
    yield text(_LEFT, _TOP - 7, events_label(stack))


def _simulation(stack: Stack, edges: list[float], y: Scale) -> Iterator[Html]:
    if not stack.parts:
        return
    yield from _layers(stack, edges, y)
    total, error = simulated(stack)
    yield path("band", _bands(edges, total, error, y))
    if stack.data is not None and stack.comparable is not None:
        yield path("compared", steps(edges, [y(v) for v in stack.comparable.values()]))
    if stack.signal is not None:
        factor = signal_factor(stack)
        yield path("signal", steps(edges, [y(factor * v) for v in stack.signal.values()]))
        label = "signal" if factor == 1 else f"signal x {factor:g}"
        yield text(_RIGHT - 6, _TOP + 14, label, "signal", anchor="end")


def _layers(stack: Stack, edges: list[float], y: Scale) -> Iterator[Html]:
    """The processes, the uppermost first.

    Each reaches down to the axis and is covered by those below it, which takes half the letters.
    """
    heights = np.cumsum([h.values() for _, h, _ in stack.parts], axis=0)
    axis = [y(0.0)] * (len(edges) - 1)
    areas = ["".join(between(edges, [y(v) for v in above], axis)) for above in heights]
    below = ["".join(between(edges, axis, axis)), *areas]
    for (_, _, rank), area, covered_by in reversed(
        list(zip(stack.parts, areas, below, strict=False))
    ):
        # of a process that is too small to be seen nothing is drawn
        if area != covered_by:
            yield path(look(rank), [area])


def _bands(edges: list[float], value: Values, error: Values, y: Scale) -> Iterator[str]:
    """A box for each bin, from minus to plus the uncertainty."""
    for i, (v, e) in enumerate(zip(value, error, strict=True)):
        if e > 0:
            yield outline((edges[i], edges[i + 1]), (y.inside(v - e), y.inside(v + e)))


def _points(edges: list[float], found: tuple[Values, Values], y: Scale) -> Iterator[Html]:
    """Points with their bars; a point above the axis is an arrow at its end."""
    points, bars, arrows = [], [], []
    for i, (value, error) in enumerate(zip(*found, strict=True)):
        x = place((edges[i] + edges[i + 1]) / 2)
        if value > y.high:
            arrows.append(f"M{x} {place(y.end)}l-3 6h6z")
        elif np.isfinite(value):
            points.append(f"M{x} {place(y(value))}h0")
            bars.append(f"M{x} {place(y.inside(value - error))}V{place(y.inside(value + error))}")
    yield path("bars", bars)
    yield path("points", points)
    if arrows:
        yield path("arrows", arrows)


def _ratio(stack: Stack, edges: list[float]) -> Iterator[Html]:
    """Data over what they compare with."""
    y = Scale(0.0, RATIO_TOP, _BOTTOM, _RATIO)
    total, error = compared(stack)
    positive = np.where(total > 0, total, np.nan)
    values, errors = observed(stack)
    yield path("band", _bands(edges, np.ones(len(total)), np.nan_to_num(error / positive), y))
    yield path("one", [f"M{_LEFT} {place(y(1.0))}H{_RIGHT}"])
    yield from _points(edges, (values / positive, errors / positive), y)
    yield box("axis", (_LEFT, _RIGHT), (y.start, y.end))
    marked = (0.5, 1.0, 1.5)
    yield path("tick", (f"M{_LEFT} {place(y(value))}h5" for value in marked))
    for value in marked:
        yield text(_LEFT - 4, y(value) + 4, f"{value:g}", anchor="end")
    yield text(_LEFT, _SIZE[1] - 12, "below: data / sim.")


def _is_empty(stack: Stack) -> bool:
    drawn = [h for _, h, _ in stack.parts] + ([] if stack.data is None else [stack.data])
    return not any(np.any(h.variances()) for h in drawn)


def _tooltips(stack: Stack, edges: list[float]) -> Html:
    """An unseen box over each bin that says what is in it."""
    kinds = list(_in_bins(stack))
    boxes = []
    for i, (low, high) in enumerate(zip(stack.edges[:-1], stack.edges[1:], strict=True)):
        found = ", ".join(filter(None, (texts[i] for texts in kinds))) or "nothing"
        tooltip = element("title", f"{low:g} to {high:g}: {found}")
        boxes.append(element("rect", tooltip, x=place(edges[i])))
    # what all boxes share is said once; bins are of one width
    sizes = (("y", _TOP), ("height", _BOTTOM - _TOP), ("width", edges[1] - edges[0]))
    style = ";".join(f"--{name}:{place(size)}px" for name, size in sizes)
    return element("g", *boxes, class_="hover", style=style)


def _in_bins(stack: Stack) -> Iterator[list[str]]:
    """For each kind of events what is in each bin; empty where there is nothing of it."""
    if stack.parts:
        total, error = simulated(stack)
        found = zip(total, error, strict=True)
        yield [f"sim. {t:.3g} ± {e:.2g}" if t or e else "" for t, e in found]
    if stack.signal is not None:
        yield [f"signal {value:.3g}" if value else "" for value in stack.signal.values()]
    if stack.data is not None:
        found = zip(stack.data.values(), stack.hidden, strict=True)
        yield ["data blinded" if hidden else f"data {n:.0f}" for n, hidden in found]


def _in_words(stack: Stack) -> str:
    """Sums of what is drawn; of data, what is not blinded."""
    parts = []
    if stack.parts:
        total = sum(h.values().sum() for _, h, _ in stack.parts)
        parts.append(f"simulation {total:.4g}")
    if stack.signal is not None:
        parts.append(f"signal {stack.signal.values().sum():.4g}")
    if stack.data is not None:
        parts.append(f"data {np.nansum(observed(stack)[0]):.0f}")
        parts.extend(["data of the window are blinded"] if stack.blinded else [])
    parts.extend(not_drawn(stack))
    return ", ".join(parts) or "nothing to draw"
