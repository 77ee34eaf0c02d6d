"""Sums that come out the same to the last bit, however the numbers are cut and ordered.

A sum is kept as a few numbers that together are exact. Source: Knuth, The Art of Computer
Programming 2, 4.2.2, theorem B, for what rounding takes from the sum of two numbers; Shewchuk,
Adaptive precision floating-point arithmetic, 1997.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

Array = npt.NDArray[np.float64]
Terms = tuple[float, ...]

# numbers that are added one by one
_FEW = 32


def exact_sum(values: Array) -> Terms:
    """The sum of n numbers, as `terms_of` has it."""
    terms: list[float] = []
    # a sum that is not finite is one term that is not
    with np.errstate(over="ignore", invalid="ignore"):
        if not np.isfinite(values).all():
            return (float(values.sum()),)
        while len(values) > _FEW:
            total, values = _added(values)
            terms.append(total)
            if not math.isfinite(total):
                return (total,)
    return terms_of([*terms, *values.tolist()])


def terms_of(numbers: Iterable[float]) -> Terms:
    """The exact sum: the nearest number, then the nearest to what is left, until nothing is.

    Only one number, which is not finite, where the sum is not.
    """
    left, terms = list(numbers), list[float]()
    while True:
        try:
            nearest = math.fsum(left)
        except (OverflowError, ValueError):
            return (sum(left),)
        if nearest == 0:
            return tuple(terms) or (0.0,)
        if not math.isfinite(nearest):
            return (nearest,)
        terms.append(nearest)
        left.append(-nearest)


def _added(values: Array) -> tuple[float, Array]:
    """The sum of the numbers, pair by pair, and all that rounding took from it."""
    lost = []
    while len(values) > 1:
        half = len(values) // 2
        one, other, rest = values[:half], values[half : 2 * half], values[2 * half :]
        total = one + other
        part = total - one
        took = (one - (total - part)) + (other - part)
        lost += [took[took != 0], rest]
        values = total
    return float(values[0]), np.concatenate(lost)
