"""Sums over years and over the samples of a process, and what they say about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.report import aggregates
from higgsflow.report.content import Total
from higgsflow.report.sentinels import find
from higgsflow.report.systematic_rows import effects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from higgsflow.model.reporting import Sentinels
    from higgsflow.report.content import SampleSummary, Summary

ALL = "all"


def concluded(
    summary: Summary, year_groups: Mapping[str, Sequence[str]], limits: Sentinels
) -> Summary:
    """The summary with its totals and findings."""
    update = {"totals": totals(summary, year_groups), "findings": find(summary, limits)}
    return summary.model_copy(update=update)


def totals(summary: Summary, year_groups: Mapping[str, Sequence[str]]) -> tuple[Total, ...]:
    """The sums of each process in each year, each group of years, and in all years."""
    years = aggregates.years(summary)
    wanted = {year: (year,) for year in years} | dict(year_groups) | {ALL: years}
    return tuple(
        total
        for group, members in wanted.items()
        for total in _of_years(summary, group, set(members))
    )


def _of_years(summary: Summary, group: str, years: set[str]) -> list[Total]:
    chosen = tuple(s for s in summary.samples if s.year in years)
    found = aggregates.groups(chosen)
    rows = [aggregates.row(name, some, summary) for name, some in found.items()]
    return [
        Total(
            name=row.name,
            group=group,
            samples=tuple(dict.fromkeys(s.sample for s in found[row.name])),
            years=tuple(dict.fromkeys(s.year for s in found[row.name])),
            complete=row.complete,
            fraction=row.fraction,
            hidden=row.hidden,
            yields=row.yields,
            effects=_effects(found[row.name], summary.tags),
        )
        for row in rows
    ]


def _effects(
    samples: Sequence[SampleSummary], tags: Sequence[str]
) -> dict[str, dict[str, float | None]]:
    found = effects(samples, tags)
    return {"_".join(variation): effect for variation, effect in found.items()}


def rows_of_year_groups(summary: Summary) -> dict[str, tuple[aggregates.Row, ...]]:
    """The yields of each configured group of years, as tables and page show them."""
    plain = {ALL, *aggregates.years(summary)}
    members: dict[str, set[str]] = {}
    for total in summary.totals:
        if total.group not in plain:
            members.setdefault(total.group, set()).update(total.years)
    return {group: aggregates.yield_rows(summary, *years) for group, years in members.items()}
