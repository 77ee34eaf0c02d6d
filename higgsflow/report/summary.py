"""The summary of an analysis: every number that is reported, computed once from merged counters."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

from higgsflow.model.systematic import CENTRAL, NOMINAL
from higgsflow.records.chosen_moments import chosen
from higgsflow.records.generator_bins import GeneratorBin, generator_bins
from higgsflow.records.ledger import Ledger
from higgsflow.records.moments import numbers_of
from higgsflow.report.content import FileSummary, JobsSummary, SampleSummary, Summary
from higgsflow.report.effects import effects
from higgsflow.report.flows_of_events import flows_of_events
from higgsflow.report.intervals import clopper_pearson
from higgsflow.report.job_summary import summarize_jobs
from higgsflow.report.variation_content import (
    CutSummary,
    Efficiency,
    FlowSummary,
    Interval,
    MomentsSummary,
    SystematicSummary,
    VariationSummary,
    Yield,
)
from higgsflow.selection.cutflow import Counter, efficiency, weighted_efficiency
from higgsflow.taggers.base import CANDIDATE_IDX
from higgsflow.weights import is_whole_weight
from higgsflow.yields import rescaled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from higgsflow.model.sample import SampleYear
    from higgsflow.model.systematic import Systematics
    from higgsflow.normalization import Denominator, Normalization
    from higgsflow.output.manifest import Manifest
    from higgsflow.records.job_record import RangeSums
    from higgsflow.records.ledger import StepFlow
    from higgsflow.records.moments import Moments
    from higgsflow.records.sample_jobs import SampleJobs

__all__ = [
    "CutSummary",
    "FlowSummary",
    "JobsSummary",
    "MomentsSummary",
    "SampleSummary",
    "Summary",
    "SystematicSummary",
    "VariationSummary",
    "Yield",
    "summarize_sample",
    "total_yield",
]


def summarize_sample(
    pair: SampleYear,
    systematics: Systematics,
    jobs: SampleJobs,
    normalization: Normalization,
    manifests: Mapping[str, Manifest],
) -> SampleSummary:
    """The numbers of one sample and year."""
    n_read = sum(part.stop - part.start for part in jobs.ranges)
    n_certified = sum(part.n_certified for part in jobs.ranges)
    scale, (n_selected, n_candidates) = manifests[NOMINAL].scale, _counted(jobs, manifests[NOMINAL])
    # weights that preserve sums get their ratios at the merge, and yields and moments here
    found = rescaled(jobs.ledgers, systematics, normalization.weight_ratios)
    kept: dict[str, Ledger] = {}
    summarized: dict[str, VariationSummary] = {}
    for variation, ledger in found:
        is_nominal = variation == NOMINAL
        kept[variation] = ledger if is_nominal else Ledger(yields=ledger.yields)
        if variation in manifests:
            summarize = _whole if is_nominal else _of_events
            summarized[variation] = summarize(ledger, scale, n_certified)
    variations = {variation: summarized[variation] for variation in manifests}
    sum_g = _sum_g(jobs.ranges)
    difference, relative = _runs_difference(normalization.denominator)
    return SampleSummary(
        sample=pair.sample.name,
        year=pair.year,
        kind=pair.sample.kind,
        process=pair.sample.process,
        signal=pair.sample.signal,
        alternative=pair.is_alternative,
        n_entries=jobs.completeness.n_indexed,
        n_read=n_read,
        n_certified=n_certified,
        n_selected=n_selected,
        n_candidates=n_candidates,
        efficiency=n_selected / n_read if n_read else None,
        interval=_interval(n_selected, n_read),
        sum_g=sum_g,
        sum_g2=math.fsum(part.sum_g2 for part in jobs.ranges),
        negative_fraction=_negative_fraction(sum_g, jobs.ranges),
        complete=normalization.complete,
        fraction=normalization.fraction,
        files=_files(jobs.ranges),
        lost=tuple((part.url, part.start, part.stop) for part in jobs.lost),
        left_out=tuple((part.url, part.start, part.stop) for part in jobs.left_out),
        losses=jobs.losses,
        normalization=normalization,
        runs_difference=difference,
        runs_difference_relative=relative,
        generator_bins=_generator_bins(jobs),
        factor_sums=jobs.factor_sums,
        factor_means={} if pair.is_data else _means(jobs.factor_sums, sum_g),
        jobs=summarize_jobs(jobs),
        versions=_versions(jobs),
        variations=variations,
        systematics=effects(systematics, kept, variations, scale),
        merged={variation: manifest.path for variation, manifest in manifests.items()},
        lumisections=jobs.lumisections,
    )  # fmt: skip


def _counted(jobs: SampleJobs, nominal: Manifest) -> tuple[int, int | None]:
    """Events that are kept, and candidates where rows are these."""
    if CANDIDATE_IDX not in nominal.columns:
        return nominal.rows, None
    return sum(found.n for found in jobs.ledgers[NOMINAL].after.values()), nominal.rows


def _generator_bins(jobs: SampleJobs) -> dict[str, tuple[GeneratorBin, ...]]:
    return generator_bins(jobs.ledgers[NOMINAL].kept) if NOMINAL in jobs.ledgers else {}


def _sum_g(ranges: Iterable[RangeSums]) -> float:
    return math.fsum(term for part in ranges for term in part.terms_of_g)


def _negative_fraction(sum_g: float, ranges: Sequence[RangeSums]) -> float | None:
    total = math.fsum(part.sum_abs_g for part in ranges)
    return (1 - sum_g / total) / 2 if total else None


def _runs_difference(found: Denominator | None) -> tuple[float | None, float | None]:
    """Sum of weights read minus that of the Runs trees, and the same over the latter."""
    if found is None or found.sum_runs is None:
        return None, None
    difference = found.sum_read - found.sum_runs
    return difference, difference / found.sum_runs if found.sum_runs else None


def _means(sums: Mapping[str, float], sum_g: float) -> dict[str, float]:
    """Means of those that are of factors; other sums have other denominators."""
    if sum_g == 0:
        return {}
    return {
        name: value / sum_g
        for name, value in sums.items()
        if name.startswith("weight_") and name.replace("_", "").isalnum()
    }


def _files(ranges: Sequence[RangeSums]) -> tuple[FileSummary, ...]:
    by_file: dict[str, list[RangeSums]] = {}
    for part in ranges:
        by_file.setdefault(part.uuid, []).append(part)
    return tuple(
        FileSummary(
            url=parts[0].url,
            uuid=uuid,
            ranges=_joined(parts),
            sum_g=_sum_g(parts),
        )
        for uuid, parts in by_file.items()
    )


def _joined(parts: Sequence[RangeSums]) -> tuple[tuple[int, int], ...]:
    """First and end of the ranges, neighbours as one."""
    joined: list[tuple[int, int]] = []
    for start, stop in sorted((part.start, part.stop) for part in parts):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return tuple(joined)


def _versions(jobs: SampleJobs) -> dict[str, tuple[str, ...]]:
    """Of every program the versions, usually one."""
    found: dict[str, set[str]] = {}
    for row in jobs.rows:
        for program, version in row.versions.items():
            found.setdefault(program, set()).add(version)
    return {program: tuple(sorted(versions)) for program, versions in found.items()}


def _of_events(ledger: Ledger, scale: float, n_certified: int) -> VariationSummary:
    """What happened to events; of hundreds of variations all else would fill gigabytes."""
    flows = flows_of_events(ledger.flows)
    short = _whole(ledger.changed(flows=flows, moments={}), scale, n_certified)
    return short.changed(numbers=_numbers(ledger))


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


def _whole(ledger: Ledger, scale: float, n_certified: int) -> VariationSummary:
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


def _interval(k: int, n: int) -> Interval | None:
    """None where there is nothing, and where an event may have several rows."""
    return clopper_pearson(k, n) if k <= n else None


def _efficiency(passed: Counter, total: Counter) -> Efficiency:
    weighted, error = weighted_efficiency(passed, total)
    return Efficiency(
        value=efficiency(passed, total),
        interval=_interval(passed.n, total.n),
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
        n_minus_1_interval=_interval(passed.n, others.n),
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


def total_yield(yields: Sequence[Yield]) -> Yield:
    """The sum of independent yields."""
    return Yield(
        n=sum(y.n for y in yields),
        value=math.fsum(y.value for y in yields),
        error=math.sqrt(math.fsum(y.error**2 for y in yields)),
    )
