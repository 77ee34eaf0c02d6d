"""The life of events in memory: from what was read to tables and counters per variation.

A block is a range of a file, or several small files. Blocks are independent, so their size changes
no result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.before_cuts import count_before_cuts
from higgsflow.bounds import check_dropped, with_witnesses
from higgsflow.events.datasets import left_to_others, own_rows
from higgsflow.events.golden import Golden, is_certified
from higgsflow.events.plain import PlainEvents, plain
from higgsflow.every_variation import EveryVariation, Table, taken_of, weighed
from higgsflow.full_weights import central_product
from higgsflow.model.systematic import NOMINAL
from higgsflow.needs import GENERATOR_WEIGHT
from higgsflow.nominal_corrections import apply_corrections
from higgsflow.sums import Sums, clamped_by_corrections, sums_of_factors, sums_of_ranges
from higgsflow.taggers.decisions import taken, without_cuts
from higgsflow.taggers.followed import followed
from higgsflow.taggers.sequence import StepResult
from higgsflow.taggers.skims import skim_fits, skimmed
from higgsflow.taggers.stages import Runner
from higgsflow.taggers.variants import Variant
from higgsflow.tally import FlowMemo, step_flows, with_opening, with_total
from higgsflow.variations import shift_bounds
from higgsflow.weight_columns import input_columns as weight_inputs
from higgsflow.weights import check_finite, evaluate_early

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from higgsflow.before_cuts import BeforeCuts
    from higgsflow.plan import Plan
    from higgsflow.records.ledger import Ledger, StepFlow
    from higgsflow.sums import Weighed
    from higgsflow.taggers.decisions import PlainDecision

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BlockResult:
    """What one block gives: sums, and per variation a table of columns and a ledger."""

    sums: Sums
    tables: dict[str, Table]
    ledgers: dict[str, Ledger]


@dataclass
class Read:
    """The events of a block.

    Attributes:
        first: the columns `plan.first_needs` of all n events; given away when they are looked at.
        rest: of positions that rise gives the columns `plan.rest_needs` of these events.
        lengths: of the ranges that make up these events, in their order.
    """

    first: Any
    rest: Callable[[Index], Any]
    lengths: Sequence[int]


@dataclass(frozen=True, eq=False)
class _Opened:
    """What is known of a block before the sequence.

    Attributes:
        sums: before any cut.
        flows: of the first step, on all events, nominally.
        known: sums over all events, by variation.
        rows: what goes on, as positions in what was read; witnesses: those of events that the skim
            drops, as positions in these.
        events, initial, early, first: of these rows the events, their generator weights, factors,
            and what the first step said of them.
    """

    sums: Sums
    flows: tuple[StepFlow, ...]
    known: dict[str, BeforeCuts]
    rows: Index
    witnesses: Index
    events: PlainEvents
    initial: Array
    early: Weighed
    first: tuple[PlainDecision, ...]


def process_block(
    plan: Plan,
    golden: Golden | None,
    variations: Sequence[str],
    first: Any,
    read_rest: Callable[[Index], Any],
) -> BlockResult:
    """Runs the sequence for every variation on the events of a block.

    `first` and `read_rest` are what `Read` says of them.
    """
    read = Read(first, read_rest, (len(first),))
    parts = list(process_parts(plan, golden, variations, read))
    tables = {name: table for part in parts for name, table in part.tables.items()}
    ledgers = {name: ledger for part in parts for name, ledger in part.ledgers.items()}
    return BlockResult(parts[0].sums, tables, ledgers)


def process_parts(
    plan: Plan, golden: Golden | None, variations: Sequence[str], read: Read
) -> Iterator[BlockResult]:
    """As `process_block`, one variation after the other; the sums are with the first."""
    runner = _runner(plan)
    opened = _open(plan, golden, variations, (read, runner))
    # what the skim drops is not needed from here on
    read.first = None
    skimmed = opened.events.joined(plain(read.rest(opened.rows)))
    skimmed = apply_corrections(skimmed, plan.rest_corrections, plan.systematics)
    variant = Variant(NOMINAL, skimmed, unseen=_unseen(plan, skimmed))
    nominal = weighed(variant, opened.initial, opened.early)
    every = EveryVariation(plan, runner, nominal, opened.first, opened.witnesses)
    sums = opened.sums
    for name, table, ledger in every.run(variations):
        yield BlockResult(sums, {name: table}, {name: _whole(ledger, opened, name)})
        sums = Sums()


def _whole(ledger: Ledger, opened: _Opened, variation: str) -> Ledger:
    """The ledger of a variation with what was counted before the skim."""
    known = opened.known[variation]
    ledger = ledger.changed(kept={**known.kept, **ledger.kept})
    if variation == NOMINAL:
        return with_opening(ledger, opened.flows)
    total = opened.flows[0].flow.total if known.total is None else known.total
    return with_total(ledger, total)


def _open(
    plan: Plan,
    golden: Golden | None,
    variations: Sequence[str],
    what: tuple[Read, Runner],
) -> _Opened:
    """Everything before the skim, and what it leaves."""
    read, runner = plain(what[0].first), what[1]
    generated = _generator_weight(read, plan.context.is_data)
    certified = _certified(read, golden)
    rows = own_rows(plan.pair.dataset, read.view, certified)
    uncorrected = read.take(rows) if len(rows) < len(read) else read
    clamped = clamped_by_corrections(uncorrected, plan.first_corrections)
    events = apply_corrections(uncorrected, plan.first_corrections, plan.systematics)
    early = {w.name: (w, evaluate_early(w, events, plan.varying)) for w in plan.early}
    initial = generated.take(rows)
    # objects that it selects have the columns that they have when it is asked again
    shown = events.without(_unseen(plan, events))
    step = StepResult(np.arange(len(events)), plan.steps[0], runner.ask(0, shown))
    flows = step_flows(0, step, central_product(initial, early), FlowMemo())
    kept = _skim(plan, events, step, variations)
    kept, witnesses = _witnessed(plan, events, kept, variations)
    known = count_before_cuts(plan, events, initial, early, variations)
    factors = sums_of_factors(initial, early, events) | clamped
    factors |= left_to_others(plan.pair.dataset, certified, rows)
    sums = Sums(sums_of_ranges(generated, rows, what[0].lengths), factors)
    first = taken(without_cuts(step.decisions), kept)
    is_alone = list(variations) == [NOMINAL]
    left = events.later(kept) if is_alone else events.take(kept)
    return _Opened(
        sums=sums, flows=flows, known=known, rows=rows.take(kept), witnesses=witnesses,
        events=left, initial=initial.take(kept), early=taken_of(early, kept),
        first=first if is_alone else followed(first, events, left, kept),
    )  # fmt: skip


def _witnessed(
    plan: Plan, events: PlainEvents, kept: Index, variations: Sequence[str]
) -> tuple[Index, Index]:
    """The rows that go on, and the positions among these of those that the skim would drop."""
    if list(variations) == [NOMINAL]:
        return kept, kept[:0]
    if len(kept):
        return with_witnesses(kept, len(events))
    check_dropped(events, plan.systematics, variations)
    return kept, kept


def _runner(plan: Plan) -> Runner:
    wanted = frozenset(_looked_at(plan))
    untagged_too = plan.analysis.tag_sequence.keep_untagged
    rest = frozenset(need.name for need in plan.rest_needs)
    return Runner(plan.steps, plan.context, untagged_too, plan.varying, rest, wanted)


def _looked_at(plan: Plan) -> Iterator[str]:
    """Collections, or columns of such, that weights need after the sequence."""
    for weight in plan.late:
        for name in (*weight_inputs(weight), *weight.target_collections):
            yield from (name, name.partition("_")[0])


def _unseen(plan: Plan, events: PlainEvents) -> frozenset[str]:
    """Columns of objects that no tagger declares: they need not be taken from step to step.

    But those that weights look at in objects that taggers select.
    """
    read = {n.name for step in plan.steps for tagger in step for n in tagger.reads(plan.context)}
    read |= {n for weight in plan.late if weight.target_collections for n in weight_inputs(weight)}
    return frozenset(n for n in events.names if n not in read and n not in events.flat)


def _generator_weight(events: PlainEvents, is_data: bool) -> Array:
    if is_data:
        return np.ones(len(events))
    generated = np.asarray(events.flat[GENERATOR_WEIGHT], dtype=np.float64)
    check_finite(GENERATOR_WEIGHT, generated, lambda: events.view)
    return generated


def _certified(events: PlainEvents, golden: Golden | None) -> Index:
    if golden is None:
        return np.arange(len(events))
    run, lumi = (events.flat[name] for name in ("run", "luminosityBlock"))
    return np.flatnonzero(is_certified(golden, run, lumi))


def _skim(
    plan: Plan, events: PlainEvents, first_step: StepResult, variations: Sequence[str]
) -> Index:
    """Positions of the events that some variation may keep, or that a sum must count."""
    keeps_all = len(plan.steps) == 1 and plan.analysis.tag_sequence.keep_untagged
    if keeps_all or 0 in plan.kept_at.values():
        return np.arange(len(events))
    if list(variations) == [NOMINAL]:
        return np.flatnonzero(first_step.masks.any(axis=0))
    if len(plan.steps[0]) > 1 or not skim_fits(type(plan.steps[0][0])):
        return np.arange(len(events))
    mask = skimmed(plan.steps[0][0], events, shift_bounds(plan.systematics))
    return np.arange(len(events)) if mask is None else np.flatnonzero(mask)
