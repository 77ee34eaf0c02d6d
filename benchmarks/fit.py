"""The model of a cost: a part that is always there, and a part for each of n."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Mapping


class Line(Noun):
    """cost = fixed + each * n.

    Attributes:
        fixed: seconds.
        each: seconds for one more.
        largest_residual: of a point, relative to what was measured there; a cost that grows faster
            than n shows here.
    """

    fixed: float
    each: float
    largest_residual: float


def fit(points: Mapping[int, float]) -> Line:
    """The line through the points, each weighted by its own size, since they span decades."""
    n, cost = (np.array(values, dtype=float) for values in zip(*points.items(), strict=True))
    each, fixed = np.polyfit(n, cost, 1, w=1 / cost)
    residual = np.abs(fixed + each * n - cost) / cost
    return Line(fixed=float(fixed), each=float(each), largest_residual=float(residual.max()))
