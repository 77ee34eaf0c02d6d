"""Mean and standard deviation that merge exactly.

Source: T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for
computing sample variances", 1979. The weighted sums are kept around the unweighted mean, so that
they merge also where weights cancel.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.compiled.choice import compiled
from higgsflow.model.noun import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

# squares of larger ones, such as the largest number of all for what is not there, cannot be added
LARGEST = 1e100


class Moments(Frozen):
    """Moments of one column over the entries where it is defined: a number of at most 1e100.

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
            # as numpy squares: pow may differ from it in the last bit
            m2=self.m2 + other.m2 + (shift * shift) * self.n * other.n / n,
            min=min(lows),
            max=max(highs),
            sumw=self.sumw + other.sumw,
            sumwd=a[0] + b[0],
            sumwd2=a[1] + b[1],
        )

    def _around(self, center: float) -> tuple[float, float]:
        """The weighted sums around another center."""
        d = self.mean - center
        return self.sumwd + d * self.sumw, self.sumwd2 + 2 * d * self.sumwd + d * d * self.sumw

    def times(self, factor: float, weight: float) -> Moments:
        """The moments of the column times a factor, with weights times another number."""
        ends = sorted(factor * end for end in (self.min, self.max) if end is not None)
        low, high = ends or (None, None)
        squared = factor * factor
        return Moments.trusted(
            n=self.n,
            mean=factor * self.mean,
            m2=squared * self.m2,
            min=low,
            max=high,
            sumw=weight * self.sumw,
            sumwd=weight * factor * self.sumwd,
            sumwd2=weight * squared * self.sumwd2,
        )

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


_NOTHING = Moments()
_FIELDS = tuple(Moments.model_fields)
_OF_MOMENTS = attrgetter(*_FIELDS)
_MIN, _MAX = _FIELDS.index("min"), _FIELDS.index("max")
_ENDS = slice(_MIN, _MAX + 1)


class MeasuredColumns(Mapping[str, Moments]):
    """Moments of columns as rows of numbers, each an object when somebody looks at it.

    Nobody looks at those of most variations: they go into a record as they are.

    Attributes:
        numbers: the fields of `Moments` of each column; NaN for None.
    """

    def __init__(self, names: tuple[str, ...], numbers: Array) -> None:
        self._names, self.numbers = names, numbers

    @functools.cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self._names)}

    def __getitem__(self, name: str) -> Moments:
        return _moments(*self.numbers[self._places[name]].tolist())

    def __contains__(self, name: object) -> bool:
        # without making what nobody looks at
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __add__(self, other: MeasuredColumns) -> MeasuredColumns:
        """The sum with moments of the same columns, in the same order."""
        return MeasuredColumns(self._names, add_numbers(self.numbers, other.numbers))

    def called(self, ending: str) -> MeasuredColumns:
        """The same under names with an ending."""
        return MeasuredColumns(tuple(name + ending for name in self._names), self.numbers)


def joined(parts: Sequence[MeasuredColumns]) -> MeasuredColumns:
    """Moments of columns of different names as one."""
    names = tuple(chain.from_iterable(parts))
    return MeasuredColumns(names, np.concatenate([part.numbers for part in parts]))


def numbers_of(columns: Mapping[str, Moments]) -> Array:
    """The fields of `Moments` of each column; what has no entries has no least one, but NaN."""
    if isinstance(columns, MeasuredColumns):
        return columns.numbers
    # numpy makes NaN of None
    rows = np.array([_OF_MOMENTS(found) for found in columns.values()], dtype=np.float64)
    return rows.reshape(len(columns), len(_FIELDS))


