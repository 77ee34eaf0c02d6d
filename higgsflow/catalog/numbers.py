"""What the catalogue says of a sample and year in numbers: all that its normalisation needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.ingredients import marked
from higgsflow.model.sample import for_year

if TYPE_CHECKING:
    from higgsflow.ingredients import Ingredients
    from higgsflow.model.sample import SampleYear

_FORMAT = 2  # of what a normalisation says
# what is given for all years, or for each
_NUMBERS = ("xs", "bf", "filter_efficiency", "k_factor", "scale1fb")


def numbers_of(pair: SampleYear) -> Ingredients:
    """The numbers of one sample and year as ingredients of scale1fb; None where there is none."""
    sample = pair.sample
    return {
        **{name: for_year(getattr(sample, name, None), pair.year, name) for name in _NUMBERS},
        "negative_denominator": getattr(sample, "negative_denominator", None),
        "luminosity": pair.era.luminosity,
    }


def ingredients_of_scale1fb(pair: SampleYear, jobs: str) -> Ingredients:
    """What a normalisation is made from: these numbers, and jobs by their digest."""
    return {"format of scale1fb": _FORMAT, "jobs": marked(jobs), **numbers_of(pair)}
