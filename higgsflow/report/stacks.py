"""What each picture draws: slices of the histograms, in the order in which they are stacked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.report.aggregates import nominal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from higgsflow.report.binning import Edges
    from higgsflow.report.content import Summary
    from higgsflow.report.histograms import Book, Group

Values = npt.NDArray[np.float64]

RATIO_TOP = 2.0
_HIDDEN_BELOW = 0.25
# where a slice of a histogram adds all bins of an axis
_ALL = slice(None, None, sum)
# more would be told apart by nobody
_MOST_SIGNALS, _MOST_GROUPS, _LEAST_BACKGROUNDS = 24, 8, 4


@dataclass(frozen=True)
class Stack:
    """What one picture draws; histograms have the variable as their only axis.

    Attributes:
        unit: of the variable, empty where it has none or none is known.
        parts: label, histogram and rank of colour of each process, from below: the smallest
            first, and signal on top.
        signal: sum over all signal processes, None where there is none.
        comparable: what data are to be compared with, None when that is the sum of the parts: of
            a blinded analysis simulation outside the window, and that of the years with data.
        blinded: whether data of a window are left out.
        undefined: what has no value of the variable: weights of simulation, and events of data.
    """

    variable: str
    tag: str
    unit: str
    edges: Edges
    hidden: npt.NDArray[np.bool_]
    parts: tuple[tuple[str, Any, int], ...]
    signal: Any
    data: Any
    comparable: Any
    blinded: bool
    undefined: tuple[float, float] = (0.0, 0.0)


def stack(
    book: Book, tag: tuple[int, str], order: tuple[Group, ...], years: Sequence[int] = ()
) -> Stack:
    """What to draw of one variable in one tag; the smallest backgrounds are put together.

    Args:
        book: of the variable.
        tag: index and name.
        order: of the processes; the rank of one is its colour in every picture.
        years: indices of the years to add, all where none are given.
    """

    def chosen(histogram: Any, of: Sequence[int] = years) -> Any:
        """The tag, of all years or of some of them."""
        if not of:
            return histogram[_ALL, tag[0], :]
        return _sum([histogram[year, tag[0], :] for year in of])

    with_data = _years_with_data(book, years)
    found = {g: chosen(book.simulation[g]) for g in order if g in book.simulation}
    signal = [(name, found.get((name, of))) for name, of in order if of]
    others = [(name, found.get((name, of))) for name, of in order if not of]
    n_others = max(_MOST_GROUPS - len(signal), _LEAST_BACKGROUNDS)
    return Stack(
        variable=book.variable,
        tag=tag[1],
        edges=book.edges,
        hidden=book.hidden,
        unit=book.unit,
        parts=(
            *_layers(others, n_others, min(len(signal), _MOST_SIGNALS + 1), "{} others"),
            *_layers(signal, _MOST_SIGNALS, 0, "{} other signals"),
        ),
        signal=_sum([h for _, h in signal if h is not None]),
        data=chosen(book.data) if with_data else None,
        comparable=_comparable(book, (years, with_data), chosen),
        blinded=bool(book.hidden.any()) or book.comparable is not None,
        undefined=_undefined(book, tag[0], years),
    )


def _undefined(book: Book, tag: int, years: Sequence[int]) -> tuple[float, float]:
    """Of simulation and of data, in these years or in all."""
    simulated, data = (book.undefined[kind].values()[:, tag] for kind in (False, True))
    chosen = list(years) or slice(None)
    return float(simulated[chosen].sum()), float(data[chosen].sum())


def _layers(
    found: Sequence[tuple[str, Any]], most: int, first: int, together: str
) -> Iterator[tuple[str, Any, int]]:
    """Label, histogram and rank, from below; beyond the first ones processes are put together.

    Those without a histogram keep their rank, so that colours are the same in every picture.
    """
    # one that would be alone in a sum keeps its name
    most = most if len(found) > most + 1 else len(found)
    rest = [h for _, h in found[most:] if h is not None]
    if rest:
        yield together.format(len(rest)), _sum(rest), first + most
    for rank, (name, histogram) in reversed(list(enumerate(found[:most], first))):
        if histogram is not None:
            yield name, histogram, rank


def _years_with_data(book: Book, years: Sequence[int]) -> tuple[int, ...]:
    """Those of these years, or of all, that have data."""
    return tuple(year for year in sorted(book.data_years) if not years or year in years)


def _comparable(
    book: Book,
    years: tuple[Sequence[int], Sequence[int]],
    chosen: Callable[[Any, Sequence[int]], Any],
) -> Any:
    """What data are to be compared with; None for all simulation that is drawn.

    `years` are those that are drawn, all where none are given, and those of them with data.
    """
    drawn, with_data = years
    if not with_data:
        return None
    if book.comparable is not None:
        return chosen(book.comparable, with_data)
    if len(with_data) == (len(drawn) or book.data.axes[0].size):
        return None
    return _sum([chosen(histogram, with_data) for histogram in book.simulation.values()])


def _sum(histograms: list[Any]) -> Any:
    return sum(histograms[1:], histograms[0]) if histograms else None


def process_order(summary: Summary) -> tuple[Group, ...]:
    """Signal, then the others, each by falling yield over all tags; names decide between equals."""
    total: dict[Group, float] = {}
    for sample in summary.samples:
        known = nominal(sample)
        if sample.kind != "data":
            group = (sample.process, sample.signal)
            yields = known.yields.values() if known is not None else ()
            total[group] = total.get(group, 0.0) + sum(y.value for y in yields)
    return tuple(sorted(total, key=lambda group: (not group[1], -total[group], group)))


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
    fitting = (step * power for step in (1, 2, 5) if step * power * highest <= total)
    # rounding may lift even the power above the stack: 100 * 0.07 is more than 7
    return max(fitting, default=power)


def top_and_bottom(stack: Stack) -> tuple[float, float]:
    """The lower and the upper end of the axis of events, with room for what is written there."""
    top, lowest = 0.0, 0.0
    if stack.parts:
        total, error = simulated(stack)
        top, lowest = float(np.max(total + error)), float(np.min(total))
    if stack.signal is not None:
        top = max(top, signal_factor(stack) * float(np.max(stack.signal.values())))
    if stack.data is not None:
        values, errors = observed(stack)
        top = max(top, float(np.nanmax(values + errors, initial=0.0)))
    return min(0.0, lowest), 1.5 * top if top > 0 else 1.0


def outside(histogram: Any) -> float:
    """What lies below and above the axis."""
    values = histogram.values(flow=True)
    return float(values[0] + values[-1])


def not_drawn(stack: Stack) -> Iterator[str]:
    """What no bin shows: what lies outside of the axis, and what has no value."""
    of_data = 0.0 if stack.data is None else outside(stack.data)
    kinds = (
        ("outside of the axis", sum(outside(h) for _, h, _ in stack.parts), of_data),
        ("without a value", *stack.undefined),
    )
    for where, simulation, data in kinds:
        told = [f"sim. {simulation:.3g}"] if simulation else []
        told += [f"data {data:.0f}"] if data else []
        if told:
            yield f"{where}: {', '.join(told)}"


def events_label(stack: Stack) -> str:
    """What the axis of events counts."""
    return f"Events / {np.diff(stack.edges)[0]:.4g} {stack.unit}".rstrip()


def axis_label(stack: Stack) -> str:
    """The name of the variable, and its unit where that is known."""
    return f"{stack.variable} [{stack.unit}]" if stack.unit else stack.variable