def add_numbers(a: Array, b: Array) -> Array:
    """The fields of many moments, along the second axis, as `Moments` adds them."""
    n_a, mean_a, m2_a, _, _, w_a, wd_a, wd2_a = a.swapaxes(0, 1)
    n_b, mean_b, m2_b, _, _, w_b, wd_b, wd2_b = b.swapaxes(0, 1)
    n, shift = n_a + n_b, mean_b - mean_a
    counted = np.maximum(n, 1)
    mean = mean_a + shift * n_b / counted
    d_a, d_b = mean_a - mean, mean_b - mean
    total = np.empty_like(a)
    total[:, 0], total[:, 1], total[:, 5] = n, mean, w_a + w_b
    total[:, 2] = m2_a + m2_b + shift**2 * n_a * n_b / counted
    total[:, _MIN] = np.fmin(a[:, _MIN], b[:, _MIN])
    total[:, _MAX] = np.fmax(a[:, _MAX], b[:, _MAX])
    total[:, 6] = (wd_a + d_a * w_a) + (wd_b + d_b * w_b)
    total[:, 7] = (wd2_a + 2 * d_a * wd_a + d_a**2 * w_a) + (wd2_b + 2 * d_b * wd_b + d_b**2 * w_b)
    # adding nothing changes nothing, not even by rounding
    np.copyto(total, b, where=(n_a == 0)[:, None])
    np.copyto(total, a, where=(n_b == 0)[:, None])
    return total


def measure(values: Any, weight: Array) -> Moments:
    """Moments of a column; values that are no numbers, or too large, are left out."""
    columns = {"": np.asarray(values, dtype=np.float64)}
    return measure_all(columns, weight, {"": np.arange(len(weight))})[""][""]


def measure_all(
    columns: Mapping[str, npt.NDArray[Any]], weight: Array, groups: Mapping[str, Index]
) -> dict[str, MeasuredColumns]:
    """Moments of several columns of the same entries at once, of some rows by group."""
    numbers = _numbers(list(columns.values()), weight, list(groups.values()))
    np.copyto(numbers[..., _ENDS], np.nan, where=numbers[..., :1] == 0)
    names = tuple(columns)
    return {group: MeasuredColumns(names, of) for group, of in zip(groups, numbers, strict=True)}


def _moments(n: float, *others: float) -> Moments:
    if not n:
        return _NOTHING
    mean, m2, low, high, sumw, sumwd, sumwd2 = others
    return Moments.trusted(
        n=int(n), mean=mean, m2=m2, min=low, max=high, sumw=sumw, sumwd=sumwd, sumwd2=sumwd2
    )


@compiled("moments.of_columns")
def _numbers(columns: Sequence[npt.NDArray[Any]], weight: Array, groups: Sequence[Index]) -> Array:
    """The fields of `Moments` of each group and column; only zeros where nothing is defined."""
    found = np.empty((len(groups), len(columns), len(_FIELDS)))
    for number, rows in enumerate(groups):
        table = np.array([values[rows] for values in columns], dtype=np.float64)
        found[number] = _of_table(table.reshape(len(columns), len(rows)), weight[rows])
    return found


def _of_table(table: Array, w: Array) -> Array:
    defined = np.abs(table) <= LARGEST
    whole = defined.all(axis=1)
    found = np.empty((len(table), len(_FIELDS)))
    found[whole] = _of_defined(table[whole], w)
    for row in np.flatnonzero(~whole):
        found[row] = _of_defined(table[[row]][:, defined[row]], w[defined[row]])
    return found


def _of_defined(x: Array, w: Array) -> Array:
    """Of each row of a table of numbers that all count."""
    if not len(w):
        return np.zeros((len(x), len(_FIELDS)))
    mean = x.mean(axis=1)
    d = x - mean[:, np.newaxis]
    d2 = np.square(d)
    n, sumw = (np.full(len(x), value) for value in (len(w), w.sum()))
    return np.stack(
        [n, mean, d2.sum(axis=1), x.min(axis=1), x.max(axis=1), sumw, (w * d).sum(axis=1),
         (w * d2).sum(axis=1)],
        axis=1,
    )  # fmt: skip
