"""What is seen of years: luminosities in other units, and lumisections of one in another.

Years may be eras that one golden JSON certifies together; they never share a lumisection.
"""

from __future__ import annotations

import functools
import operator
from itertools import combinations
from typing import TYPE_CHECKING

from higgsflow.events.lumisections import Lumisections, from_cms, shortened
from higgsflow.model.quantities import LHC_DELIVERS
from higgsflow.report.content import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from higgsflow.records.lumi_coverage import YearCoverage
    from higgsflow.report.content import SampleSummary


def about_years(samples: Sequence[SampleSummary]) -> Iterator[Finding]:
    """Lumisections that were processed in two years of one process of data.

    Primary datasets of one year share them, years never do.
    """
    for process, of_years in _processed(samples).items():
        for one, other in combinations(of_years, 2):
            shared = of_years[one] & of_years[other]
            if shared.n:
                text = (
                    f"{shared.n} lumisections are in {one} and in {other}, whose sum counts their "
                    f"events twice: {shortened(shared.cms, 3)}"
                )
                yield Finding(kind="counted twice", where=process, text=text, severity="error")


def about_luminosities(samples: Sequence[SampleSummary]) -> Iterator[Finding]:
    """Years whose luminosity looks as if it were in inverse picobarns."""
    years = {sample.year: sample.normalization.luminosity for sample in samples}
    for year, luminosity in years.items():
        if luminosity > LHC_DELIVERS:
            what = f"{luminosity:g} fb^-1, more than the LHC will have"
            text = f"{what}: is it in pb^-1? Then say {luminosity / 1000:g}"
            yield Finding(kind="luminosity", where=year, text=text, severity="warning")


def eras_of_one_golden(
    years: Mapping[str, YearCoverage],
) -> dict[tuple[str, ...], tuple[int, int]]:
    """Years with the same certified lumisections: how many they processed together, and of those.

    Each by itself can have a part of them only.
    """
    found: dict[object, dict[str, Lumisections]] = {}
    for year, one in years.items():
        processed = from_cms(one.processed)
        certified = processed | from_cms(one.missing)
        if certified.n and certified.n == one.n_certified:
            found.setdefault(certified.ranges, {})[year] = processed
    return {
        tuple(of_years): (
            functools.reduce(operator.or_, of_years.values()).n,
            years[next(iter(of_years))].n_certified or 0,
        )
        for of_years in found.values()
        if len(of_years) > 1
    }


def _processed(samples: Sequence[SampleSummary]) -> dict[str, dict[str, Lumisections]]:
    """Those of each process of data, by year."""
    parts: dict[str, dict[str, list[Lumisections]]] = {}
    for sample in samples:
        if sample.lumisections is not None:
            found = from_cms(sample.lumisections.processed)
            parts.setdefault(sample.process, {}).setdefault(sample.year, []).append(found)
    return {
        process: {year: functools.reduce(operator.or_, found) for year, found in of_years.items()}
        for process, of_years in parts.items()
    }
