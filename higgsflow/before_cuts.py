"""Sums before the cuts that would change them: per generator bin, and those that weights preserve.

Only analyses that ask for them pay: a variation that changes what such a weight looks at is then
applied to all events, not only to those that survive the skim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.model.systematic import CENTRAL, NOMINAL
from higgsflow.preserved import counted, kept_sums, of_variation, positions
from higgsflow.records.generator_bins import generator_key
from higgsflow.variations import apply_variation, find_variation
from higgsflow.weights import Factors, evaluate_early, factor_column
from higgsflow.weights import input_columns as weight_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.systematic import WeightSystematic
    from higgsflow.plan import Plan
    from higgsflow.selection.cutflow import Counter
    from higgsflow.sums import Weighed

Array = "npt.NDArray[np.float64]"
Kept = dict[str, "Counter"]


def kept_before_cuts(
    plan: Plan, events: PlainEvents, initial: Any, early: Weighed, variations: Sequence[str]
) -> dict[str, Kept]:
    """Per variation the sums over all events, whose generator weights are `initial`."""
    kept = {name: found for name, found in early.items() if found[0].preserved is not None}
    sums: dict[str, Kept] = {variation: {} for variation in variations}
    for variation in variations:
        if variation == NOMINAL:
            sums[variation] |= generator_sums(plan, events.view, initial, early)
            for weight, factors in kept.values():
                sums[variation] |= kept_sums(weight, initial, factors, events.view)
        elif any(weight.modify_central_weight for weight, _ in kept.values()):
            sums[variation] |= _varied(plan, events, (initial, kept), variation)
    return sums


def _varied(plan: Plan, events: PlainEvents, known: tuple[Any, Weighed], variation: str) -> Kept:
    """The sums of central factors under a variation; what it does not touch stays as it is."""
    initial, kept = known
    source, direction = find_variation(plan.systematics, variation)
    if source in plan.watched:
        events = apply_variation(events, source, direction)
    found: Kept = {}
    for weight, nominal in kept.values():
        if weight.modify_central_weight:
            touched = set(source.changes) & set(weight_inputs(weight))
            factors = evaluate_early(weight, events, plan.varying) if touched else nominal
            factors = of_variation(factors.under(weight.under.get(variation)), variation)
            found |= kept_sums(weight, initial, factors, events.view)
    return found


def kept_at_step(
    weight: WeightSystematic, content: tuple[Any, Any, Factors], variation: str
) -> Kept:
    """The sums over the events that reach a step under a variation, before its cuts.

    `content` are these events, their generator weights and their factors.
    """
    if variation != NOMINAL and not weight.modify_central_weight:
        return {}
    events, initial, factors = content
    return kept_sums(weight, initial, of_variation(factors, variation), events)


def generator_sums(plan: Plan, events: Any, initial: Any, early: Weighed) -> Kept:
    """Per declared bin of the generator n, sum of g, sum of g^2, and the same of g times factors.

    The factors are all that need no tagger: those of theory and pile-up among them.
    """
    found: Kept = {}
    for name, bins in plan.generator_bins.items():
        index = positions(bins, events, f"generator_bins.{name}")
        for column, factor in {"": np.ones(len(initial)), **_by_column(early)}.items():
            counters = counted(index, initial * factor, bins.n)
            for label, counter in zip(bins.labels, counters, strict=True):
                found[generator_key(name, label, column)] = counter
    return found


def _by_column(early: Weighed) -> dict[str, Any]:
    found = {}
    for weight, factors in early.values():
        named = {} if factors.central is None else {CENTRAL: factors.central}
        for direction, factor in {**named, **factors.directions}.items():
            found[factor_column(weight, direction)] = factor
    return found
