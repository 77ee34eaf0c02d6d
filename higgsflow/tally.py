"""Counting what the sequence did: the ledger of one variation of one block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.model.systematic import CENTRAL
from higgsflow.preserved import bin_column
from higgsflow.profiling import span
from higgsflow.records.ledger import Ledger, StepFlow
from higgsflow.records.moments import measure_all
from higgsflow.selection.cutflow import Counter, CutFlow, count, count_codes
from higgsflow.taggers.sequence import StepResult, overlap_matrix, remove_overlap
from higgsflow.weights import factor_column, full_column
from higgsflow.yields import binned_for, per_bin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.events.lists import Index
    from higgsflow.model.systematic import WeightSystematic
    from higgsflow.plan import Plan
    from higgsflow.taggers.contract import CutGroup
    from higgsflow.taggers.variants import SequenceResult

Array = npt.NDArray[np.float64]
Table = dict[str, npt.NDArray[Any]]

UNTAGGED = "untagged"


@span("count")
def tally(
    plan: Plan, result: SequenceResult, content: tuple[Table, Array], counted: FlowMemo
) -> Ledger:
    """The counters of one variation, from its table and the weight of every event of the block."""
    table, weight = content
    flows = list(_ends(result.steps[0], weight))
    for number, step in enumerate(result.steps[1:], start=1):
        flows.extend(step_flows(number, step, weight, counted))
    masks, known = result.steps[-1].masks, weight[result.steps[-1].rows]
    tags = plan.tags
    by_tag = {tag: np.flatnonzero(table["tag_idx"] == i) for i, tag in enumerate(tags)}
    if plan.analysis.tag_sequence.keep_untagged:
        by_tag[UNTAGGED] = np.flatnonzero(table["tag_idx"] < 0)
    return Ledger.trusted(
        flows=tuple(flows),
        before={tag: count(known, mask) for tag, mask in zip(tags, masks, strict=True)},
        after=_after(tags, masks, known),
        overlap=tuple(tuple(int(n) for n in row) for row in overlap_matrix(masks)),
        moments={tag: _moments(plan, table, rows) for tag, rows in by_tag.items()},
        yields={tag: _yields(plan, table, rows) for tag, rows in by_tag.items()},
        kept={},
    )


def _after(tags: Sequence[str], masks: Any, weight: Array) -> dict[str, Any]:
    chosen = remove_overlap(masks)
    return {tag: count(weight, chosen == position) for position, tag in enumerate(tags)}


def _moments(plan: Plan, table: Table, rows: Index) -> dict[str, Any]:
    names = [name for name in table if name in plan.variables or name in plan.weight_columns]
    columns = {name: table[name][rows] for name in (*names, "weight_central")}
    return measure_all(columns, columns["weight_central"])


def _yields(plan: Plan, table: Table, rows: Index) -> dict[str, Any]:
    """Counters with the central weight, and with the full weight of each direction."""
    central = table["weight_central"]
    found = _counters(plan, table, rows, (CENTRAL, central, None))
    for weight in plan.weights:
        for direction, variation in zip(weight.directions, weight.variations, strict=True):
            if factor_column(weight, direction) in table:
                full = table.get(full_column(weight, direction))
                varied = central * table[factor_column(weight, direction)] if full is None else full
                found |= _counters(plan, table, rows, (variation, varied, weight))
    return found


def _counters(
    plan: Plan, table: Table, rows: Index, what: tuple[str, Array, WeightSystematic | None]
) -> dict[str, Any]:
    """The counter of a weight, and those of its bins where it preserves sums."""
    name, values, weight = what
    bins = [
        (table[bin_column(w)], w.preserved.n)
        for w in binned_for(plan.systematics, weight)
        if w.preserved is not None
    ]
    found = {name: count(values, rows)}
    if bins:
        mask = np.zeros(len(values), dtype=np.bool_)
        mask[rows] = True
        found |= per_bin(name, values, mask, bins)
    return found


class FlowMemo:
    """Cut flows that were counted: of what variations share they are the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int], tuple[Any, CutFlow]] = {}

    def flow(self, cuts: CutGroup, rows: Index, weight: Array) -> CutFlow:
        """The cut flow of a group of cuts on some rows of the events that have these weights."""
        # the arrays are kept, so that nothing else gets their identity
        inputs = (cuts, rows, weight)
        key = (id(cuts), id(rows), id(weight))
        if key not in self._known:
            self._known[key] = (inputs, _counted(cuts, weight[rows]))
        return self._known[key][1]


def _counted(cuts: CutGroup, weight: Array) -> CutFlow:
    of_entries = weight if cuts.lists is None else cuts.lists.per_object(weight)
    return count_codes(cuts.names, cuts.codes, of_entries)


def step_flows(
    number: int, step: StepResult, weight: Array, counted: FlowMemo
) -> tuple[StepFlow, ...]:
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


def _ends(step: StepResult, weight: Array) -> tuple[StepFlow, ...]:
    """What passes the first step; its total is not known here, after the skim."""
    known = weight[step.rows]
    return tuple(
        StepFlow(step=0, tagger=tagger.name, group="events", flow=_end(known, decision.mask))
        for tagger, decision in zip(step.taggers, step.decisions, strict=True)
    )


def _end(weight: Array, mask: Any) -> CutFlow:
    return CutFlow(cuts=(), total=Counter(), passed=count(weight, mask))


def with_opening(ledger: Ledger, opening: Sequence[StepFlow], is_nominal: bool) -> Ledger:
    """The ledger with what was counted before the skim: all cuts, or only the total."""
    later = tuple(flow for flow in ledger.flows if flow.step > 0)
    if is_nominal:
        return ledger.model_copy(update={"flows": (*opening, *later)})
    total = opening[0].flow.total
    first = (flow for flow in ledger.flows if flow.step == 0)
    ends = (
        mine.model_copy(update={"flow": mine.flow.model_copy(update={"total": total})})
        for mine in first
    )
    return ledger.model_copy(update={"flows": (*ends, *later)})
