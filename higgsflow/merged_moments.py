"""Moments of the merged events, of which a job knows all but the ratios that weights get.

Within one combination of bins the ratios are constants, so moments only take factors. Those of the
combinations are then added in their order, as those of jobs are.
"""

from __future__ import annotations

import math
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from higgsflow.per_bin import binned_for, combinations
from higgsflow.records.chosen_moments import chosen
from higgsflow.weight_columns import factor_column, full_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from higgsflow.model.systematic import Systematics, WeightSystematic
    from higgsflow.output.rescale import Ratio, Ratios
    from higgsflow.records.moments import Moments


def merged_moments(
    of_jobs: Mapping[str, Moments], systematics: Systematics, ratios: Ratios
) -> Mapping[str, Moments]:
    """The moments of each column of a tag; without those per bin.

    `ratios` are what the merge multiplies columns with.
    """
    columns = [name for name in of_jobs if not _is_of_bins(name, of_jobs)]
    if not ratios:
        return chosen(of_jobs, columns)
    owners = _owners(systematics)
    return {
        name: _of_column(name, of_jobs, (systematics, owners.get(name)), ratios) for name in columns
    }


def _owners(systematics: Systematics) -> dict[str, WeightSystematic]:
    """By column of factors or full weights the source that it is of."""
    return {
        column(weight, direction): weight
        for weight in systematics.weights.values()
        for direction in weight.directions
        for column in (factor_column, full_column)
    }


def _is_of_bins(name: str, names: Mapping[str, Moments]) -> bool:
    column, at, _ = name.rpartition("@")
    return bool(at) and column in names


def _of_column(
    name: str,
    of_jobs: Mapping[str, Moments],
    what: tuple[Systematics, WeightSystematic | None],
    ratios: Ratios,
) -> Moments:
    own, central = ratios.get(name, ()), ratios.get("weight_central", ())
    parts = [(name + ending, bins) for ending, bins in combinations(binned_for(*what))]
    # nothing merges a column of a source that is gone, and it may have been of other bins
    if not (own or central) or any(part not in of_jobs for part, _ in parts):
        return of_jobs[name]
    return reduce(
        add, (of_jobs[part].times(_product(own, at), _product(central, at)) for part, at in parts)
    )


def _product(ratios: Iterable[Ratio], bins: Mapping[str, int]) -> float:
    return math.prod(ratio.at(bins) for ratio in ratios)
