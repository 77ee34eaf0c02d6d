"""Sums before the cuts that would change them: totals, per generator bin, what weights preserve.

Only variations that ask for it pay: one that changes what a factor of the central weight looks at
is applied to all events, not only to those that survive the skim.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.full_weights import central_product
from higgsflow.model.systematic import CENTRAL, NOMINAL
from higgsflow.preserved import counted, kept_sums, of_variation, positions
from higgsflow.records.generator_bins import generator_key
from higgsflow.selection.cutflow import Counter, count
from higgsflow.variations import apply_variation, factors_under, find_variation
from higgsflow.weight_columns import factor_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.systematic import WeightSystematic
    from higgsflow.plan import Plan
    from higgsflow.sums import Weighed
    from higgsflow.weights import Factors

Array = npt.NDArray[np.float64]
Kept = dict[str, Counter]


@dataclass(frozen=True)
class BeforeCuts:
    """What is known of a variation over all events.

    Attributes:
        kept: per bin of the generator, and those that weights preserve.
        total: with the weight known before the sequence; None where it is the nominal one.
    """

    kept: Kept
    total: Counter | None = None


def count_before_cuts(
    plan: Plan, events: PlainEvents, initial: Array, early: Weighed, variations: Sequence[str]
) -> dict[str, BeforeCuts]:
    """Per variation the sums over all events, whose generator weights are `initial`."""
    known = (initial, early)
    found = {name: _varied(plan, events, known, name) for name in variations if name != NOMINAL}
    if NOMINAL in variations:
        found[NOMINAL] = _nominal(plan, events, known)
    return found


def _nominal(plan: Plan, events: PlainEvents, known: tuple[Array, Weighed]) -> BeforeCuts:
    initial, early = known
    kept = generator_sums(plan, events.view, initial, early)
    for weight, factors in early.values():
        if weight.preserved is not None:
            kept |= kept_sums(weight, initial, factors, events.view)
    return BeforeCuts(kept)


def _varied(
    plan: Plan, events: PlainEvents, known: tuple[Array, Weighed], variation: str
) -> BeforeCuts:
    """Of the central factors under a variation; what it does not touch stays as it is."""
    initial, early = known
    nominal = {name: of for name, of in early.items() if of[0].modify_central_weight}
    source, direction = find_variation(plan.systematics, variation)
    if source in plan.watched:
        events = apply_variation(events, source, direction)
    varied = factors_under(variation, events, nominal, plan.touched[source.name], plan.varying)
    kept: Kept = {}
    for weight, factors in varied.values():
        if weight.preserved is not None:
            kept |= kept_sums(weight, initial, of_variation(factors, variation), events.view)
    if all(varied[name][1] is factors for name, (_, factors) in nominal.items()):
        return BeforeCuts(kept)
    return BeforeCuts(kept, count(central_product(initial, varied)))


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
