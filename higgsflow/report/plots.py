"""Pictures as PNG; nothing here knows pyplot, so there is no state and nothing to close."""

from __future__ import annotations

import io
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import mplhep
import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from higgsflow.report.aggregates import SystematicRow
    from higgsflow.report.stacks import Stack

Values = npt.NDArray[np.float64]

_SIZE = 6.4
_DPI = 100
# M. A. Petroff, "Accessible Color Sequences for Data Visualization", 2021
_COLORS = (
    "#3f90da",
    "#ffa90e",
    "#832db6",
    "#94a4a2",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#92dadd",
    "#717581",
)
_SIGNAL = "#bd1f01"
_UNITS = {"m_gg": "GeV"}
_RATIO_TOP = 2.0
_HIDDEN_BELOW = 0.25


@contextmanager
def _style() -> Iterator[None]:
    """The look of CMS pictures, made smaller; it names no experiment."""
    settings: dict[Any, Any] = {**mplhep.style.CMS}
    settings |= {"font.size": 15, "axes.linewidth": 1.2, "legend.fontsize": 12}
    for axis in ("xtick", "ytick"):
        # minor ticks would take as long to draw as all the rest
        settings |= {f"{axis}.major.size": 7, f"{axis}.minor.visible": False}
    with mpl.rc_context(settings):
        yield


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), dpi=_DPI)
    FigureCanvasAgg(figure)
    return figure


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    # without the version of matplotlib: equal pictures are equal bytes
    figure.savefig(
        buffer, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 2}
    )
    return buffer.getvalue()


def _plain(text: str) -> str:
    """Text as a legend and matplotlib's formulas take it: as it stands."""
    return f" {text}".replace("$", r"\$") if text.startswith("_") else text.replace("$", r"\$")


def _panels(with_ratio: bool) -> tuple[Figure, Axes, Axes]:
    """The upper panel and the one whose axis has the label: the ratio, or the upper one."""
    margins = {"left": 0.15, "right": 0.97, "top": 0.94}
    if not with_ratio:
        figure = _figure(_SIZE, 0.8 * _SIZE)
        axes = figure.subplots(gridspec_kw={**margins, "bottom": 0.15})
        return figure, axes, axes
    figure = _figure(_SIZE, _SIZE)
    ratios = {**margins, "bottom": 0.12, "height_ratios": (3, 1), "hspace": 0.06}
    upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw=ratios)
    return figure, upper, lower


def draw_stack(stack: Stack, caption: str) -> bytes:
    """A picture of one variable in one tag: stack, signal, data and their ratio.

    Args:
        stack: what to draw.
        caption: what stands at the right above the axes, such as years and luminosity.
    """
    with _style():
        figure, axes, below = _panels(with_ratio=stack.data is not None and bool(stack.parts))
        if below is not axes:
            _draw_ratio(below, stack)
        top = _draw_upper(axes, stack)
        axes.set_ylim(min(0.0, _lowest(stack)), 1.5 * top if top > 0 else 1.0)
        axes.set_xlim(stack.edges[0], stack.edges[-1])
        axes.set_ylabel(_events_label(stack))
        below.set_xlabel(_axis_label(stack.variable))
        # titles of axes would do, but cost as much time as all the rest of the picture
        place: dict[str, Any] = {"transform": axes.transAxes, "va": "bottom"}
        axes.text(0.0, 1.01, _kinds(stack), fontsize=13, fontweight="bold", **place)
        axes.text(1.0, 1.01, _plain(caption), fontsize=12, ha="right", **place)
        axes.text(0.04, 0.95, _inside(stack), fontsize=11, transform=axes.transAxes, va="top")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="upper right", ncols=2, columnspacing=1.0)
        return _png(figure)


def _draw_upper(axes: Axes, stack: Stack) -> float:
    """Draws everything but the ratio; returns the largest value."""
    top = _draw_simulation(axes, stack) if stack.parts else 0.0
    if stack.data is not None:
        values, errors = observed(stack)
        _points(axes, stack.edges, values, errors).set_label("Data")
        top = max(top, float(np.nanmax(values + errors, initial=0.0)))
    return top


def _draw_simulation(axes: Axes, stack: Stack) -> float:
    """Draws stack, band and lines; returns the largest value."""
    below = np.zeros(len(stack.edges) - 1)
    for name, histogram, rank in stack.parts:
        above = below + histogram.values()
        color = _COLORS[rank % len(_COLORS)]
        axes.stairs(above, stack.edges, baseline=below, fill=True, color=color, label=_plain(name))
        below = above
    total, error = simulated(stack)
    axes.stairs(total + error, stack.edges, baseline=total - error, label="stat.", **_BAND)
    if stack.data is not None and stack.comparable is not None:
        outside_window, label = stack.comparable.values(), "sim. outside window"
        axes.stairs(outside_window, stack.edges, color="black", linestyle=":", label=label)
    if stack.signal is None:
        return float(np.max(total + error))
    factor = signal_factor(stack)
    scaled = factor * stack.signal.values()
    label = "signal" if factor == 1 else f"signal x {factor:g}"
    axes.stairs(scaled, stack.edges, color=_SIGNAL, linewidth=1.8, label=label)
    return float(max(np.max(total + error), np.max(scaled)))


