"""The bookkeeping rules of the semantics, each as the shortest function that obeys it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class FileSums:
    """What is known of one file: its kind, entries, and the sums of its processed ranges."""

    kind: str  # whole, partial or skim
    n_entries: int
    n_processed: int
    s_read: float
    gen_event_sumw: float
    sum_abs_g: float = math.inf

    @property
    def is_done(self) -> bool:
        """True where every entry was processed."""
        return self.n_processed == self.n_entries


def denominator(files: Sequence[FileSums]) -> float:
    """Sum of weights D of a sample and year (semantics 2)."""
    total = 0.0
    for file in files:
        if file.kind == "skim":
            total += file.gen_event_sumw if file.is_done else 0.0
            continue
        if file.kind not in ("whole", "partial"):
            raise ValueError(f"no kind of file {file.kind!r}")
        difference = abs(file.s_read - file.gen_event_sumw)
        if file.kind == "whole" and file.is_done and difference > 1e-4 * file.sum_abs_g:
            raise ValueError(f"read {file.s_read}, generated {file.gen_event_sumw}")
        total += file.s_read
    return total


def scale1fb(d: float, xs: float, factors: Sequence[float], *, may_be_negative: bool) -> float:
    """Scale in fb: cross section (pb) times the factors (bf, filter, k) times 1000 / D."""
    if d == 0.0 or not math.isfinite(d):
        raise ValueError(f"the sum of weights is {d}")
    if (d < 0.0 or xs < 0.0) and not may_be_negative:
        raise ValueError(f"negative sum of weights {d} or cross section {xs}")
    return xs * math.prod(factors) * 1000.0 / d


def merge_lhe(files: Sequence[tuple[float, Sequence[float]]]) -> list[float]:
    """LHE sums of several files, (S_f, R_f): R_i = sum S_f R_fi / sum S_f (semantics 2)."""
    lengths = {len(ratios) for _, ratios in files}
    if len(lengths) != 1:
        raise ValueError(f"unlike lengths {sorted(lengths)}")
    total = sum(s for s, _ in files)
    return [sum(s * ratios[i] for s, ratios in files) / total for i in range(lengths.pop())]


def is_certified(golden: dict[str, list[list[int]]], run: int, lumi: int) -> bool:
    """True where the lumisection is in an (inclusive) certified range of its run."""
    return any(first <= lumi <= last for first, last in golden.get(str(run), []))


@dataclass(frozen=True)
class Overlap:
    """Tag index per event (-1: none) and the counts of a step with priorities."""

    tag_idx: list[int]
    before: list[int]
    after: list[int]
    matrix: list[list[int]]


def remove_overlap(masks: Sequence[Sequence[bool]], n_events: int) -> Overlap:
    """Give each event to the first tag, in priority order, that takes it (semantics 7)."""
    tag_idx = []
    for event in range(n_events):
        takers = [t for t, mask in enumerate(masks) if mask[event]]
        tag_idx.append(takers[0] if takers else -1)
    before = [sum(1 for passed in mask if passed) for mask in masks]
    after = [tag_idx.count(t) for t in range(len(masks))]
    matrix = [[sum(1 for a, b in zip(m, k, strict=True) if a and b) for k in masks] for m in masks]
    return Overlap(tag_idx, before, after, matrix)


@dataclass
class Counter:
    """Number of events, sum of weights and sum of squared weights."""

    n: int = 0
    sum_w: float = 0.0
    sum_w2: float = 0.0

    def count(self, weight: float) -> None:
        """Add one event."""
        self.n += 1
        self.sum_w += weight
        self.sum_w2 += weight * weight


@dataclass
class CutFlow:
    """Counters of a sequence of named cuts; `prefixes[k]` is after the first k + 1 cuts."""

    names: tuple[str, ...]
    total: Counter = field(default_factory=Counter)
    alone: list[Counter] = field(init=False)
    prefixes: list[Counter] = field(init=False)
    all_but_one: list[Counter] = field(init=False)

    def __post_init__(self) -> None:
        """Start every counter at zero, so that no events still give all names."""
        self.alone = [Counter() for _ in self.names]
        self.prefixes = [Counter() for _ in self.names]
        self.all_but_one = [Counter() for _ in self.names]

    def count(self, passed: Sequence[bool], weight: float) -> None:
        """Add one event with the decision of each cut."""
        self.total.count(weight)
        for k in range(len(self.names)):
            if passed[k]:
                self.alone[k].count(weight)
            if all(passed[: k + 1]):
                self.prefixes[k].count(weight)
            if all(passed[:k]) and all(passed[k + 1 :]):
                self.all_but_one[k].count(weight)


def weighted_efficiency(passed: Counter, total: Counter) -> tuple[float, float] | None:
    """Efficiency and its uncertainty from weighted counters; None for 0/0 (semantics 8)."""
    if total.sum_w == 0.0:
        return None
    efficiency = passed.sum_w / total.sum_w
    failed_w2 = total.sum_w2 - passed.sum_w2
    variance = (1.0 - efficiency) ** 2 * passed.sum_w2 + efficiency**2 * failed_w2
    return efficiency, math.sqrt(variance) / abs(total.sum_w)


@dataclass(frozen=True)
class Moments:
    """Count, mean, sum of squared deviations and range; the default is the identity."""

    n: int = 0
    mean: float = 0.0
    m2: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    @property
    def std(self) -> float | None:
        """Standard deviation; None without entries, 0 for equal ones."""
        return math.sqrt(self.m2 / self.n) if self.n > 0 else None


def moments_of(values: Sequence[float]) -> Moments:
    """Moments of a list, by definition: the mean first, the deviations after."""
    if not values:
        return Moments()
    mean = math.fsum(values) / len(values)
    m2 = math.fsum((value - mean) ** 2 for value in values)
    return Moments(len(values), mean, m2, min(values), max(values))


def merge_moments(a: Moments, b: Moments) -> Moments:
    """Moments of the union of two lists (semantics 9)."""
    n = a.n + b.n
    if n == 0:
        return Moments()
    d = b.mean - a.mean
    mean = a.mean + d * b.n / n
    m2 = a.m2 + b.m2 + d * d * a.n * b.n / n
    return Moments(n, mean, m2, min(a.low, b.low), max(a.high, b.high))


@dataclass(frozen=True)
class WeightResult:
    """One weight systematic of one event: the factors as stored and the full weights."""

    weight_central: float
    factors: dict[str, float]
    full: dict[str, float]


def apply_weight(
    weight: float, central: float, varied: dict[str, float], *, in_mask: bool, modify_central: bool
) -> WeightResult:
    """Apply one systematic to a weight that does not contain it yet (semantics 5).

    The full weight is the product with f_var in the place of f_central, so that a central
    factor of 0 needs no division.
    """
    if in_mask and not all(math.isfinite(f) for f in (central, *varied.values())):
        raise ValueError(f"factors {central}, {varied}")
    factors = {name: f if in_mask else 1.0 for name, f in varied.items()}
    new_central = weight * central if modify_central and in_mask else weight
    return WeightResult(new_central, factors, {name: weight * f for name, f in factors.items()})
