"""Mean and standard deviation that merge exactly.

Source: T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for
computing sample variances", 1979. The weighted sums are kept around the unweighted mean, so that
they merge also where weights cancel.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


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
        return Moments.trusted(
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
    return next(_measured(x[np.newaxis], w)) if len(x) else Moments()


def measure_all(
    columns: Mapping[str, npt.NDArray[Any]], weight: npt.NDArray[np.float64]
) -> dict[str, Moments]:
    """Moments of several columns of the same entries, at once: what `measure` says of each."""
    table = np.array(list(columns.values()), dtype=np.float64).reshape(len(columns), -1)
    whole = np.isfinite(table).all(axis=1) & (len(weight) > 0)
    together = _measured(table[whole], weight)
    return {
        name: next(together) if is_whole else measure(row, weight)
        for name, row, is_whole in zip(columns, table, np.asarray(whole), strict=True)
    }


def _measured(x: npt.NDArray[np.float64], w: npt.NDArray[np.float64]) -> Iterator[Moments]:
    """Moments of each row of a table of finite numbers, which has columns."""
    mean = x.mean(axis=1)
    d = x - mean[:, np.newaxis]
    d2 = np.square(d)
    numbers = (
        mean, d2.sum(axis=1), x.min(axis=1), x.max(axis=1), (w * d).sum(axis=1),
        (w * d2).sum(axis=1),
    )  # fmt: skip
    n, sumw = len(w), float(w.sum())
    for mean_x, m2, low, high, sumwd, sumwd2 in zip(*(a.tolist() for a in numbers), strict=True):
        yield Moments.trusted(
            n=n, mean=mean_x, m2=m2, min=low, max=high, sumw=sumw, sumwd=sumwd, sumwd2=sumwd2
        )
