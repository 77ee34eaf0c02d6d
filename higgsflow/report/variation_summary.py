"""The summary of one variation of a sample and year: its ledger as numbers that are reported."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

from higgsflow.model.systematic import CENTRAL
from higgsflow.records.chosen_moments import chosen
from higgsflow.records.moments import numbers_of
from higgsflow.report.as_written import as_written
from higgsflow.report.flows_of_events import flows_of_events
from higgsflow.report.intervals import clopper_pearson
from higgsflow.report.variation_content import (
    CutSummary,
    Efficiency,
    FlowSummary,
    Interval,
    MomentsSummary,
    VariationSummary,
    Yield,
)
from higgsflow.selection.cutflow import Counter, efficiency, weighted_efficiency
from higgsflow.weight_columns import is_whole_weight

if TYPE_CHECKING:
    from higgsflow.records.ledger import Ledger, StepFlow
    from higgsflow.records.moments import Moments


def summarize_all(ledger: Ledger, scale: float, n_certified: int) -> VariationSummary:
    """All that the ledger of a variation holds, as of the nominal one.

    Args:
        ledger: counters of all jobs, with weights as jobs wrote them.
        scale: what weights are multiplied with, scale1fb times luminosity.
        n_certified: events that efficiencies of tags are of.
    """
    first = ledger.flows[0].flow.total if ledger.flows else Counter()
    # where the first group counts objects, the sum of weights of all events is not known
    everything = first if first.n == n_certified else Counter(n=n_certified)
    return VariationSummary(
        flows=tuple(_flow(flow) for flow in ledger.flows),
        before={tag: counter.n for tag, counter in ledger.before.items()},
        after={tag: counter.n for tag, counter in ledger.after.items()},
        overlap=ledger.overlap,
        yields={tag: _yield(found[CENTRAL], scale) for tag, found in ledger.yields.items()},
        moments={
            tag: {name: _moments(name, found, scale) for name, found in columns.items()}
            for tag, columns in ledger.moments.items()
        },
        efficiencies={
            tag: _efficiency(counter, everything) for tag, counter in ledger.after.items()
        },
        numbers=_numbers(ledger),
    )


def summarize_events(ledger: Ledger, scale: float, n_certified: int) -> VariationSummary:
    """What happened to events; of hundreds of variations all else would fill gigabytes."""
    flows = flows_of_events(ledger.flows)
    short = summarize_all(ledger.changed(flows=flows, moments={}), scale, n_certified)
    return short.changed(flows=as_written(FlowSummary, short.flows), numbers=_numbers(ledger))


def _numbers(ledger: Ledger) -> str:
    """A digest of yields and of moments of variables, not of factors, which only nominal has."""
    known = hashlib.sha256()
    for tag, found in ledger.yields.items():
        central = found[CENTRAL]
        known.update(f"{tag} {central.n} {central.sumw!r} {central.sumw2!r}".encode())
    for tag, columns in ledger.moments.items():
        names = [name for name in columns if not name.startswith("weight_")]
        known.update(f"{tag} {names}".encode())
        known.update(numbers_of(chosen(columns, names)).tobytes())
    return known.hexdigest()[:16]


def interval_of(k: int, n: int) -> Interval | None:
    """The interval of k of n; None where there is nothing, and where events have several rows."""
    return clopper_pearson(k, n) if k <= n else None


def _efficiency(passed: Counter, total: Counter) -> Efficiency:
    weighted, error = weighted_efficiency(passed, total)
    return Efficiency(
        value=efficiency(passed, total),
        interval=interval_of(passed.n, total.n),
        weighted=weighted,
        weighted_error=error,
    )


def _flow(entry: StepFlow) -> FlowSummary:
    flow = entry.flow
    before = (flow.total, *flow.prefix)
    cuts = tuple(
        _cut(name, (flow.alone[i], flow.prefix[i], flow.others[i]), before[i], flow.passed)
        for i, name in enumerate(flow.cuts)
    )
    found = _efficiency(flow.passed, flow.total)
    return FlowSummary(
        step=entry.step,
        tagger=entry.tagger,
        group=entry.group,
        total=flow.total,
        passed=flow.passed,
        efficiency=found.value,
        interval=found.interval,
        weighted=found.weighted,
        weighted_error=found.weighted_error,
        cuts=cuts,
    )


def _cut(
    name: str, counters: tuple[Counter, Counter, Counter], before: Counter, passed: Counter
) -> CutSummary:
    alone, prefix, others = counters
    found = _efficiency(prefix, before)
    return CutSummary(
        name=name,
        alone=alone,
        prefix=prefix,
        others=others,
        efficiency=found.value,
        interval=found.interval,
        weighted=found.weighted,
        weighted_error=found.weighted_error,
        n_minus_1=efficiency(passed, others),
        n_minus_1_interval=interval_of(passed.n, others.n),
    )


def _yield(counter: Counter, scale: float) -> Yield:
    return Yield(
        n=counter.n, value=counter.sumw * scale, error=math.sqrt(counter.sumw2) * abs(scale)
    )


def _moments(column: str, of_jobs: Moments, scale: float) -> MomentsSummary:
    moments = of_jobs.times(scale if is_whole_weight(column) else 1.0, scale)
    return MomentsSummary(
        n=moments.n,
        mean=moments.mean if moments.n else None,
        std=moments.std,
        min=moments.min,
        max=moments.max,
        weighted_mean=moments.weighted_mean,
        weighted_std=moments.weighted_std,
    )
