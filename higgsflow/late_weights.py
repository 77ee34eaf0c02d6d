"""Factors that need what taggers made, or that hold for some tags only: of kept events, afterwards.

The nominal factors stand for every event of a variation whose inputs are the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from higgsflow.before_cuts import kept_at_step
from higgsflow.model.systematic import NOMINAL
from higgsflow.needs import IDENTITY
from higgsflow.taggers.variants import only
from higgsflow.weight_columns import input_columns as weight_inputs
from higgsflow.weight_columns import target_columns
from higgsflow.weights import Factors, check_factors, evaluate
from higgsflow.weights import concatenated as joined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from higgsflow.before_cuts import Kept
    from higgsflow.events.lists import Index
    from higgsflow.model.systematic import WeightSystematic
    from higgsflow.plan import Plan
    from higgsflow.sums import Weighed
    from higgsflow.taggers.variants import Reached, SequenceResult


class _Inputs(NamedTuple):
    """What the factors of a weight are made from.

    Attributes:
        seen: columns and collections that it is shown.
        reads, needs: those that they depend on, of the input, and added by taggers.
        fields: of collections that taggers added those that matter, where these are known.
    """

    seen: set[str]
    reads: set[str]
    needs: set[str]
    fields: dict[str, set[str]]


class LateWeights:
    """The factors of the variations of one block.

    `initial` are the generator weights of all events that the sequence was given.
    """

    def __init__(
        self, plan: Plan, nominal: SequenceResult, initial: npt.NDArray[np.float64]
    ) -> None:
        self._plan, self._nominal, self._initial = plan, nominal, initial
        self._known: dict[str, Factors] = {}
        self._inputs: dict[str, _Inputs] = {}

    def of(self, results: Sequence[SequenceResult]) -> list[tuple[Weighed, Kept]]:
        """Factors per weight of each variation, 1 outside the tags they are restricted to.

        Of variations of the events the central ones only: of the others nothing is made there. Of
        weights that preserve sums also these.
        """
        found: list[tuple[Weighed, Kept]] = [({}, {}) for _ in results]
        for weight in self._plan.late:
            is_seen = weight.modify_central_weight or self._plan.tells_central
            asked = [
                (result, *mine)
                for result, mine in zip(results, found, strict=True)
                if is_seen or result.name == NOMINAL
            ]
            factors: Iterable[Factors]
            if weight.preserved is None:
                factors = self._of_kept(weight, [result.kept for result, _, _ in asked])
            else:
                factors = [self._preserving(weight, result, sums) for result, _, sums in asked]
            for one, (result, weighed, _) in zip(factors, asked, strict=True):
                weighed[weight.name] = (weight, self._restricted(weight, one, result))
        return found

    def _restricted(
        self, weight: WeightSystematic, factors: Factors, result: SequenceResult
    ) -> Factors:
        if not weight.modifies_taggers:
            return factors
        positions = [self._plan.tags.index(tag) for tag in weight.modifies_taggers]
        found, rows = factors.where(np.isin(result.tag_idx, positions)), np.arange(len(result.rows))
        check_factors(weight, found, lambda: only([(result.kept, rows)], {*IDENTITY}, {}))
        return found

    def _preserving(self, weight: WeightSystematic, result: SequenceResult, sums: Kept) -> Factors:
        """The factors of all events that reach a step, and the sums over them."""
        number = self._plan.kept_at[weight.name]
        events, rows = result.events_at(number), result.steps[number].rows
        factors = _of(weight, evaluate(weight, events.view), result.name)
        sums |= kept_at_step(weight, (events.view, self._initial.take(rows), factors), result.name)
        return factors.take(np.searchsorted(rows, result.rows))

    def _of_kept(self, weight: WeightSystematic, kept: Sequence[Reached]) -> Iterator[Factors]:
        """The factors of the events that are kept under some variations."""
        inputs, nominal = self._inputs_of(weight), self._nominal.kept
        if weight.name not in self._known:
            everything = np.arange(len(self._nominal.rows))
            events = only([(nominal, everything)], inputs.seen, inputs.fields)
            self._known[weight.name] = evaluate(weight, events)
        known = self._known[weight.name]
        compared = (inputs.reads, inputs.needs, inputs.fields)
        again = [reached.differing(nominal, *compared) for reached in kept]
        fresh = self._evaluated(weight, kept, again)
        for reached, rows in zip(kept, again, strict=True):
            factors = _of(weight, known, reached.variant.name)
            if rows is not None:
                order = reached.places_in(nominal).copy()
                order[rows] = len(nominal.rows) + np.arange(len(rows))
                own = next(fresh) if len(rows) else factors.take(rows)
                factors = joined([factors, own]).take(order)
            yield factors

    def _evaluated(
        self, weight: WeightSystematic, kept: Sequence[Reached], again: Sequence[Index | None]
    ) -> Iterator[Factors]:
        """The factors of some rows of each variation that has such, evaluated at once."""
        asked = [
            (reached, rows)
            for reached, rows in zip(kept, again, strict=True)
            if rows is not None and len(rows)
        ]
        if not asked:
            return
        inputs = self._inputs_of(weight)
        events = only(asked, inputs.seen, inputs.fields)
        all_of_them = any(reached.variant.name == NOMINAL for reached, _ in asked)
        wanted = None if all_of_them else weight.under.values()
        factors, begin = evaluate(weight, events, wanted), 0
        for reached, rows in asked:
            own = _of(weight, factors, reached.variant.name)
            yield own.between(begin, begin + len(rows))
            begin += len(rows)

    def _inputs_of(self, weight: WeightSystematic) -> _Inputs:
        """What a weight looks at, found out once; a function also sees what it does not declare.

        But not what variations change or taggers add: that it must declare.
        """
        if weight.name not in self._inputs:
            nominal = self._nominal.kept
            names = _input_names(weight, nominal.added)
            reads, needs = _split(names, nominal.added)
            if weight.method == "from_function":
                names |= set(nominal.variant.events.names) - self._plan.varying
            fields = _fields(weight, nominal.added)
            self._inputs[weight.name] = _Inputs({*IDENTITY, *names}, reads, needs, fields)
        return self._inputs[weight.name]


def _input_names(weight: WeightSystematic, added: Collection[str]) -> set[str]:
    """Columns and collections that the factors are made from."""
    names = {_held(name, added) for name in weight_inputs(weight)}
    for target in weight.target_collections:
        if weight.correction is not None and target not in added:
            names |= set(target_columns(weight, target))
        names.add(target)
    return names


def _held(name: str, added: Collection[str]) -> str:
    """The collection that taggers added, of a column of it; any other column itself."""
    prefix = name.partition("_")[0]
    return prefix if name not in added and prefix in added else name


def _fields(weight: WeightSystematic, added: Collection[str]) -> dict[str, set[str]]:
    """Per collection that taggers added the fields that a correction looks at, and nothing else."""
    if weight.correction is None:
        return {}
    return {
        target: {name.removeprefix(f"{target}_") for name in target_columns(weight, target)}
        for target in weight.target_collections
        if target in added
    }


def _split(names: Collection[str], added: Collection[str]) -> tuple[set[str], set[str]]:
    """Those that are read, and those that taggers added."""
    reads, needs = set(), set()
    for name in names:
        prefix = name.partition("_")[0]
        made = name if name in added else prefix
        if made in added:
            needs.add(made)
        else:
            reads.add(name)
    return reads, needs


def _of(weight: WeightSystematic, factors: Factors, variation: str) -> Factors:
    """The factors that matter to a variation: all nominally, else the one that is central there."""
    if variation == NOMINAL:
        return factors
    return factors.under(weight.under.get(variation)).only_central
