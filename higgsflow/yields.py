"""Yields of weights that preserve sums: counted per bin in the jobs, put together at the end.

A job does not know the ratios that the merge multiplies weights with. So its counters are kept for
every combination of bins that matters to a weight, and summed with the ratios when all are known.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.model.systematic import CENTRAL, NOMINAL
from higgsflow.preserved import bin_column, column_ratios
from higgsflow.selection.cutflow import Counter, count
from higgsflow.weights import factor_column, full_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from higgsflow.model.systematic import Systematics, WeightSystematic
    from higgsflow.output.rescale import Ratio
    from higgsflow.preserved import Ratios
    from higgsflow.records.ledger import Ledger

Binned = tuple["WeightSystematic", ...]


def per_bin(name: str, weight: Any, mask: Any, bins: Sequence[tuple[Any, int]]) -> dict[str, Any]:
    """Counters of a weight for each combination of bins; `bins` are positions and their number.

    None where there are no bins: then the counter of all events says it.
    """
    found = {}
    for combination in product(*(range(n) for _, n in bins)) if bins else ():
        inside = np.array(mask)
        for (positions, _), chosen in zip(bins, combination, strict=True):
            inside &= positions == chosen
        found[_key(name, combination)] = count(weight, inside)
    return found


def _key(name: str, combination: Sequence[int]) -> str:
    return f"{name}@{','.join(map(str, combination))}"


def binned_for(systematics: Systematics, weight: WeightSystematic | None) -> Binned:
    """The sources whose bins matter to the full weight of a source; to the central one for None."""
    binned = [w for w in systematics.weights.values() if w.preserved and w.preserved.column]
    return tuple(w for w in binned if w.modify_central_weight or w is weight)


def rescaled(
    ledgers: Mapping[str, Ledger],
    systematics: Systematics,
    ratios: Mapping[str, Mapping[str, Ratios]],
) -> dict[str, Ledger]:
    """The ledgers with yields as the merged events have them; without counters per bin.

    `ratios` are by variation, weight and direction.
    """
    if not any(ratios.values()):
        return dict(ledgers)
    found = {}
    for variation, ledger in ledgers.items():
        columns = column_ratios(systematics, ratios.get(variation, {}), variation)
        yields = {
            tag: _put_together(of_tag, systematics, columns, variation)
            for tag, of_tag in ledger.yields.items()
        }
        found[variation] = ledger.model_copy(update={"yields": yields})
    return found


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
    binned = binned_for(*what)
    names = [bin_column(weight) for weight in binned]
    sizes = [weight.preserved.n for weight in binned if weight.preserved is not None]
    total = Counter()
    for combination in product(*(range(n) for n in sizes)):
        at = dict(zip(names, combination, strict=True))
        factor = float(np.prod([ratio.values[at.get(ratio.bins, 0)] for ratio in ratios]))
        counter = of_tag[_key(name, combination) if binned else name]
        total += Counter(n=counter.n, sumw=counter.sumw * factor, sumw2=counter.sumw2 * factor**2)
    return total
