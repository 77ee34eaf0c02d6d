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
# 2^27 numbers of so many bits add up without rounding
_BITS = 26
# beyond it there is no number that cuts others off
_LARGEST = 2.0**990
# of six terms the largest are in front before
_PASSES = 8


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


def exact_sums(places: npt.NDArray[np.integer], values: Array, n: int) -> list[Terms]:
    """The sum of the values at each of n places, as `terms_of` has it."""
    left, where, parts = values, places.astype(np.intp), []
    while largest := float(np.abs(left).max(initial=0.0)):
        if not largest < _LARGEST:
            return [exact_sum(values[where == place]) for place in range(n)]
        # so large that in a sum with it the leading bits of each number are left, and no others
        cut = math.ldexp(1.5, math.frexp(largest)[1] + 52 - _BITS)
        leading = left + cut
        leading -= cut
        parts.append(np.bincount(where, leading, minlength=n).tolist())
        left = left - leading
    return [terms_of(of_place) for of_place in zip(*parts, strict=True)] or [(0.0,)] * n


def add_terms(a: Array, b: Array) -> Array:
    """The sums of two arrays of sums, the terms of each along the last axis.

    The same number of terms is left: where there are three, what lies 2^150 below is lost.
    """
    n = a.shape[-1]
    terms = [of[..., i] for i in range(n) for of in (a, b)]
    # of sums that are not finite the terms are none
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(_PASSES):
            before = terms
            terms = _pass(terms)
            if all(np.array_equal(x, y) for x, y in zip(before, terms, strict=True)):
                break
    return np.stack(terms[:n], axis=-1)


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
        total, took = _two(one, other)
        lost += [took[took != 0], rest]
        values = total
    return float(values[0]), np.concatenate(lost)


def _pass(terms: list[Array]) -> list[Array]:
    """The same numbers with larger ones further in front: sums, and what rounding took from each.

    The last is added to the one before it, their sum to the one before that, and so on.
    """
    *others, total = terms
    lost = []
    for other in reversed(others):
        total, took = _two(other, total)
        lost.append(took)
    return [total, *reversed(lost)]


def _two(one: Array, other: Array) -> tuple[Array, Array]:
    """The sum, and what rounding took from it."""
    total = one + other
    part = total - one
    return total, (one - (total - part)) + (other - part)
