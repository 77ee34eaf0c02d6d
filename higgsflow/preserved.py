"""Sums that a weight must not change: kept before any cut that uses it, applied at the merge.

Per bin k and direction d there are S_k = sum of g and S_dk = sum of g times the factor, over all
events read, or over those that reach the step whose taggers make the bins or the objects. At the
merge the factor is multiplied by S_k / S_dk, so that the direction leaves the sum of the bin as it
was. Each variation has sums of its own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.errors import NormalizationError, WeightError
from higgsflow.events.columns import get_column
from higgsflow.exact_sums import exact_sums
from higgsflow.model.systematic import CENTRAL, NOMINAL
from higgsflow.output.rescale import Ratio
from higgsflow.records.exact_counters import exact_counters, whole_counter
from higgsflow.selection.cutflow import Counter
from higgsflow.weight_columns import factor_column, full_column
from higgsflow.weights import Factors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.model.preserved import Bins
    from higgsflow.model.systematic import Systematics, WeightSystematic

ak = lazy.load("awkward")

# relative, of sums of weights
_ROUNDING = 1e-12

Array = npt.NDArray[np.float64]
Ratios = dict[str, tuple[float, ...]]


def bin_column(weight: WeightSystematic) -> str:
    """The column of job outputs with the bin of each event."""
    return f"weight_bin_{weight.name}"


def positions(bins: Bins, events: Any, owner: str) -> npt.NDArray[np.int16]:
    """The bin of each event.

    Raises:
        WeightError: for a value that belongs to no bin.
    """
    if not bins.column:
        return np.zeros(len(events), dtype=np.int16)
    values = np.asarray(ak.to_numpy(get_column(events, bins.column)), dtype=np.float64)
    return bins_of(bins, values, owner)


def bins_of(bins: Bins, values: Array, owner: str) -> npt.NDArray[np.int16]:
    """The bin of each value of the column.

    Raises:
        WeightError: for a value that belongs to no bin.
    """
    if bins.values:
        order = np.argsort(bins.values)
        ordered = np.asarray(bins.values, dtype=np.float64)[order]
        found = np.minimum(np.searchsorted(ordered, values), bins.n - 1)
        bad = np.flatnonzero(ordered[found] != values)
        found = order[found]
    else:
        # what lies outside belongs to the nearest bin
        found = np.clip(np.searchsorted(bins.edges, values, side="right") - 1, 0, bins.n - 1)
        bad = np.flatnonzero(np.isnan(values))
    if len(bad):
        raise WeightError(
            f"'{owner}': {bins.column} = {values[bad[0]]:g} is in no bin",
            f"and {len(bad) - 1} more events" if len(bad) > 1 else "",
            "name every value, or give edges",
        )
    return found.astype(np.int16)


def kept_sums(
    weight: WeightSystematic, generated: Array, factors: Factors, events: Any
) -> dict[str, Counter]:
    """The sums of a weight that preserves some, by name; none of one that does not.

    They are exact, so that ratios do not depend on how events are cut into blocks and jobs.
    `generated` are the generator weights of the events, before any factor.
    """
    if weight.preserved is None:
        return {}
    index = positions(weight.preserved, events, weight.name)
    n = weight.preserved.n
    named = {} if factors.central is None else {CENTRAL: factors.central}
    by_direction = {"": np.ones(len(generated)), **named, **factors.directions}
    found: dict[str, Counter] = {}
    for direction, factor in by_direction.items():
        weights = generated * factor
        both = zip(counted(index, weights, n), exact_sums(index, weights, n), strict=True)
        for k, (counter, sumw) in enumerate(both):
            found |= exact_counters(_key(weight, direction, k), counter, sumw)
    return found


def counted(index: npt.NDArray[np.int16], weight: Array, n: int) -> tuple[Counter, ...]:
    """A counter of each bin."""
    entries = np.bincount(index, minlength=n)
    sums, squares = (np.bincount(index, w, minlength=n) for w in (weight, np.square(weight)))
    return tuple(
        Counter(n=int(entries[k]), sumw=float(sums[k]), sumw2=float(squares[k])) for k in range(n)
    )


def of_variation(factors: Factors, variation: str) -> Factors:
    """What has a sum under a variation: all factors nominally, else those that are central."""
    if variation == NOMINAL:
        return factors
    return Factors(factors.central, {})


def _key(weight: WeightSystematic, direction: str, k: int) -> str:
    return f"{weight.name}:{direction}:{k}"


def ratios(weight: WeightSystematic, kept: Mapping[str, Counter], variation: str) -> Ratios:
    """Per direction what its factor is multiplied with in each bin; 1 where a bin is empty.

    Under a variation there are central factors only, and none of a source that has none.

    Raises:
        NormalizationError: where the sum of a direction is zero, or was not kept.
    """
    assert weight.preserved is not None
    directions = weight.directions if variation == NOMINAL else ()
    if weight.modify_central_weight:
        directions = (*directions, CENTRAL)
    found: Ratios = {}
    for direction in directions:
        if _key(weight, direction, 0) not in kept:
            raise NormalizationError(f"no sums of '{weight.name}' before any cut were kept")
        found[direction] = tuple(
            _ratio(
                whole_counter(kept, _key(weight, "", k)),
                whole_counter(kept, _key(weight, direction, k)),
                weight.name,
            )
            for k in range(weight.preserved.n)
        )
    return found


def column_ratios(
    systematics: Systematics, ratios: Mapping[str, Ratios], variation: str
) -> dict[str, tuple[Ratio, ...]]:
    """What the columns of weights of a variation are multiplied with at the merge.

    `ratios` are those of the variation, by weight and direction.
    """
    weights = [w for w in systematics.weights.values() if w.name in ratios]
    central = {
        w.name: _of_bins(w, ratios[w.name][CENTRAL]) for w in weights if w.modify_central_weight
    }
    found = {"weight_central": tuple(central.values())} if central else {}
    for weight in systematics.weights.values() if variation == NOMINAL else ():
        others = tuple(ratio for name, ratio in central.items() if name != weight.name)
        for direction in weight.directions:
            of_direction = ratios.get(weight.name, {}).get(direction)
            own = () if of_direction is None else (_of_bins(weight, of_direction),)
            found[factor_column(weight, direction)] = own
            if weight.modify_central_weight:
                found[full_column(weight, direction)] = (*others, *own)
    return {name: of_column for name, of_column in found.items() if of_column}


def _of_bins(weight: WeightSystematic, values: tuple[float, ...]) -> Ratio:
    has_column = weight.preserved is not None and bool(weight.preserved.column)
    return Ratio(bins=bin_column(weight) if has_column else "", values=values)


def _ratio(before: Counter, after: Counter, owner: str) -> float:
    wanted, found = _sum(before), _sum(after)
    if wanted == 0 and found == 0:
        return 1.0
    if found == 0 or not np.isfinite(wanted / found):
        raise NormalizationError(f"'{owner}' makes the sum of weights of a bin {found}")
    return wanted / found


def _sum(counter: Counter) -> float:
    """The sum of weights; 0 where they cancel, and only rounding is left."""
    most = math.sqrt(counter.n * counter.sumw2)  # of absolute weights, by Cauchy and Schwarz
    return 0.0 if abs(counter.sumw) <= _ROUNDING * most else counter.sumw
