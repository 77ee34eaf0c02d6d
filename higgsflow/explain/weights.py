"""The weight of one event, factor by factor, as jobs write it and as the merge scales it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from higgsflow.catalog.numbers import ingredients_of_scale1fb
from higgsflow.catalog.store import folder_of
from higgsflow.digests import recipe
from higgsflow.explain.content import PRESERVED, FactorStory
from higgsflow.model.systematic import CENTRAL, NOMINAL
from higgsflow.normalization import Normalization
from higgsflow.output.arrow_arrays import arrow_array
from higgsflow.output.rescale import rescaled
from higgsflow.preserved import column_ratios
from higgsflow.weight_columns import factor_column, full_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.explain.walk import Walk
    from higgsflow.model.systematic import WeightSystematic
    from higgsflow.plan import Plan

# a weight systematic and its direction
Direction = tuple["WeightSystematic", str]


def normalization_of(plan: Plan) -> Normalization | None:
    """The normalisation of the sample and year in the store; None while there is none of today."""
    of_pair = f"{plan.pair.sample.name}/{plan.pair.year}"
    folder = folder_of(plan.analysis)
    try:
        content = (folder / "scale1fb" / of_pair / "scale1fb.json").read_bytes()
        found = Normalization.model_validate_json(content)
        jobs = json.loads((folder / "jobs" / of_pair / "jobs.json").read_bytes())
        return found if _is_of_today(plan, found, jobs) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_of_today(plan: Plan, found: Normalization, jobs: Mapping[str, Any]) -> bool:
    """Whether it was made from the catalogue's numbers, and from jobs that make what is wanted."""
    expected = ingredients_of_scale1fb(plan.pair, jobs["inputs"])
    made = recipe(plan).as_ingredients()
    return found.made_from == expected and made.items() <= jobs["made_from"].items()


class Weighed:
    """The weight of an event under a variation.

    Attributes:
        weight: as its job writes it.
        merged: as it is in the merged file; None while scale1fb is not known.
    """

    def __init__(self, plan: Plan, walk: Walk, found: Normalization | None) -> None:
        self._plan, self._found = plan, found
        self._is_nominal = walk.variation == NOMINAL
        self._row = {name: values[0].item() for name, values in walk.table.items()}
        self._merged = dict(self._row)
        if found is not None:
            ratios = found.weight_ratios.get(walk.variation, {})
            columns = column_ratios(plan.systematics, ratios, walk.variation)
            own = {name: arrow_array(values) for name, values in walk.table.items()}
            table = rescaled(pa.table(own), columns)
            self._merged = {name: table[name][0].as_py() for name in table.column_names}
        self.weight = float(self._row["weight_central"])
        self.merged = None if found is None else self._merged["weight_central"] * self._scale

    @property
    def factors(self) -> tuple[FactorStory, ...]:
        """The generator's weight, the central factors, and what the merge multiplies with."""
        initial = FactorStory(name="generator weight", value=self._row["weight_central_initial"])
        sources = [self._of_source(weight) for weight in self._plan.weights]
        return (initial, *sources, *self._of_merge())

    def of_direction(self, asked: Direction) -> tuple[float, float | None]:
        """The whole weight with one direction of a source: as jobs write it, and as merged."""
        weight, direction = asked
        merged = None if self._found is None else self._full(self._merged, weight, direction)
        return self._full(self._row, weight, direction), (
            None if merged is None else merged * self._scale
        )

    @property
    def _scale(self) -> float:
        return 1.0 if self._found is None else self._found.scale

    def _of_source(self, weight: WeightSystematic) -> FactorStory:
        central = self._row.get(factor_column(weight, CENTRAL))
        directions, full = {}, {}
        for direction in weight.directions if self._is_nominal else ():
            directions[direction] = self._merged[factor_column(weight, direction)]
            full[direction] = self._full(self._merged, weight, direction) * self._scale
        return FactorStory(
            name=weight.name,
            value=central if weight.modify_central_weight else None,
            directions=directions,
            full=full,
        )

    @staticmethod
    def _full(row: dict[str, Any], weight: WeightSystematic, direction: str) -> float:
        full = row.get(full_column(weight, direction))
        if full is not None:
            return float(full)
        return float(row["weight_central"] * row[factor_column(weight, direction)])

    def _of_merge(self) -> tuple[FactorStory, ...]:
        found = self._found
        if found is None or found.scale1fb is None:
            return ()
        factors = [
            FactorStory(name="scale1fb", value=found.scale1fb),
            FactorStory(name="luminosity", value=found.luminosity),
        ]
        before, after = self._row["weight_central"], self._merged["weight_central"]
        if after != before and before:
            factors.insert(0, FactorStory(name=PRESERVED, value=after / before))
        return tuple(factors)


def early_factors(plan: Plan, walk: Walk, initial: float) -> tuple[FactorStory, ...]:
    """What is known of the weight of an event that no tagger of the last step has seen."""
    found = [FactorStory(name="generator weight", value=initial)]
    for weight in plan.early:
        total = walk.factor_sums.get(factor_column(weight, CENTRAL))
        if weight.modify_central_weight and total is not None and initial:
            found.append(FactorStory(name=weight.name, value=total / initial))
    return tuple(found)
