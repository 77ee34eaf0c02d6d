"""Counting what the sequence did: the ledger of one variation of one block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.model.systematic import CENTRAL
from higgsflow.preserved import bin_column
from higgsflow.profiling import span
from higgsflow.records.ledger import Ledger, StepFlow
from higgsflow.records.moments import measure
from higgsflow.selection.cutflow import Counter, CutFlow, count, count_cuts
from higgsflow.taggers.sequence import SequenceResult, StepResult, overlap_matrix, remove_overlap
from higgsflow.weights import factor_column, full_column
from higgsflow.yields import binned_for, per_bin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.model.systematic import WeightSystematic
    from higgsflow.plan import Plan

Array = npt.NDArray[np.float64]
Table = dict[str, npt.NDArray[Any]]

UNTAGGED = "untagged"


@span("count")
def tally(
    plan: Plan, result: SequenceResult, slices: Sequence[slice], content: tuple[Table, Array]
) -> Ledger:
    """The counters of one variation; slices say which rows of each step are its own."""
    table, weight = content
    flows = list(_ends(result.steps[0], weight, slices[0]))
    for number in range(1, len(result.steps)):
        flows.extend(step_flows(number, result.steps[number], weight, slices[number]))
    last, rows = result.steps[-1], slices[-1]
    masks, known = last.masks[:, rows], weight[last.rows[rows]]
    tags = plan.tags
    by_tag = {tag: table["tag_idx"] == position for position, tag in enumerate(tags)}
    if plan.analysis.tag_sequence.keep_untagged:
        by_tag[UNTAGGED] = table["tag_idx"] < 0
    return Ledger(
        flows=tuple(flows),
        before={tag: count(known, mask) for tag, mask in zip(tags, masks, strict=True)},
        after=_after(tags, masks, known),
        overlap=tuple(tuple(int(n) for n in row) for row in overlap_matrix(masks)),
        moments={tag: _moments(plan, table, mask) for tag, mask in by_tag.items()},
        yields={tag: _yields(plan, table, mask) for tag, mask in by_tag.items()},
    )


def _after(tags: Sequence[str], masks: Any, weight: Array) -> dict[str, Any]:
    chosen = remove_overlap(masks)
    return {tag: count(weight, chosen == position) for position, tag in enumerate(tags)}


def _moments(plan: Plan, table: Table, mask: Any) -> dict[str, Any]:
    names = [name for name in table if name in plan.variables or name in plan.weight_columns]
    weight = table["weight_central"][mask]
    return {name: measure(table[name][mask], weight) for name in (*names, "weight_central")}


def _yields(plan: Plan, table: Table, mask: Any) -> dict[str, Any]:
    """Counters with the central weight, and with the full weight of each direction."""
    central = table["weight_central"]
    found = _counters(plan, table, mask, (CENTRAL, central, None))
    for weight in plan.weights:
        for direction, variation in zip(weight.directions, weight.variations, strict=True):
            if factor_column(weight, direction) in table:
                full = table.get(full_column(weight, direction))
                varied = central * table[factor_column(weight, direction)] if full is None else full
                found |= _counters(plan, table, mask, (variation, varied, weight))
    return found


def _counters(
    plan: Plan, table: Table, mask: Any, what: tuple[str, Array, WeightSystematic | None]
) -> dict[str, Any]:
    """The counter of a weight, and those of its bins where it preserves sums."""
    name, values, weight = what
    bins = [
        (table[bin_column(w)], w.preserved.n)
        for w in binned_for(plan.systematics, weight)
        if w.preserved is not None
    ]
    return {name: count(values, mask), **per_bin(name, values, mask, bins)}


def step_flows(number: int, step: StepResult, weight: Array, rows: slice) -> tuple[StepFlow, ...]:
    """The cut flows of all taggers of a step, for some of its rows."""
    known = weight[step.rows[rows]]
    # taggers that share their objects share the masks of them too
    counted: dict[int, CutFlow] = {}
    flows = []
    for tagger, decision in zip(step.taggers, step.decisions, strict=True):
        for group, cuts in decision.cuts.items():
            if id(cuts) not in counted:
                counted[id(cuts)] = count_cuts(*cuts.of(rows, known))
            flow = counted[id(cuts)]
            flows.append(StepFlow(step=number, tagger=tagger.name, group=group, flow=flow))
    return tuple(flows)


def _ends(step: StepResult, weight: Array, rows: slice) -> tuple[StepFlow, ...]:
    """What passes the first step; its total is not known here, after the skim."""
    known = weight[step.rows[rows]]
    return tuple(
        StepFlow(step=0, tagger=tagger.name, group="events", flow=_end(known, decision.mask[rows]))
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
