"""The summary of a sample and year: every number that is reported, once, from merged counters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from higgsflow.model.systematic import NOMINAL
from higgsflow.records.generator_bins import GeneratorBin, generator_bins
from higgsflow.records.ledger import Ledger
from higgsflow.report.content import FileSummary, SampleSummary
from higgsflow.report.effects import effects
from higgsflow.report.job_summary import summarize_jobs
from higgsflow.report.variation_summary import interval_of, summarize_all, summarize_events
from higgsflow.taggers.base import CANDIDATE_IDX
from higgsflow.yields import rescaled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from higgsflow.model.sample import SampleYear
    from higgsflow.model.systematic import Systematics
    from higgsflow.normalization import Denominator, Normalization
    from higgsflow.output.manifest import Manifest
    from higgsflow.records.job_record import RangeSums
    from higgsflow.records.sample_jobs import SampleJobs
    from higgsflow.report.variation_content import VariationSummary


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
            summarize = summarize_all if is_nominal else summarize_events
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
        interval=interval_of(n_selected, n_read),
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
