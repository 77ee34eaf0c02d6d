"""Sums before any cut in bins of the generator, as the counters of a sample hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.selection.cutflow import Counter

_PREFIX = "gen"


class GeneratorBin(Noun):
    """One bin of the generator, over all events read.

    Attributes:
        bin: the value of the column, or the edges.
        n: events.
        sum_g: sum of their generator weights.
        sum_g2: sum of the squares.
        factor_sums: sums of generator weight times factor, by the column of the factor.
    """

    bin: str
    n: int
    sum_g: float
    sum_g2: float
    factor_sums: dict[str, float] = {}


def generator_key(name: str, label: str, column: str = "") -> str:
    """What the counter of a bin is called; of g times a factor by the factor's column."""
    return f"{_PREFIX}:{name}:{label}:{column}"


def generator_bins(kept: Mapping[str, Counter]) -> dict[str, tuple[GeneratorBin, ...]]:
    """The bins by the name of their binning, in order, from all sums that were kept."""
    by_column: dict[str, dict[str, dict[str, Counter]]] = {}
    for key, counter in kept.items():
        prefix, _, rest = key.partition(":")
        if prefix == _PREFIX:
            name, label, column = rest.split(":")
            by_column.setdefault(name, {}).setdefault(label, {})[column] = counter
    return {
        name: tuple(_bin(label, counters) for label, counters in bins.items())
        for name, bins in by_column.items()
    }


def _bin(label: str, by_column: Mapping[str, Counter]) -> GeneratorBin:
    events = by_column[""]
    return GeneratorBin(
        bin=label,
        n=events.n,
        sum_g=events.sumw,
        sum_g2=events.sumw2,
        factor_sums={column: counter.sumw for column, counter in by_column.items() if column},
    )
