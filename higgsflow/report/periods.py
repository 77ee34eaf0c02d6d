"""The years that pictures show: all together, groups of them, and each alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgsflow.report import aggregates
from higgsflow.report.formatting import percent

if TYPE_CHECKING:
    from higgsflow.report.content import Summary

ALL = "all years"


@dataclass(frozen=True)
class Period:
    """Years that are drawn together.

    Attributes:
        years: their indices among those of the summary.
        caption: what a picture says of them, since it travels without its page.
        luminosity: integrated, of all of them [fb^-1].
    """

    name: str
    years: tuple[int, ...]
    caption: str
    luminosity: float

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self.name == ALL


def periods(summary: Summary) -> tuple[Period, ...]:
    """All years, groups of years as configured, and each year where there are several."""
    years = aggregates.years(summary)
    found = {ALL: years, **_groups(summary, years)}
    if len(years) > 1:
        found |= {year: (year,) for year in years}
    return tuple(_period(summary, name, members) for name, members in found.items())


def _groups(summary: Summary, years: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The configured groups, which only the totals know."""
    members: dict[str, set[str]] = {}
    for total in summary.totals:
        if total.group not in ("all", *years):
            members.setdefault(total.group, set()).update(total.years)
    return {name: tuple(y for y in years if y in found) for name, found in members.items()}


def _period(summary: Summary, name: str, members: tuple[str, ...]) -> Period:
    chosen = tuple(s for s in summary.samples if s.year in members)
    luminosity = aggregates.luminosity(summary.model_copy(update={"samples": chosen}))
    named = ", ".join(members) if len(members) <= 3 else f"{len(members)} years"
    caption = f"{named}, {luminosity:.4g} /fb"
    if not aggregates.is_complete(chosen):
        caption = f"INCOMPLETE ({percent(aggregates.processed(chosen))}), {caption}"
    years = aggregates.years(summary)
    return Period(
        name=name,
        years=tuple(years.index(year) for year in members),
        caption=caption,
        luminosity=luminosity,
    )
