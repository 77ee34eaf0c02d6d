"""Intervals of unweighted efficiencies, exact also for few events.

Source: C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the
case of the binomial", 1934. Both limits are quantiles of beta distributions.
"""

from __future__ import annotations

import functools
import math
from statistics import NormalDist

# one standard deviation of a normal distribution
LEVEL = 0.6826894921370859
# beyond this many passing and failing events the closed form is exact to 1e-4 of the width
_MANY = 1_000
_TINY = 1e-300


@functools.lru_cache(maxsize=100_000)
def clopper_pearson(k: int, n: int, level: float = LEVEL) -> tuple[float, float] | None:
    """Central interval of an efficiency of which k of n pass; None where n is 0.

    It covers the truth at least with the probability `level`.
    """
    if n == 0:
        return None
    tail = (1.0 - level) / 2.0
    low = 0.0 if k == 0 else beta_quantile(tail, k, n - k + 1)
    high = 1.0 if k == n else 1.0 - beta_quantile(tail, n - k, k + 1)
    return low, high


def beta_quantile(p: float, a: float, b: float) -> float:
    """The x below which a beta distribution of a, b >= 1 has the probability p, 0 < p < 1."""
    x = _near_quantile(p, a, b)
    if min(a, b) > _MANY:
        return x
    low, high = 0.0, 1.0
    for _ in range(200):
        excess = incomplete_beta(x, a, b) - p
        low, high = (low, x) if excess > 0 else (x, high)
        step = excess / max(math.exp(_log_density(x, a, b)), _TINY)
        # outside of what is known already Newton is lost, and halving is not
        before, x = x, x - step if low < x - step < high else (low + high) / 2
        # a step of Newton squares the error
        if abs(x - before) <= 1e-8 * before:
            break
    return x


def _near_quantile(p: float, a: float, b: float) -> float:
    """Abramowitz and Stegun 26.5.22, which is close for large a and b."""
    y = NormalDist().inv_cdf(1.0 - p)
    one, other = 1.0 / (2 * a - 1), 1.0 / (2 * b - 1)
    h, part = 2.0 / (one + other), (y * y - 3) / 6
    w = y * math.sqrt(max(h + part, 0.0)) / h - (other - one) * (part + 5 / 6 - 2 / (3 * h))
    x = a / (a + b * math.exp(min(2 * w, 600.0)))
    return min(max(x, 1e-15), 1.0 - 1e-15)


def _log_density(x: float, a: float, b: float) -> float:
    norm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return norm + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b) of a, b >= 1."""
    if not 0.0 < x < 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1) / (a + b + 2):
        # the fraction converges fast on the other side only
        return 1.0 - incomplete_beta(1.0 - x, b, a)
    front = math.exp(_log_density(x, a, b)) * x * (1.0 - x) / a
    return front * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction 1 / (1 + d1 / (1 + d2 / (1 + ...))), forwards (Lentz)."""
    value, upper, lower = 1.0, 1.0, 0.0
    for i in range(1, 200_000):
        m = i // 2
        if i % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        upper = 1.0 + term / (upper or _TINY)
        lower = 1.0 / ((1.0 + term * lower) or _TINY)
        value *= upper * lower
        if abs(upper * lower - 1.0) < 1e-14:
            break
    return 1.0 / value
