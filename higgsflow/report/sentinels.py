"""Sentinels: what a reader of the numbers should look at, found in the numbers themselves.

Nothing here looks at selected data of a blinded analysis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.report import aggregates
from higgsflow.report.agreement import disagreements
from higgsflow.report.content import Finding
from higgsflow.report.correction_sentinels import about_corrections
from higgsflow.report.file_sentinels import about_shared_files
from higgsflow.report.flow_sentinels import about_flows
from higgsflow.report.formatting import percent_processed, processed, several
from higgsflow.report.loss_sentinels import about_losses
from higgsflow.report.ratio_sentinels import about_ratios
from higgsflow.report.systematic_sentinels import about_systematics
from higgsflow.report.year_sentinels import about_luminosities, about_years, eras_of_one_golden

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.model.reporting import Sentinels
    from higgsflow.report.content import SampleSummary, Summary

_RANK = {"error": 0, "warning": 1, "note": 2}


def find(summary: Summary, limits: Sentinels) -> tuple[Finding, ...]:
    """All findings, the worst first."""
    found = [
        *(one for sample in summary.samples for one in _of_sample(sample, limits)),
        *about_systematics(aggregates.simulation(summary), summary.tags, limits),
        *about_corrections(summary.samples),
        *about_ratios(summary.samples, limits),
        *_empty_tags(summary),
        *about_flows([s for s in summary.samples if not aggregates.is_hidden(summary, s)]),
        *disagreements(summary, limits),
        *_lumi(summary, limits),
        *about_luminosities(summary.samples),
        *about_years(summary.samples),
        *about_shared_files(summary.samples),
        *_left_over(summary),
    ]
    return tuple(sorted(found, key=_rank))


def _rank(finding: Finding) -> int:
    return _RANK[finding.severity]


def _of_sample(sample: SampleSummary, limits: Sentinels) -> Iterator[Finding]:
    if not sample.complete:
        lost = several(len(sample.lost), "range")
        text = f"{processed(sample.fraction)} of the entries count, {lost} lost"
        if sample.left_out:
            text += f", and {len(sample.left_out)} left out with them: a skim counts whole or not"
        severity = "error" if sample.kind == "data" else "warning"
        yield Finding(
            kind="incomplete", where=aggregates.label(sample), text=text, severity=severity
        )
        yield from about_losses(sample, aggregates.label(sample), limits)
    if sample.kind != "data":
        yield from _runs(sample, limits)
        yield from _negative(sample, limits)


def _runs(sample: SampleSummary, limits: Sentinels) -> Iterator[Finding]:
    """Only of whole files that were all read are both sums about the same events."""
    found, relative = sample.normalization.denominator, sample.runs_difference_relative
    if found is not None and found.mode == "whole" and found.sum_runs is None:
        # a skim or a part of a sample would look the same
        text = "files without sums in a Runs tree are taken as whole: D is the sum of what was read"
        yield Finding(
            kind="sum of weights", where=aggregates.label(sample), text=text, severity="note"
        )
    if found is None or relative is None or not sample.complete or found.mode != "whole":
        return
    if abs(relative) > limits.runs_difference:
        text = f"sum of weights read is {relative:+.2g} (relative) off that of the Runs trees"
        yield Finding(
            kind="sum of weights", where=aggregates.label(sample), text=text, severity="warning"
        )


def _negative(sample: SampleSummary, limits: Sentinels) -> Iterator[Finding]:
    share = sample.negative_fraction
    denominator = sample.normalization.denominator
    if denominator is None or denominator.value < 0:
        return
    if share is not None and share > limits.negative_fraction:
        text = (
            f"{100 * share:.3g} % of the generator weights are negative: its events are worth "
            f"{100 * (1 - 2 * share) ** 2:.2g} % of as many positive ones"
        )
        yield Finding(
            kind="negative weights", where=aggregates.label(sample), text=text, severity="note"
        )
    known, scale = aggregates.nominal(sample), sample.normalization.scale1fb or 0.0
    # of an interference with a negative cross section that is what was declared
    for tag, found in known.yields.items() if known is not None and scale > 0 else ():
        if found.value < 0:
            text = f"the yield in {tag} is negative: {found.value:.3g} from {found.n} events"
            yield Finding(
                kind="negative yield", where=aggregates.label(sample), text=text, severity="warning"
            )


def _empty_tags(summary: Summary) -> Iterator[Finding]:
    shown = [s for s in summary.samples if not aggregates.is_hidden(summary, s)]
    known = [n for n in map(aggregates.nominal, shown) if n is not None]
    for tag in summary.tags if known else ():
        if not any(n.yields[tag].n for n in known if tag in n.yields):
            before = sum(n.before.get(tag, 0) for n in known)
            taken = f": tags before it take all of its {before} events" if before else ""
            text = f"no event of any sample has it{taken}"
            yield Finding(kind="empty tag", where=tag, text=text, severity="warning")


def _left_over(summary: Summary) -> Iterator[Finding]:
    for folder in summary.left_over:
        text = "merged files of a sample and year that this configuration does not have"
        yield Finding(kind="left over", where=folder, text=text, severity="note")


def _lumi(summary: Summary, limits: Sentinels) -> Iterator[Finding]:
    eras = eras_of_one_golden(summary.lumisections)
    cut = {year for years in eras for year in years}
    for years, counts in eras.items():
        yield from _uncovered(", ".join(years), counts, limits)
    # what is said of the only sample of a year need not be said of the year again
    several = [(y, y, one) for y, one in summary.lumisections.items() if len(one.samples) > 1]
    of_samples = [(aggregates.label(s), s.year, s.lumisections) for s in summary.samples]
    for where, year, one in (*several, *of_samples):
        if one is None:
            continue
        if one.n_certified and year not in cut:
            yield from _uncovered(where, (one.n_processed, one.n_certified), limits)
        for note in one.notes:
            yield Finding(kind="luminosity", where=where, text=note, severity="note")


def _uncovered(where: str, counts: tuple[int, int], limits: Sentinels) -> Iterator[Finding]:
    """Of `counts` the first are processed, the second certified."""
    if 100.0 * counts[0] / counts[1] < limits.coverage:
        coverage = percent_processed(counts[0] / counts[1])
        text = f"{counts[0]} of {counts[1]} certified lumisections processed, {coverage:.4g} %"
        yield Finding(kind="luminosity", where=where, text=text, severity="warning")
