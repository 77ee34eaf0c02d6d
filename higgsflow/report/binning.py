"""Edges of histograms, from what the merged counters know of a column."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from higgsflow.records.moments import Moments
from higgsflow.report.aggregates import as_moments, is_hidden, nominal

if TYPE_CHECKING:
    from higgsflow.report.content import Summary

Edges = npt.NDArray[np.float64]

# the range in which the diphoton selection accepts the mass [GeV]
_MASS, _MASS_RANGE = "m_gg", (100.0, 180.0)
_FINE_ABOVE = 20_000
_N_BINS = 40
_MOST_INTEGERS = 60
# from here on a float64 cannot lie halfway between two integers
_NO_HALVES = 2.0**52
_TAIL = 4.0
# relative; values that differ by rounding alone are one value, and have no bins between them
_LEAST_RANGE = 1e-9
_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def moments_of(summary: Summary, variable: str) -> Moments:
    """Moments of a column over all tags and samples; blinded data do not shape the axis."""
    total = Moments()
    for sample in summary.samples:
        known = nominal(sample)
        if known is not None and not is_hidden(summary, sample):
            for columns in known.moments.values():
                if variable in columns:
                    total = total + as_moments(columns[variable])
    return total


def choose_edges(variable: str, moments: Moments, integral: bool) -> Edges | None:
    """Edges of the bins of a variable, None when there is nothing to choose from.

    The mass has bins of 1 GeV, or of 2 GeV where events are few; few integers have one bin per
    value. Else there are about 40 of round width over the range, which ends four standard
    deviations from the mean (a far tail would leave the rest in one bin). Bins of many integers
    all hold as many of them: else flat numbers would look like a comb.
    """
    if variable == _MASS:
        return np.arange(
            _MASS_RANGE[0], _MASS_RANGE[1] + 0.5, 1.0 if moments.n > _FINE_ABOVE else 2.0
        )
    if moments.min is None or moments.max is None:
        return None
    largest = max(abs(moments.min), abs(moments.max))
    if integral and moments.max - moments.min <= _MOST_INTEGERS and largest < _NO_HALVES:
        return np.arange(moments.min - 0.5, moments.max + 1.0)
    reach = _TAIL * (moments.std or 0.0)
    low, high = max(moments.min, moments.mean - reach), min(moments.max, moments.mean + reach)
    least = _LEAST_RANGE * max(abs(low), abs(high))
    if high - low <= least:
        low, high = low - max(0.5, least), high + max(0.5, least)
    width = _round_width((high - low) / _N_BINS)
    if integral:
        width = math.ceil(width)
    first = math.floor(low / width)
    # the last edge lies above the largest value, since a bin excludes its upper edge
    last = math.floor(high / width) + 1
    edges: Edges = np.arange(first, last + 1, dtype=np.float64) * width
    return edges - 0.5 if integral else edges


def _round_width(width: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(width))
    return next((step * power for step in _STEPS if step * power >= width), 10 * power)
