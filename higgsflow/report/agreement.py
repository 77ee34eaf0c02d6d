"""Efficiencies of data and simulation that are far apart.

Expected are all simulated samples together, each with its scale, in the years that have both. This
says something only where simulation models what data hold: with a background among the samples,
and after the first step, since before it data have what triggers took and nobody simulates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgsflow.report import aggregates
from higgsflow.report.content import Finding
from higgsflow.report.formatting import percent
from higgsflow.selection.cutflow import Counter, weighted_efficiency

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.model.reporting import Sentinels
    from higgsflow.report.content import SampleSummary, Summary
    from higgsflow.report.variation_content import FlowSummary


@dataclass(frozen=True)
class _Step:
    """One cut of one group."""

    step: int
    tagger: str
    group: str
    cut: str


Counts = dict[_Step, tuple[Counter, Counter]]


def disagreements(summary: Summary, limits: Sentinels) -> tuple[Finding, ...]:
    """One finding for each cut that data and simulation pass differently; none when blinded."""
    chosen = _comparable(summary)
    data = _counts([s for s in chosen if s.kind == "data"])
    simulated = _counts([s for s in chosen if s.kind != "data"])
    found: dict[tuple[object, ...], Finding] = {}
    for step in data:
        if step in simulated:
            finding = _compared(step, data[step], simulated[step], limits)
            if finding is not None:
                # taggers that share their objects share the numbers
                found.setdefault((step.group, step.cut, finding.text), finding)
    return tuple(found.values())


def _comparable(summary: Summary) -> list[SampleSummary]:
    """Samples of the years in which simulation models data."""
    if summary.blinded is not None:
        return []
    data = [s for s in summary.samples if s.kind == "data" and s.process not in summary.kept_apart]
    added = [*aggregates.added_simulation(summary), *data]
    years = {s.year for s in data}
    background = {s.year for s in added if s.kind != "data" and not s.signal}
    return [s for s in added if s.year in years & background]


def _counts(samples: Sequence[SampleSummary]) -> Counts:
    """Before and after each cut, scaled and added over samples and years."""
    found: Counts = {}
    for sample in samples:
        known = aggregates.nominal(sample)
        flows = known.flows if known is not None else ()
        last = max((flow.step for flow in flows), default=0)
        for flow in flows:
            if flow.step > 0 or last == 0:
                for cut, pair in _cuts(flow):
                    step = _Step(flow.step, flow.tagger, flow.group, cut)
                    before, after = found.get(step, (Counter(), Counter()))
                    scaled = [_scaled(one, sample.normalization.scale) for one in pair]
                    found[step] = (before + scaled[0], after + scaled[1])
    return found


def _cuts(flow: FlowSummary) -> Iterator[tuple[str, tuple[Counter, Counter]]]:
    before = flow.total
    for cut in flow.cuts:
        yield cut.name, (before, cut.prefix)
        before = cut.prefix


def _scaled(one: Counter, scale: float) -> Counter:
    return Counter(n=one.n, sumw=one.sumw * scale, sumw2=one.sumw2 * scale**2)


def _compared(
    step: _Step,
    data: tuple[Counter, Counter],
    simulated: tuple[Counter, Counter],
    limits: Sentinels,
) -> Finding | None:
    observed, error = weighted_efficiency(data[1], data[0])
    expected, spread = weighted_efficiency(simulated[1], simulated[0])
    if observed is None or expected is None or error is None or spread is None or expected <= 0:
        return None
    deviation, sigma = observed / expected - 1, math.hypot(error, spread)
    if abs(deviation) <= limits.efficiency_difference or sigma == 0:
        return None
    significance = abs(observed - expected) / sigma
    if significance <= limits.significance:
        return None
    text = (
        f"{step.group}, {step.cut}: data {percent(observed)}, simulation {percent(expected)}, "
        f"{significance:.1f} standard deviations"
    )
    return Finding(kind="data and simulation", where=step.tagger, text=text, severity="warning")
