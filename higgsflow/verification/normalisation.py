"""D and scale1fb once more, from the records of the jobs and the catalogue."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from higgsflow.model.sample import SimulatedSample, for_year
from higgsflow.verification.intervals import is_whole

if TYPE_CHECKING:
    from higgsflow.events.index import SampleIndex
    from higgsflow.model.sample import SampleYear
    from higgsflow.verification.intervals import Intervals


def denominator_of(index: SampleIndex, intervals: Intervals) -> float:
    """The sum of weights D: S_read of whole and partial files, genEventSumw of skims."""
    terms = []
    for file in index.files:
        if file.kind == "skim":
            if file.runs is not None and is_whole(file, intervals) and file.uuid in intervals:
                terms.append(file.runs.sumw)
        else:
            parts = intervals.get(file.uuid, ())
            terms.extend(term for part in parts for term in part.terms_of_g)
    return math.fsum(terms)


def scale1fb_of(pair: SampleYear, denominator: float) -> float:
    """Xs [pb] * bf * filter_efficiency * k_factor * 1000 / D, or what the catalogue gives [fb]."""
    sample, year = pair.sample, pair.year
    assert isinstance(sample, SimulatedSample)
    if sample.scale1fb is not None:
        return for_year(sample.scale1fb, year, "scale1fb")
    factors = (sample.xs, sample.bf, sample.filter_efficiency, sample.k_factor)
    return math.prod(for_year(f, year, "the catalogue") for f in factors) * 1000 / denominator
