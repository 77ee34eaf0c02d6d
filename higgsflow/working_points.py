"""Factors of objects at a working point, from scale factor and efficiency.

An event is as likely in data as in simulation with factors SF for objects that pass, and
(1 - SF eff) / (1 - eff) for those that do not. The weight is their product over the objects.

Source: method 1a of the CMS group for b-tagging; JINST 13 (2018) P05011, section 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from higgsflow.corrections.evaluate import evaluate_each
from higgsflow.errors import WeightError
from higgsflow.model.source import CENTRAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.corrections.evaluate import Source
    from higgsflow.model.working_point import WorkingPoint

Array = npt.NDArray[np.float64]


def at_working_point(
    point: WorkingPoint, scale_factors: Mapping[str, Array], source: Source, owner: str
) -> dict[str, Array]:
    """Per direction the factor of each object, given its scale factor.

    Not finite for objects of an efficiency of 1 that fail, which cannot be.

    Raises:
        WeightError: for an efficiency that is none.
    """
    # as an efficiency, what is not a number passes no cut
    passes = source.column(point.column) >= float(point.threshold)  # type: ignore[arg-type]
    efficiency = _efficiency(point, source, owner)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            direction: np.where(passes, factor, (1 - factor * efficiency) / (1 - efficiency))
            for direction, factor in scale_factors.items()
        }


def _efficiency(point: WorkingPoint, source: Source, owner: str) -> Array:
    found = evaluate_each(point.efficiency, CENTRAL, source, f"efficiency of {owner}")
    if ((found < 0) | (found > 1)).any():
        raise WeightError(
            f"the efficiency of '{owner}' is from {found.min():.6g} to {found.max():.6g}",
            str(point.efficiency.file),
            "give a map of fractions, which are 0 to 1",
        )
    return found
