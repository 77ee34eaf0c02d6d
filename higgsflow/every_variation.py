"""All variations of the events of a block that survive the skim, each a table and a ledger.

The nominal run comes first, also where it is not asked for: the others are compared with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.errors import TaggerError
from higgsflow.full_weights import central_product
from higgsflow.late_weights import LateWeights
from higgsflow.model.systematic import NOMINAL
from higgsflow.output_columns import factor_columns, output_columns
from higgsflow.profiling import span
from higgsflow.taggers.variants import Variant
from higgsflow.tally import FlowMemo, tally
from higgsflow.variations import factors_under, find_variation, shifted_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.events.lists import Index
    from higgsflow.plan import Plan
    from higgsflow.records.ledger import Ledger
    from higgsflow.sums import Weighed
    from higgsflow.taggers.decisions import PlainDecision
    from higgsflow.taggers.stages import Nominal, Runner
    from higgsflow.taggers.variants import SequenceResult

Array = npt.NDArray[np.float64]
Table = dict[str, npt.NDArray[Any]]

# rows of variations in memory at a time: more where code of users is asked for several at once,
# which is slow to begin with
_ROWS, _STACKED = 60_000, 200_000


@dataclass(frozen=True, eq=False)
class Weighted:
    """A variation of the events, with what is known of their weights before the sequence.

    Attributes:
        initial: the generator weight.
        weight: this times the factors that need no tagger.
    """

    variant: Variant
    initial: Array
    early: Weighed
    weight: Array


def weighed(variant: Variant, initial: Array, early: Weighed) -> Weighted:
    """Puts the events and their factors together."""
    return Weighted(variant, initial, early, central_product(initial, early))


def taken_of(factors: Weighed, rows: Index) -> Weighed:
    """The factors of some events."""
    return {name: (weight, known.take(rows)) for name, (weight, known) in factors.items()}


@dataclass(frozen=True, eq=False)
class EveryVariation:
    """What runs the variations of a block.

    Attributes:
        first: what the first step said of the nominal events.
        witnesses: positions of events that the skim would drop; no variation may select them.
    """

    plan: Plan
    runner: Runner
    nominal: Weighted
    first: tuple[PlainDecision, ...]
    witnesses: Index

    @cached_property
    def _known(self) -> Nominal:
        return self.runner.run(self.nominal.variant, self.first)

    @cached_property
    def _late(self) -> LateWeights:
        return LateWeights(self.plan, self._known.result, self.nominal.initial)

    def run(self, variations: Sequence[str]) -> Iterator[tuple[str, Table, Ledger]]:
        """Each variation with its table and ledger, in the order in which they are asked for."""
        nominal = FlowMemo()
        most = _STACKED if self.runner.asks_users else _ROWS
        for names in _groups(variations, most // max(1, len(self.nominal.weight))):
            # what these needed is gone before the next ones ask for as much
            yield from self._together(names, nominal)

    def _together(
        self, names: Sequence[str], nominal: FlowMemo
    ) -> Iterator[tuple[str, Table, Ledger]]:
        contents = [self._varied(name) for name in names]
        results = self._results(contents)
        late = self._late.of(results)
        for content, result, (factors, kept) in zip(contents, results, late, strict=True):
            self._check_skim(result)
            table = self._table(content, result, factors)
            memo = nominal if content is self.nominal else FlowMemo(nominal)
            ledger = tally(self.plan, result, (table, content.weight, kept), memo)
            yield content.variant.name, table, ledger

    def _results(self, contents: Sequence[Weighted]) -> list[SequenceResult]:
        varied = [c.variant for c in contents if c is not self.nominal]
        results = iter(self.runner.run_again(self._known, varied))
        return [self._known.result if c is self.nominal else next(results) for c in contents]

    def _check_skim(self, result: SequenceResult) -> None:
        (first, *_), step = self.plan.steps[0], result.steps[0]
        if step.masks[:, self.witnesses].any():
            raise TaggerError(
                f"tagger '{first.name}' selects events under '{result.name}' that its skim drops",
                "",
                "let `skim` keep all that `select` may take, given the bounds of shifts",
            )

    @span("shift")
    def _varied(self, name: str) -> Weighted:
        """One variation; weights that look at what it changes are made again."""
        nominal = self.nominal
        if name == NOMINAL:
            return nominal
        source, direction = find_variation(self.plan.systematics, name)
        columns = shifted_columns(nominal.variant.events, source, direction)
        events = nominal.variant.events.with_columns(columns)
        variant = Variant(name, events, frozenset(columns), nominal.variant.unseen)
        touched = self.plan.touched[source.name]
        early = factors_under(name, events, nominal.early, touched, self.plan.varying)
        if all(factors is nominal.early[weight][1] for weight, (_, factors) in early.items()):
            return Weighted(variant, nominal.initial, nominal.early, nominal.weight)
        return weighed(variant, nominal.initial, early)

    def _table(self, content: Weighted, result: SequenceResult, late: Weighed) -> Table:
        initial, early = content.initial.take(result.rows), content.early
        if result.name != NOMINAL:
            early = {name: (weight, known.only_central) for name, (weight, known) in early.items()}
        factors = {**taken_of(early, result.rows), **late}
        columns = output_columns(self.plan, result, initial, factors)
        if result.name == NOMINAL:
            columns |= factor_columns(initial, factors)
        return columns


def _groups(variations: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Variations that are asked for together, one at least."""
    size = max(1, size)
    for start in range(0, len(variations), size):
        yield variations[start : start + size]
