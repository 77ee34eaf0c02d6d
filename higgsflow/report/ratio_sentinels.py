"""Sentinels for sums that a weight preserves: what the merge has to make good for it.

A ratio far from 1 says that the factors are not around 1, or that the bins are not those that they
were made for; one below 0 that a bin changes its sign.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from higgsflow.errors import shorten
from higgsflow.model.systematic import NOMINAL
from higgsflow.report.aggregates import label
from higgsflow.report.content import Finding
from higgsflow.report.formatting import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.model.reporting import Sentinels
    from higgsflow.report.content import SampleSummary

_MOST_SAMPLES = 3


class _Far(NamedTuple):
    """A ratio of one weight; the farthest from 1 is told."""

    distance: float
    text: str
    sample: str


def about_ratios(samples: Sequence[SampleSummary], limits: Sentinels) -> Iterator[Finding]:
    """Weights whose factors the merge multiplies with something far from 1, by any variation."""
    by_weight: dict[str, list[_Far]] = {}
    for sample in samples:
        for name, what, ratios in _ratios(sample):
            found = _far(what, ratios, label(sample), limits.preserved_ratio)
            by_weight.setdefault(name, []).extend(found)
    for name, far in by_weight.items():
        if far:
            worst = max(far, key=lambda one: one.distance)
            where = shorten({one.sample for one in far}, _MOST_SAMPLES)
            text = f"{worst.text}, in {where}"
            yield Finding(kind="ratio far from 1", where=name, text=text, severity="warning")


def _ratios(sample: SampleSummary) -> Iterator[tuple[str, str, tuple[float, ...]]]:
    """Of each weight, direction and variation the ratios, a bin each."""
    for variation, weights in sample.normalization.weight_ratios.items():
        for name, directions in weights.items():
            for direction, ratios in directions.items():
                under = "" if variation == NOMINAL else f" under {variation}"
                yield name, f"{direction}{under}", ratios


def _far(what: str, ratios: Sequence[float], sample: str, limit: float) -> Iterator[_Far]:
    for position, ratio in enumerate(ratios, start=1):
        # what changes the sign of a bin is farther than any factor
        distance = max(ratio, 1 / ratio) if ratio > 0 else math.inf
        if not distance <= limit:
            place = f" in bin {position} of {len(ratios)}" if len(ratios) > 1 else ""
            text = f"{what}: to keep the sum of weights{place} factors are multiplied by"
            yield _Far(distance, f"{text} {number(ratio)}", sample)
