"""Mean and standard deviation that merge exactly.

Source: T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for
computing sample variances", 1979. The weighted sums are kept around the unweighted mean, so that
they merge also where weights cancel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from higgsflow.model.noun import Noun


class Moments(Noun):
    """Moments of one column over the entries where it is defined (finite).

    Attributes:
        n, mean, m2: number, mean, and sum of squared deviations from it.
        min, max: None when there are no entries.
        sumw, sumwd, sumwd2: sums of w, w (x - mean) and w (x - mean)^2.
    """

    n: int = 0
    mean: float = 0.0
    m2: float = 0.0
    min: float | None = None
    max: float | None = None
    sumw: float = 0.0
    sumwd: float = 0.0
    sumwd2: float = 0.0

    def __add__(self, other: Moments) -> Moments:
        if other.n == 0:
            return self
        if self.n == 0:
            return other
        n, shift = self.n + other.n, other.mean - self.mean
        mean = self.mean + shift * other.n / n
        lows = [v for v in (self.min, other.min) if v is not None]
        highs = [v for v in (self.max, other.max) if v is not None]
        a, b = self._around(mean), other._around(mean)
        # a merge of what is valid is valid, and a sample merges millions of them
        return Moments.model_construct(
            n=n,
            mean=mean,
            m2=self.m2 + other.m2 + shift**2 * self.n * other.n / n,
            min=min(lows),
            max=max(highs),
            sumw=self.sumw + other.sumw,
            sumwd=a[0] + b[0],
            sumwd2=a[1] + b[1],
        )

    def _around(self, center: float) -> tuple[float, float]:
        """The weighted sums around another center."""
        d = self.mean - center
        return self.sumwd + d * self.sumw, self.sumwd2 + 2 * d * self.sumwd + d**2 * self.sumw

    @property
    def std(self) -> float | None:
        """Standard deviation, sqrt(M2 / n); None without entries."""
        return math.sqrt(self.m2 / self.n) if self.n else None

    @property
    def weighted_mean(self) -> float | None:
        """Mean with weights; None where their sum is zero."""
        return self.mean + self.sumwd / self.sumw if self.sumw else None

    @property
    def weighted_std(self) -> float | None:
        """Standard deviation with weights; None where their sum or M2 is not positive."""
        if self.sumw <= 0:
            return None
        m2 = self.sumwd2 - self.sumwd**2 / self.sumw
        return math.sqrt(m2 / self.sumw) if m2 > 0 else None


def measure(values: Any, weight: npt.NDArray[np.float64]) -> Moments:
    """Moments of a column; values that are not finite (no such object) are left out."""
    x, w = np.asarray(values, dtype=np.float64), weight
    defined = np.isfinite(x)
    if not defined.all():
        x, w = x[defined], w[defined]
    if len(x) == 0:
        return Moments()
    mean = float(x.mean())
    d = x - mean
    d2 = np.square(d)
    return Moments.model_construct(
        n=len(x),
        mean=mean,
        m2=float(d2.sum()),
        min=float(x.min()),
        max=float(x.max()),
        sumw=float(w.sum()),
        sumwd=float((w * d).sum()),
        sumwd2=float((w * d2).sum()),
    )