_BAND: dict[str, Any] = {"fill": True, "color": "#000000", "alpha": 0.25, "linewidth": 0}


def simulated(stack: Stack) -> tuple[Values, Values]:
    """Sum of the simulation and its statistical uncertainty, per bin."""
    values = np.sum([h.values() for _, h, _ in stack.parts], axis=0)
    variances = np.sum([h.variances() for _, h, _ in stack.parts], axis=0)
    return values, np.sqrt(variances)


def compared(stack: Stack) -> tuple[Values, Values]:
    """Simulation of the same events as the data that are drawn, and its uncertainty, per bin."""
    if stack.comparable is None:
        return simulated(stack)
    return stack.comparable.values(), np.sqrt(stack.comparable.variances())


def observed(stack: Stack) -> tuple[Values, Values]:
    """Data and root n per bin; NaN where hidden, and where empty (root n would say 0 +- 0)."""
    values = stack.data.values().astype(np.float64)
    values[stack.hidden | (values == 0)] = np.nan
    return values, np.sqrt(values)


def signal_factor(stack: Stack) -> float:
    """What the signal is multiplied with: 1, or a round number that lifts it out of the stack."""
    highest = float(np.max(stack.signal.values()))
    total = float(np.max(simulated(stack)[0]))
    if highest <= 0 or highest >= _HIDDEN_BELOW * total:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(total / highest))
    return max(step * power for step in (1, 2, 5) if step * power * highest <= total)


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
    above = ratio > _RATIO_TOP
    centers = (stack.edges[:-1] + stack.edges[1:]) / 2
    axes.plot(centers[above], np.full(above.sum(), 0.95 * _RATIO_TOP), "^", color="black", ms=5)
    axes.axhline(1.0, color="black", linewidth=0.8, linestyle="--")
    axes.set_ylim(0.0, _RATIO_TOP)
    axes.set_ylabel("data / sim.", loc="center", fontsize=13)


def _lowest(stack: Stack) -> float:
    if not stack.parts:
        return 0.0
    return float(np.min(simulated(stack)[0]))


def _events_label(stack: Stack) -> str:
    widths = np.diff(stack.edges)
    unit = _UNITS.get(stack.variable, "")
    return f"Events / {widths[0]:.4g} {unit}".rstrip()


def _axis_label(variable: str) -> str:
    unit = _UNITS.get(variable)
    return f"{_plain(variable)} [{unit}]" if unit else _plain(variable)


def _kinds(stack: Stack) -> str:
    present = (stack.parts and "Simulation", stack.data is not None and "Data")
    return " and ".join(str(kind) for kind in present if kind)


def _inside(stack: Stack) -> str:
    """The tag, and how much lies outside the axis."""
    lines = [_plain(stack.tag)]
    simulated_outside = sum(outside(h) for _, h, _ in stack.parts)
    if simulated_outside:
        lines.append(f"outside: sim. {simulated_outside:.3g}")
    if stack.data is not None and outside(stack.data):
        lines.append(f"outside: data {outside(stack.data):.0f}")
    return "\n".join(lines)


def outside(histogram: Any) -> float:
    """What lies below and above the axis."""
    values = histogram.values(flow=True)
    return float(values[0] + values[-1])


def draw_effects(title: str, rows: Sequence[SystematicRow], tags: Sequence[str]) -> bytes:
    """Bars of the relative change of the yield of each tag, one panel per tag."""
    names = list(dict.fromkeys(row.systematic for row in rows))
    directions = list(dict.fromkeys(row.direction for row in rows))
    columns = min(len(tags), 3)
    lines = math.ceil(len(tags) / columns)
    with _style():
        figure = _figure(2.0 + 3.2 * columns, lines * (1.4 + 0.4 * len(names)))
        grid = figure.subplots(lines, columns, sharey=True, squeeze=False)
        for axes in grid.flat[len(tags) :]:
            axes.set_axis_off()
        for axes, tag in zip(grid.flat, tags, strict=False):
            _draw_bars(axes, rows, tag, (names, directions))
        grid.flat[0].set_yticks(range(len(names)), [_plain(name) for name in names])
        grid.flat[0].invert_yaxis()
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.suptitle(_plain(title), fontsize=14)
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
        figure.set_layout_engine("constrained")
        return _png(figure)


def _draw_bars(
    axes: Axes, rows: Sequence[SystematicRow], tag: str, keys: tuple[list[str], list[str]]
) -> None:
    names, directions = keys
    height = 0.8 / len(directions)
    for i, direction in enumerate(directions):
        found = {row.systematic: row.effect[tag] for row in rows if row.direction == direction}
        widths = [100 * (found.get(name) or 0.0) for name in names]
        where = np.arange(len(names)) + (i - (len(directions) - 1) / 2) * height
        color = _COLORS[i % len(_COLORS)]
        axes.barh(where, widths, height, color=color, label=_plain(direction))
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_title(_plain(tag), fontsize=13)
    axes.set_xlabel("change of yield [%]", loc="center", fontsize=12)
    axes.tick_params(axis="y", which="both", length=0)
    axes.tick_params(labelsize=11)
