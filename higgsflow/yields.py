"""Yields of weights that preserve sums: counted per bin in the jobs, put together at the end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from higgsflow.merged_moments import merged_moments
from higgsflow.model.systematic import CENTRAL, NOMINAL
from higgsflow.per_bin import binned_for, combinations
from higgsflow.preserved import column_ratios
from higgsflow.selection.cutflow import Counter
from higgsflow.weight_columns import factor_column, full_column

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from higgsflow.model.systematic import Systematics, WeightSystematic
    from higgsflow.output.rescale import Ratio
    from higgsflow.preserved import Ratios
    from higgsflow.records.ledger import Ledger


def rescaled(
    ledgers: Mapping[str, Ledger],
    systematics: Systematics,
    ratios: Mapping[str, Mapping[str, Ratios]],
) -> Iterator[tuple[str, Ledger]]:
    """Each ledger with yields and moments of the merged events; without those per bin.

    One after the other, since all of them fill the memory. `ratios` are by variation, weight and
    direction.
    """
    for variation, ledger in ledgers.items():
        columns = column_ratios(systematics, ratios.get(variation, {}), variation)
        changes: dict[str, Any] = {
            "moments": {
                tag: merged_moments(of_tag, systematics, columns)
                for tag, of_tag in ledger.moments.items()
            }
        }
        if columns:
            changes["yields"] = {
                tag: _put_together(of_tag, systematics, columns, variation)
                for tag, of_tag in ledger.yields.items()
            }
        yield variation, ledger.changed(**changes)


def _put_together(
    of_tag: Mapping[str, Counter],
    systematics: Systematics,
    columns: Mapping[str, tuple[Ratio, ...]],
    variation: str,
) -> dict[str, Counter]:
    central = columns.get("weight_central", ())
    found = {CENTRAL: _sum(CENTRAL, of_tag, (systematics, None), central)}
    for weight in systematics.weights.values() if variation == NOMINAL else ():
        for direction, name in zip(weight.directions, weight.variations, strict=True):
            own = columns.get(factor_column(weight, direction), ())
            full = (*central, *own)
            if weight.modify_central_weight:
                full = columns.get(full_column(weight, direction), ())
            if name in of_tag:
                found[name] = _sum(name, of_tag, (systematics, weight), full)
    return found


def _sum(
    name: str,
    of_tag: Mapping[str, Counter],
    what: tuple[Systematics, WeightSystematic | None],
    ratios: tuple[Ratio, ...],
) -> Counter:
    """The counter of all bins, each with the product of its ratios."""
    total = Counter()
    for ending, bins in combinations(binned_for(*what)):
        factor = math.prod(ratio.at(bins) for ratio in ratios)
        counter = of_tag[name + ending]
        total += Counter(n=counter.n, sumw=counter.sumw * factor, sumw2=counter.sumw2 * factor**2)
    return total
