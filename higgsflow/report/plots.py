"""Pictures as files, drawn by matplotlib in the styles of mplhep."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.report.colors import color, hatch, line_color
from higgsflow.report.look import Look, blank, name_above, plain, saved, styled
from higgsflow.report.short_names import shortened
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from higgsflow.report.largest import Largest
    from higgsflow.report.stacks import Stack, Values
    from higgsflow.report.systematic_rows import SystematicRow

_SIZE = 6.4
# a legend of more processes stands beside the axes, as it would cover what it explains
_MOST_INSIDE, _BESIDE, _LONGEST = 9, 2.0, 20
_LONGEST_SOURCE = 32
_SIGNAL = "#bd1f01"


def _panels(with_ratio: bool, beside: float) -> tuple[Figure, Axes, Axes]:
    """The upper panel and the one whose axis has the label: the ratio, or the upper one.

    `beside` is the width at their right that stays free [inch].
    """
    width = _SIZE + beside
    margins = {"left": 0.15 * _SIZE / width, "right": 0.97 * _SIZE / width, "top": 0.94}
    if not with_ratio:
        figure = blank(width, 0.8 * _SIZE)
        axes = figure.subplots(gridspec_kw={**margins, "bottom": 0.15})
        return figure, axes, axes
    figure = blank(width, _SIZE)
    ratios = {**margins, "bottom": 0.12, "height_ratios": (3, 1), "hspace": 0.06}
    upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw=ratios)
    return figure, upper, lower


_PLAIN = Look()


def draw_stack(stack: Stack, caption: str, look: Look = _PLAIN) -> dict[str, bytes]:
    """Files of one variable in one tag: stack, signal, data and their ratio.

    Args:
        stack: what to draw.
        caption: what stands at the right above the axes, such as years and luminosity.
        look: style, and kinds of file, by which the returned bytes are keyed.
    """
    with_ratio = stack.data is not None and bool(stack.parts)
    beside = _BESIDE if len(stack.parts) > _MOST_INSIDE else 0.0
    with styled(look):
        figure, axes, below = _panels(with_ratio, beside)
        if below is not axes:
            _draw_ratio(below, stack)
        _draw_upper(axes, stack)
        axes.set_ylim(*top_and_bottom(stack))
        axes.set_xlim(stack.edges[0], stack.edges[-1])
        axes.set_ylabel(events_label(stack))
        below.set_xlabel(plain(axis_label(stack)))
        name_above(axes, _kinds(stack), caption, look)
        axes.text(0.04, 0.95, _inside(stack), fontsize=11, transform=axes.transAxes, va="top")
        _explain(axes, figure.get_figheight(), is_beside=beside > 0)
        return saved(figure, look)


def _explain(axes: Axes, height: float, is_beside: bool) -> None:
    """The legend; beside the axes it goes downwards like the stack."""
    handles, labels = axes.get_legend_handles_labels()
    if is_beside:
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.03)}
        # at a size of 11 five lines take an inch
        fitting = min(1.0, 4.5 * height / len(labels))
        small: dict[str, Any] = {"fontsize": 11 * fitting, "labelspacing": 0.3, "handlelength": 1.5}
        shown = shortened(labels, _LONGEST)
        axes.legend(handles[::-1], [shown[label] for label in labels[::-1]], **place, **small)
    elif handles:
        axes.legend(loc="upper right", ncols=2, columnspacing=1.0)


def _draw_upper(axes: Axes, stack: Stack) -> None:
    """Draws everything but the ratio."""
    if stack.parts:
        _draw_simulation(axes, stack)
    if stack.data is not None:
        _points(axes, stack.edges, *observed(stack)).set_label("Data")


def _draw_simulation(axes: Axes, stack: Stack) -> None:
    """Draws stack, band and lines."""
    below = np.zeros(len(stack.edges) - 1)
    for name, histogram, rank in stack.parts:
        above = below + histogram.values()
        axes.stairs(above, stack.edges, baseline=below, fill=True, label=plain(name), **_fill(rank))
        below = above
    total, error = simulated(stack)
    axes.stairs(total + error, stack.edges, baseline=total - error, label="stat.", **_BAND)
    if stack.data is not None and stack.comparable is not None:
        like_data, label = stack.comparable.values(), "sim. like data"
        axes.stairs(like_data, stack.edges, color="black", linestyle=":", label=label)
    if stack.signal is not None:
        factor = signal_factor(stack)
        label = "signal" if factor == 1 else f"signal x {factor:g}"
        scaled = factor * stack.signal.values()
        axes.stairs(scaled, stack.edges, color=_SIGNAL, linewidth=1.8, label=label)


def _fill(rank: int) -> dict[str, Any]:
    """How an area or bar of a rank looks."""
    look = {"facecolor": color(rank), "linewidth": 0.0}
    if not hatch(rank):
        return look
    return {**look, "hatch": hatch(rank), "edgecolor": line_color(rank)}


_BAND: dict[str, Any] = {"fill": True, "color": "#000000", "alpha": 0.25, "linewidth": 0}


def _points(axes: Axes, edges: Values, values: Values, errors: Values) -> Any:
    centers = (edges[:-1] + edges[1:]) / 2
    return axes.errorbar(centers, values, yerr=errors, fmt="o", color="black", ms=4, lw=1.2)


def _draw_ratio(axes: Axes, stack: Stack) -> None:
    """Data over what they compare with; a point above the axis is an arrow at its edge."""
    total, error = compared(stack)
    values, errors = observed(stack)
    positive = np.where(total > 0, total, np.nan)
    ratio, band = values / positive, error / positive
    _points(axes, stack.edges, ratio, errors / positive)
    band = np.nan_to_num(band)
    axes.stairs(1 + band, stack.edges, baseline=1 - band, **_BAND)
    above = ratio > RATIO_TOP
    centers = (stack.edges[:-1] + stack.edges[1:]) / 2
    axes.plot(centers[above], np.full(above.sum(), 0.95 * RATIO_TOP), "^", color="black", ms=5)
    axes.axhline(1.0, color="black", linewidth=0.8, linestyle="--")
    axes.set_ylim(0.0, RATIO_TOP)
    axes.set_ylabel("data / sim.", loc="center", fontsize=13)


def _kinds(stack: Stack) -> str:
    present = (stack.parts and "Simulation", stack.data is not None and "Data")
    return " and ".join(str(kind) for kind in present if kind)


def _inside(stack: Stack) -> str:
    """The tag, and how much is not drawn."""
    return "\n".join((plain(stack.tag), *not_drawn(stack)))


def draw_effects(
    title: str, drawn: Largest, tags: Sequence[str], look: Look = _PLAIN
) -> dict[str, bytes]:
    """Bars of the relative change of the yield of each tag, one panel per tag."""
    rows = drawn.rows
    title = f"{title}, {drawn.note}" if drawn.note else title
    names = list(dict.fromkeys(row.systematic for row in rows))
    directions = list(dict.fromkeys(row.direction for row in rows))
    columns = min(len(tags), 3)
    lines = math.ceil(len(tags) / columns)
    with styled(look):
        figure = blank(2.0 + 3.2 * columns, lines * (1.4 + 0.4 * len(names)))
        grid = figure.subplots(lines, columns, sharey=True, squeeze=False)
        for axes in grid.flat[len(tags) :]:
            axes.set_axis_off()
        for axes, tag in zip(grid.flat, tags, strict=False):
            _draw_bars(axes, rows, tag, (names, directions))
        shown = shortened(names, _LONGEST_SOURCE)
        grid.flat[0].set_yticks(range(len(names)), [plain(shown[name]) for name in names])
        grid.flat[0].invert_yaxis()
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.suptitle(plain(title), fontsize=14)
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
        figure.set_layout_engine("constrained")
        return saved(figure, look)


def _draw_bars(
    axes: Axes, rows: Sequence[SystematicRow], tag: str, keys: tuple[list[str], list[str]]
) -> None:
    names, directions = keys
    height = 0.8 / len(directions)
    for i, direction in enumerate(directions):
        found = {row.systematic: row.effect[tag] for row in rows if row.direction == direction}
        widths = [100 * (found.get(name) or 0.0) for name in names]
        where = np.arange(len(names)) + (i - (len(directions) - 1) / 2) * height
        axes.barh(where, widths, height, label=plain(direction), **_fill(i))
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_title(plain(tag), fontsize=13)
    axes.set_xlabel("change of yield [%]", loc="center", fontsize=12)
    axes.tick_params(axis="y", which="both", length=0)
    axes.tick_params(labelsize=11)
