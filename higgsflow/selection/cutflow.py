"""Cut flows: additive counters of what each cut lets pass.

Only counters are kept; efficiencies are computed once, from merged counters.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.compiled.choice import compiled
from higgsflow.model.noun import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

Mask = npt.NDArray[np.bool_]
Weight = npt.NDArray[np.float64]
Sums = npt.NDArray[np.float64]
# up to so many cuts there is a place for every combination of them
_DENSE = 12


class Counter(Frozen):
    """How many, their sum of weights and their sum of squared weights."""

    n: int = 0
    sumw: float = 0.0
    sumw2: float = 0.0

    def __add__(self, other: Counter) -> Counter:
        # sums of what is valid are valid, and a sample adds millions of them
        return Counter.trusted(
            n=self.n + other.n, sumw=self.sumw + other.sumw, sumw2=self.sumw2 + other.sumw2
        )


class CutFlow(Frozen):
    """Counters of one group of cuts, for the total and for combinations of cuts.

    Attributes:
        cuts: names in the order in which they are applied; empty when only the end is known.
        total: before any cut.
        passed: after all cuts.
        alone: each cut by itself.
        prefix: each cut together with those before it.
        others: all cuts but this one.
    """

    cuts: tuple[str, ...]
    total: Counter
    passed: Counter
    alone: tuple[Counter, ...] = ()
    prefix: tuple[Counter, ...] = ()
    others: tuple[Counter, ...] = ()

    def __add__(self, other: CutFlow) -> CutFlow:
        if self.cuts != other.cuts:
            raise ValueError(f"cut flows of unlike cuts: {self.cuts} and {other.cuts}")
        return CutFlow.trusted(
            cuts=self.cuts,
            total=self.total + other.total,
            passed=self.passed + other.passed,
            alone=_added(self.alone, other.alone),
            prefix=_added(self.prefix, other.prefix),
            others=_added(self.others, other.others),
        )


def _added(a: tuple[Counter, ...], b: tuple[Counter, ...]) -> tuple[Counter, ...]:
    return tuple(x + y for x, y in zip(a, b, strict=True))


def count(weight: Weight, mask: Any = None) -> Counter:
    """The counter of the events in the mask, or of all; one weight per event."""
    chosen = weight if mask is None else weight[mask]
    return Counter.trusted(
        n=len(chosen),
        sumw=float(np.add.reduce(chosen)),
        sumw2=float(np.add.reduce(np.square(chosen))),
    )


def count_codes(
    cuts: tuple[str, ...],
    codes: npt.NDArray[Any],
    weight: Weight,
    offsets: npt.NDArray[np.int64] | None = None,
) -> CutFlow:
    """The cut flow of named cuts; bit i of the code of an entry says whether it passes the i-th.

    One weight per entry, or, with offsets, one per list of entries. Entries are counted once, by
    code; everything else is sums over codes.
    """
    n = len(cuts)
    total, passed, *each = counters(_of_combinations(n, codes, weight, offsets))
    return CutFlow.trusted(
        cuts=cuts,
        total=total,
        passed=passed,
        alone=tuple(each[:n]),
        prefix=tuple(each[n : 2 * n]),
        others=tuple(each[2 * n :]),
    )


@compiled("counting.flow")
def _of_combinations(
    n: int,
    codes: npt.NDArray[Any],
    weight: Weight,
    offsets: npt.NDArray[np.int64] | None,
) -> Sums:
    """Number, sums of weights and of squared weights (rows) of each combination of n cuts."""
    patterns, sums = sums_by_pattern(n, codes, weight, offsets)
    members = _dense_combinations(n)[:, patterns] if is_dense(n) else _combinations(n, patterns)
    found: Sums = np.where(members, sums[:, np.newaxis], 0).sum(axis=2)
    return found


def counters(numbers: Sums) -> list[Counter]:
    """Counters from rows of numbers: how many, sums of weights, and of squared weights."""
    return [
        Counter.trusted(n=int(n), sumw=sumw, sumw2=sumw2)
        for n, sumw, sumw2 in zip(*numbers.tolist(), strict=True)
    ]


def is_dense(n: int) -> bool:
    """Whether there is a place for every combination of so many cuts."""
    return n <= _DENSE


def combined(masks: Iterable[Mask]) -> npt.NDArray[np.uint16]:
    """A code per entry, with a bit for each of at most 16 masks."""
    first, *others = masks
    codes = first.astype(np.uint16)
    for bit, mask in enumerate(others, start=1):
        codes |= mask.astype(np.uint16) << np.uint16(bit)
    return codes


def sums_by_pattern(
    n: int,
    codes: npt.NDArray[Any],
    weight: Weight,
    offsets: npt.NDArray[np.int64] | None = None,
) -> tuple[npt.NDArray[Any], Sums]:
    """The codes of n bits that there are; their entries, sums of weights and of squared weights."""
    if not is_dense(n):
        patterns, places = np.unique(codes, return_inverse=True)
        return patterns, _sums_by_code(places, weight, len(patterns), offsets)
    sums = _sums_by_code(codes, weight, 1 << n, offsets)
    patterns = np.flatnonzero(sums[0])
    return patterns, sums[:, patterns]


@compiled("counting.by_code")
def _sums_by_code(
    codes: npt.NDArray[Any],
    weight: Weight,
    n_codes: int,
    offsets: npt.NDArray[np.int64] | None,
) -> Sums:
    of_entries = weight if offsets is None else np.repeat(weight, np.diff(offsets))
    places = codes.astype(np.intp)
    weights = (None, of_entries, np.square(of_entries))
    return np.array([np.bincount(places, w, n_codes) for w in weights], dtype=np.float64)


@functools.lru_cache
def _dense_combinations(n: int) -> Mask:
    return _combinations(n, np.arange(1 << n))


def _combinations(n: int, patterns: npt.NDArray[Any]) -> Mask:
    """Which codes belong to the total, to all cuts, each one, each prefix, and all but each."""
    bits = (patterns.astype(np.uint64) >> np.arange(n, dtype=np.uint64)[:, None]) & np.uint64(1)
    alone = np.concatenate([np.ones((1, len(patterns)), dtype=np.bool_), bits == 1])
    before = np.logical_and.accumulate(alone, axis=0)
    behind = np.logical_and.accumulate(alone[::-1], axis=0)[::-1]
    after = np.concatenate([behind[2:], alone[:1]]) if n else behind[1:]
    return np.concatenate([alone[:1], before[-1:], alone[1:], before[1:], before[:-1] & after])


def efficiency(passed: Counter, total: Counter) -> float | None:
    """Fraction of the entries that pass; None when there are none."""
    return passed.n / total.n if total.n else None


def weighted_efficiency(passed: Counter, total: Counter) -> tuple[float | None, float | None]:
    """Fraction of the sum of weights that passes and its uncertainty; may leave [0, 1].

    var = [(1-e)^2 sum w^2 of the passing + e^2 sum w^2 of the failing] / (sum w)^2
    """
    if total.sumw == 0:
        return None, None
    value = passed.sumw / total.sumw
    failing = total.sumw2 - passed.sumw2
    variance = ((1 - value) ** 2 * passed.sumw2 + value**2 * failing) / total.sumw**2
    return value, math.sqrt(max(variance, 0.0))
