"""The life of events in memory: from what was read to tables and counters per variation.

A block is a range of one file. Blocks are independent, so their size changes no result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.before_cuts import kept_at_step, kept_before_cuts
from higgsflow.bounds import check_dropped
from higgsflow.events.columns import combine
from higgsflow.events.datasets import left_to_others, own_rows
from higgsflow.events.golden import Golden, is_certified
from higgsflow.model.systematic import NOMINAL, WeightSystematic
from higgsflow.needs import GENERATOR_WEIGHT
from higgsflow.output_columns import factor_columns, output_columns
from higgsflow.profiling import span
from higgsflow.sums import Sums, Weighed, clamped_by_corrections, sums_of
from higgsflow.taggers.sequence import (
    SequenceResult,
    StepResult,
    run_sequence,
)
from higgsflow.tally import step_flows, tally, with_opening
from higgsflow.variations import (
    apply_corrections,
    apply_variation,
    find_variation,
    shift_bounds,
)
from higgsflow.weights import (
    Factors,
    central_product,
    check_finite,
    concatenated,
    evaluate,
)
from higgsflow.weights import input_columns as weight_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from higgsflow.plan import Plan
    from higgsflow.records.ledger import Ledger
    from higgsflow.selection.cutflow import Counter

ak = lazy.load("awkward")

Array = npt.NDArray[np.float64]
Table = dict[str, npt.NDArray[Any]]

# rows of stacked variations in memory at a time
_STACK_ROWS = 200_000


@dataclass(frozen=True)
class BlockResult:
    """What one block gives: sums, and per variation a table of columns and a ledger."""

    sums: Sums
    tables: dict[str, Table]
    ledgers: dict[str, Ledger]


@dataclass(frozen=True)
class _Nominal:
    """Events after the skim with what is known of them before the sequence."""

    events: Any
    initial: Array
    early: Weighed

    def take(self, rows: Any) -> _Nominal:
        return _Nominal(self.events[rows], self.initial[rows], _taken(self.early, rows))

    @property
    def weight(self) -> Array:
        """The weight known before the sequence."""
        return central_product(self.initial, self.early)


def _taken(weighed: Weighed, rows: Any) -> Weighed:
    return {name: (weight, factors.take(rows)) for name, (weight, factors) in weighed.items()}


@dataclass(frozen=True)
class _Stack:
    """Events of several variations, one after the other; bounds[k] to bounds[k + 1] is one."""

    variations: tuple[str, ...]
    bounds: tuple[int, ...]
    content: _Nominal

    def rows_of(self, rows: Any) -> Iterator[tuple[str, slice]]:
        """For sorted positions in the stack: each variation and the slice that is its own."""
        edges = np.searchsorted(rows, self.bounds)
        for variation, low, high in zip(self.variations, edges[:-1], edges[1:], strict=True):
            yield variation, slice(int(low), int(high))


def process_block(
    plan: Plan,
    golden: Golden | None,
    variations: Sequence[str],
    first: Any,
    read_rest: Callable[[int], Any],
) -> BlockResult:
    """Runs the sequence for every variation on the events of a block.

    `first` has the columns `plan.first_needs` of all n events; `read_rest(m)` gives the columns
    `plan.rest_needs` of the first m of the same events, m being n, or 0 when the skim keeps none.
    """
    generated = _generator_weight(first, plan.context.is_data)
    certified = _certified(first, golden)
    rows = own_rows(plan.pair.dataset, first, certified)
    clamped = clamped_by_corrections(first[rows], plan.first_corrections)
    events = apply_corrections(first[rows], plan.first_corrections, plan.systematics)
    early = {weight.name: (weight, evaluate(weight, events)) for weight in plan.early}
    everything = _Nominal(events, generated[rows], early)
    first_step = run_sequence(plan.steps[:1], events, plan.context, keep_untagged=True).steps[0]
    kept = _skim(plan, events, first_step, variations)
    check_dropped(events, kept, plan.systematics, variations)
    rest = read_rest(len(first) if len(kept) else 0)
    skimmed = _with_rest(everything.take(kept), rest[rows[kept]] if len(kept) else rest)
    skimmed = _corrected(plan, skimmed)
    opening = step_flows(0, first_step, everything.weight, slice(None))
    known = kept_before_cuts(plan, events, everything.initial, early, variations)
    tables, ledgers = {}, {}
    for group in _groups(variations, len(kept)):
        stack = _stacked(plan, skimmed, group)
        for variation, table, ledger in _run_stack(plan, stack):
            tables[variation] = table
            whole = with_opening(ledger, opening, variation == NOMINAL)
            sums = {**known[variation], **ledger.kept}
            ledgers[variation] = whole.model_copy(update={"kept": sums})
    of_all = sums_of(generated, everything.initial, early, events)
    of_all.factors.update(clamped | left_to_others(plan.pair.dataset, certified, rows))
    return BlockResult(of_all, tables, ledgers)


def _generator_weight(events: Any, is_data: bool) -> Array:
    if is_data:
        return np.ones(len(events))
    generated = np.asarray(ak.to_numpy(events[GENERATOR_WEIGHT]), dtype=np.float64)
    check_finite(GENERATOR_WEIGHT, generated, events)
    return generated


def _certified(events: Any, golden: Golden | None) -> npt.NDArray[np.int64]:
    if golden is None:
        return np.arange(len(events))
    run, lumi = (ak.to_numpy(events[name]) for name in ("run", "luminosityBlock"))
    return np.flatnonzero(is_certified(golden, run, lumi))


def _skim(
    plan: Plan, events: Any, first_step: StepResult, variations: Sequence[str]
) -> npt.NDArray[np.int64]:
    """Positions of the events that some variation may keep, or that a sum must count."""
    if 0 in plan.kept_at.values():
        return np.arange(len(events))
    if list(variations) == [NOMINAL]:
        return np.flatnonzero(first_step.masks.any(axis=0))
    if len(plan.steps[0]) > 1 or not _skim_fits(type(plan.steps[0][0])):
        return np.arange(len(events))
    mask = plan.steps[0][0].skim(events, shift_bounds(plan.systematics))
    return np.arange(len(events)) if mask is None else np.flatnonzero(ak.to_numpy(mask))


def _skim_fits(tagger: type) -> bool:
    """Whether the skim was written for the selection: not if a subclass changed only the latter."""
    order = tagger.__mro__
    skim, select = (next(c for c in order if name in vars(c)) for name in ("skim", "select"))
    return order.index(skim) <= order.index(select)


def _with_rest(nominal: _Nominal, rest: Any) -> _Nominal:
    return _Nominal(combine(nominal.events, rest), nominal.initial, nominal.early)


def _corrected(plan: Plan, nominal: _Nominal) -> _Nominal:
    """With the corrections of columns that nothing before the skim looks at."""
    events = apply_corrections(nominal.events, plan.rest_corrections, plan.systematics)
    return _Nominal(events, nominal.initial, nominal.early)


def _groups(variations: Sequence[str], n_events: int) -> Iterator[tuple[str, ...]]:
    """Variations that are stacked together, so that the number of rows stays bounded."""
    size = max(1, _STACK_ROWS // max(1, n_events))
    for start in range(0, len(variations), size):
        yield tuple(variations[start : start + size])


@span("shift")
def _stacked(plan: Plan, nominal: _Nominal, variations: tuple[str, ...]) -> _Stack:
    parts = [_varied(plan, nominal, variation) for variation in variations]
    bounds = np.cumsum([0, *(len(part.initial) for part in parts)])
    if len(parts) == 1:
        return _Stack(variations, tuple(bounds), parts[0])
    early = {
        name: (weight, concatenated([part.early[name][1] for part in parts]))
        for name, (weight, _) in nominal.early.items()
    }
    initial = np.concatenate([part.initial for part in parts])
    events = ak.concatenate([part.events for part in parts])
    return _Stack(variations, tuple(bounds), _Nominal(events, initial, early))


def _varied(plan: Plan, nominal: _Nominal, variation: str) -> _Nominal:
    """One variation of the events; weights that look at what it changes are made again."""
    if variation == NOMINAL:
        return nominal
    source, direction = find_variation(plan.systematics, variation)
    events = apply_variation(nominal.events, source, direction)
    changed = set(source.changes)
    early = {}
    for name, (weight, known) in nominal.early.items():
        again = changed & set(weight_inputs(weight))
        factors = evaluate(weight, events) if again else known
        early[name] = (weight, factors.under(weight.under.get(variation)))
    return _Nominal(events, nominal.initial, early)


def _run_stack(plan: Plan, stack: _Stack) -> Iterator[tuple[str, Table, Ledger]]:
    """The sequence on all variations at once, and what it gives for each."""
    untagged_too = plan.analysis.tag_sequence.keep_untagged
    steps = tuple(plan.kept_at.values())
    result = run_sequence(plan.steps, stack.content.events, plan.context, untagged_too, steps)
    tagged = stack.content.take(result.rows)
    late, kept = _late(plan, result, stack)
    weighed = {**tagged.early, **late}
    columns = output_columns(plan, result, tagged.initial, weighed)
    weight = stack.content.weight
    by_step = [dict(stack.rows_of(step.rows)) for step in result.steps]
    for variation, rows in stack.rows_of(result.rows):
        table = {name: values[rows] for name, values in columns.items()}
        if variation == NOMINAL:
            table |= factor_columns(tagged.initial[rows], _taken(weighed, rows))
        slices = [by_variation[variation] for by_variation in by_step]
        ledger = tally(plan, result, slices, (table, weight))
        yield variation, table, ledger.model_copy(update={"kept": kept.get(variation, {})})


def _late(
    plan: Plan, result: SequenceResult, stack: _Stack
) -> tuple[Weighed, dict[str, dict[str, Counter]]]:
    """Weights that need what the taggers made, 1 outside the tags they are restricted to.

    Of those that preserve sums also these, per variation.
    """
    found: Weighed = {}
    kept: dict[str, dict[str, Counter]] = {}
    for weight in plan.late:
        if weight.preserved is not None:
            step = result.steps[plan.kept_at[weight.name]]
            factors, sums = _preserving(weight, step, stack)
            factors = factors.take(np.searchsorted(step.rows, result.rows))
            for variation, of_variation in sums.items():
                kept.setdefault(variation, {}).update(of_variation)
        else:
            rows = stack.rows_of(result.rows)
            factors = _under(weight, evaluate(weight, result.events), rows)
        if weight.modifies_taggers:
            positions = [plan.tags.index(tag) for tag in weight.modifies_taggers]
            factors = factors.where(np.isin(result.tag_idx, positions))
        found[weight.name] = (weight, factors)
    return found, kept


def _preserving(
    weight: WeightSystematic, step: StepResult, stack: _Stack
) -> tuple[Factors, dict[str, dict[str, Counter]]]:
    """The factors of all events that reach a step, and the sums over them."""
    rows = tuple(stack.rows_of(step.rows))
    factors = _under(weight, evaluate(weight, step.events), rows)
    content = (step.events, stack.content.initial[step.rows], factors)
    return factors, kept_at_step(weight, content, rows)


def _under(
    weight: WeightSystematic, factors: Factors, rows: Iterable[tuple[str, slice]]
) -> Factors:
    """With the central factor that each variation of a stack asks for."""
    if not weight.under or factors.central is None:
        return factors
    central = np.array(factors.central)
    for variation, of_variation in rows:
        if variation in weight.under:
            central[of_variation] = factors.directions[weight.under[variation]][of_variation]
    return Factors(central, factors.directions, factors.notes)
