"""The columns of job outputs: what the taggers added, weights, and what identifies events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.errors import InvalidConfiguration
from higgsflow.full_weights import central_product, varied_weight
from higgsflow.model.systematic import CENTRAL
from higgsflow.needs import IDENTITY
from higgsflow.preserved import bin_column, bins_of
from higgsflow.profiling import span
from higgsflow.taggers.late_columns import LateColumn
from higgsflow.weight_columns import factor_column, full_column

if TYPE_CHECKING:
    from higgsflow.model.preserved import Bins
    from higgsflow.plan import Plan
    from higgsflow.sums import Weighed
    from higgsflow.taggers.variants import SequenceResult

ak = lazy.load("awkward")

Array = npt.NDArray[np.float64]
Table = dict[str, npt.NDArray[Any]]


@span("columns")
def output_columns(plan: Plan, result: SequenceResult, initial: Array, weighed: Weighed) -> Table:
    """All output columns of the kept rows."""
    columns: Table = {name: result.column(name) for name in IDENTITY}
    added = result.kept.added
    for name, kind in plan.variables.items():
        # mostly what a tagger added, of which there is nothing to find out
        values = None if kind == "gen" else added.get(name)
        if isinstance(values, LateColumn):
            values = values.values
        if not isinstance(values, np.ndarray):
            values = _variable(plan, result, name, kind)
        columns[name] = values
    columns["tag_idx"] = result.tag_idx
    columns["tag_category"] = result.tag_category
    for weight, bins in plan.binned_weights:
        columns[bin_column(weight)] = _bins(bins, result, weight.name)
    columns["weight_central"] = central_product(initial, weighed)
    columns["weight_central_initial"] = initial
    if plan.tells_central:
        columns |= _central_columns(weighed)
    return columns


def _central_columns(weighed: Weighed) -> Table:
    """The central factor of each source that has one."""
    return {
        factor_column(weight, CENTRAL): factors.central
        for weight, factors in weighed.values()
        if factors.central is not None
    }


def _bins(bins: Bins, result: SequenceResult, owner: str) -> npt.NDArray[np.int16]:
    if not bins.column:
        return np.zeros(len(result.rows), dtype=np.int16)
    return bins_of(bins, np.asarray(result.column(bins.column), dtype=np.float64), owner)


def _variable(plan: Plan, result: SequenceResult, name: str, kind: str) -> npt.NDArray[Any]:
    """A variable of interest; those of the generator are float64, and NaN in data."""
    if kind != "gen":
        return _one_per_event(result, name)
    if plan.context.is_data:
        return np.full(len(result.rows), np.nan)
    return _one_per_event(result, name).astype(np.float64)


def _one_per_event(result: SequenceResult, name: str) -> npt.NDArray[Any]:
    values = None if result.has_objects(name) else result.column(name)
    if isinstance(values, np.ndarray):
        return values
    if values is None or values.ndim > 1:
        raise InvalidConfiguration(
            f"'{name}' has several values per event",
            "variables_of_interest",
            "let a tagger add a column with one value per event",
        )
    return np.asarray(ak.to_numpy(values))


def factor_columns(initial: Array, weighed: Weighed) -> Table:
    """The factors of all directions, and the whole varied weights."""
    columns: Table = {}
    for name, (weight, factors) in sorted(weighed.items()):
        for direction, factor in factors.directions.items():
            columns[factor_column(weight, direction)] = factor
            if weight.modify_central_weight:
                full = varied_weight(name, direction, initial, weighed)
                columns[full_column(weight, direction)] = full
    return columns
