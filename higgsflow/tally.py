"""Counting what the sequence did: the ledger of one variation of one block."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from higgsflow.model.systematic import CENTRAL
from higgsflow.model.tagging import UNTAGGED
from higgsflow.per_bin import binned_for, count_per_bin, measure_per_bin
from higgsflow.preserved import bin_column
from higgsflow.profiling import span
from higgsflow.records.ledger import Ledger, StepFlow
from higgsflow.records.moments import joined, measure_all
from higgsflow.selection.cutflow import Counter, CutFlow, count, count_codes
from higgsflow.selection.tags import count_tags
from higgsflow.weight_columns import factor_column, full_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from higgsflow.before_cuts import Kept
    from higgsflow.events.lists import Index, Mask
    from higgsflow.model.systematic import WeightSystematic
    from higgsflow.plan import Plan
    from higgsflow.taggers.cut_groups import CutGroup
    from higgsflow.taggers.sequence import StepResult
    from higgsflow.taggers.variants import SequenceResult

Array = npt.NDArray[np.float64]
Table = dict[str, npt.NDArray[Any]]
Flows = tuple[StepFlow, ...]
T = TypeVar("T")
_NOT_KNOWN = Counter()


@span("count")
def tally(
    plan: Plan, result: SequenceResult, content: tuple[Table, Array, Kept], counted: FlowMemo
) -> Ledger:
    """The counters of one variation.

    `content` are its table, the weight of every event of the block, and sums that are known of it.
    """
    table, weight, kept = content
    flows = [
        flow
        for number, step in enumerate(result.steps)
        for flow in counted.once((step, weight), partial(_of_step, number, step, weight, counted))
    ]
    last, tag_idx = result.steps[-1], result.tag_idx
    of_rows = counted.weights(last.rows, weight)
    of_tags = counted.once(
        (last.masks, of_rows), lambda: count_tags(plan.tags, last.masks, of_rows)
    )
    by_tag = counted.once((tag_idx,), lambda: _rows_by_tag(plan, tag_idx))
    return Ledger.trusted(
        flows=tuple(flows),
        before=of_tags.before,
        after=of_tags.after,
        overlap=of_tags.overlap,
        moments=_moments(plan, table, by_tag),
        yields=_yields(plan, table, by_tag),
        kept=kept,
    )


def _of_step(number: int, step: StepResult, weight: Array, counted: FlowMemo) -> Flows:
    return step_flows(number, step, weight, counted) if number else _ends(step, weight, counted)


def _rows_by_tag(plan: Plan, tag_idx: npt.NDArray[np.int16]) -> dict[str, Index]:
    """The rows of each tag, and of none where these are kept too."""
    by_tag = {tag: (tag_idx == i).nonzero()[0] for i, tag in enumerate(plan.tags)}
    if plan.analysis.tag_sequence.keep_untagged:
        by_tag[UNTAGGED] = (tag_idx < 0).nonzero()[0]
    return by_tag


def _moments(plan: Plan, table: Table, by_tag: Mapping[str, Index]) -> dict[str, Any]:
    """The moments of each measured column, by tag."""
    variables, weights = plan.variables, plan.weight_columns
    measured = (name for name in table if name in variables or name in weights)
    names = dict.fromkeys((*measured, "weight_central"))
    columns, weight = {name: table[name] for name in names}, table["weight_central"]
    found = measure_all(columns, weight, by_tag)
    if not plan.binned_weights:
        return found
    groups = _by_bins(plan, table, columns)
    return {
        tag: joined([found[tag], *(m for g in groups for m in measure_per_bin(*g, rows, weight))])
        for tag, rows in by_tag.items()
    }


def _by_bins(plan: Plan, table: Table, names: Iterable[str]) -> list[tuple[Table, list[Any]]]:
    """The columns that have moments per bin, together where the same bins matter, and these."""
    groups: dict[tuple[str, ...], tuple[Table, list[Any]]] = {}
    for name in names:
        weight = plan.weight_columns.get(name)
        binned = tuple(source.name for source in binned_for(plan.systematics, weight))
        if binned:
            columns, _ = groups.setdefault(binned, ({}, _bins_of(plan, table, weight)))
            columns[name] = table[name]
    return list(groups.values())


def _yields(plan: Plan, table: Table, by_tag: Mapping[str, Index]) -> dict[str, Any]:
    """By tag counters with the central weight, and with the full weight of each direction."""
    weights = list(_whole_weights(plan, table))
    found: dict[str, dict[str, Any]] = {}
    for tag, rows in by_tag.items():
        found[tag] = {}
        for name, values, bins in weights:
            found[tag] |= _counters((name, values), rows, bins)
    return found


def _whole_weights(plan: Plan, table: Table) -> Iterator[tuple[str, Array, list[Any]]]:
    """Name and values of each weight that counts, and the bins that matter to it."""
    central = table["weight_central"]
    yield CENTRAL, central, _bins_of(plan, table, None)
    if not plan.weight_columns.keys() & table.keys():
        return
    for weight in plan.weights:
        for direction, variation in zip(weight.directions, weight.variations, strict=True):
            if factor_column(weight, direction) in table:
                full = table.get(full_column(weight, direction))
                varied = central * table[factor_column(weight, direction)] if full is None else full
                yield variation, varied, _bins_of(plan, table, weight)


def _bins_of(plan: Plan, table: Table, weight: WeightSystematic | None) -> list[Any]:
    """The bins of each event, and their number, where a weight preserves sums in some."""
    if not plan.binned_weights:
        return []
    return [
        (table[bin_column(w)], w.preserved.n)
        for w in binned_for(plan.systematics, weight)
        if w.preserved is not None
    ]


def _counters(
    what: tuple[str, Array], rows: Index, bins: Sequence[tuple[Any, int]]
) -> dict[str, Any]:
    """The counter of a weight, and those of its bins where it preserves sums."""
    name, values = what
    return {name: count(values.take(rows)), **count_per_bin(name, values, rows, bins)}


class FlowMemo:
    """What was counted of one variation, and of the nominal events: what they share is the same.

    It keeps the arrays that it knows, so it should last no longer than its variation.
    """

    def __init__(self, nominal: FlowMemo | None = None) -> None:
        self._nominal = nominal
        # by the identity of arrays, which are kept, so that nothing else gets it
        self._known: dict[tuple[int, ...], tuple[Any, Any]] = {}

    def flow(self, cuts: CutGroup, rows: Index, weight: Array) -> CutFlow:
        """The cut flow of a group of cuts on some rows of the events that have these weights."""
        offsets = None if cuts.lists is None else cuts.lists.offsets
        of_rows = self.weights(rows, weight)
        return self.once(
            (cuts, of_rows), lambda: count_codes(cuts.names, cuts.codes, of_rows, offsets)
        )

    def end(self, mask: Mask, rows: Index, weight: Array) -> Counter:
        """The counter of those rows that pass."""
        return self.once(
            (mask, rows, weight),
            lambda: count(self.weights(rows, weight).take(mask.nonzero()[0])),
        )

    def weights(self, rows: Index, weight: Array) -> Array:
        """The weights of some events."""
        return self.once((rows, weight), lambda: weight.take(rows))

    def once(self, inputs: tuple[Any, ...], compute: Callable[[], T]) -> T:
        """The result of `compute`, which is the only one that is made from just these objects."""
        key = tuple(map(id, inputs))
        known = None if self._nominal is None else self._nominal._known.get(key)
        if known is None:
            known = self._known.get(key)
        if known is None:
            known = self._known[key] = (inputs, compute())
        result: T = known[1]
        return result


def step_flows(number: int, step: StepResult, weight: Array, counted: FlowMemo) -> Flows:
    """The cut flows of all taggers of a step; `weight` is that of every event of the block."""
    return tuple(
        StepFlow.trusted(
            step=number,
            tagger=tagger.name,
            group=group,
            flow=counted.flow(cuts, step.rows, weight),
        )
        for tagger, decision in zip(step.taggers, step.decisions, strict=True)
        for group, cuts in decision.cuts.items()
    )


def _ends(step: StepResult, weight: Array, counted: FlowMemo) -> Flows:
    """What passes the first step; its total is not known here, after the skim."""
    return tuple(
        StepFlow.trusted(
            step=0,
            tagger=tagger.name,
            group="events",
            flow=CutFlow.trusted(
                cuts=(),
                total=_NOT_KNOWN,
                passed=counted.end(decision.mask, step.rows, weight),
                alone=(),
                prefix=(),
                others=(),
            ),
        )
        for tagger, decision in zip(step.taggers, step.decisions, strict=True)
    )


def with_opening(ledger: Ledger, opening: Sequence[StepFlow]) -> Ledger:
    """The nominal ledger with all cuts of the first step, which were counted before the skim."""
    later = tuple(flow for flow in ledger.flows if flow.step > 0)
    return ledger.changed(flows=(*opening, *later))


def with_total(ledger: Ledger, total: Counter) -> Ledger:
    """The ledger of a variation with the total of the first step, from before the skim."""
    flows = (
        flow if flow.step else flow.changed(flow=flow.flow.changed(total=total))
        for flow in ledger.flows
    )
    return ledger.changed(flows=tuple(flows))
