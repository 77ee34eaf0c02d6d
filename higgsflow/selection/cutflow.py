"""Cut flows: additive counters of what each cut lets pass.

Only counters are kept; efficiencies are computed once, from merged counters.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.errors import TaggerError
from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Mapping

ak = lazy.load("awkward")

Mask = npt.NDArray[np.bool_]
Weight = npt.NDArray[np.float64]


class Counter(Noun):
    """How many, their sum of weights and their sum of squared weights."""

    n: int = 0
    sumw: float = 0.0
    sumw2: float = 0.0

    def __add__(self, other: Counter) -> Counter:
        # sums of what is valid are valid, and a sample adds millions of them
        return Counter.model_construct(
            n=self.n + other.n, sumw=self.sumw + other.sumw, sumw2=self.sumw2 + other.sumw2
        )


class CutFlow(Noun):
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
        return CutFlow.model_construct(
            cuts=self.cuts,
            total=self.total + other.total,
            passed=self.passed + other.passed,
            alone=_added(self.alone, other.alone),
            prefix=_added(self.prefix, other.prefix),
            others=_added(self.others, other.others),
        )


def _added(a: tuple[Counter, ...], b: tuple[Counter, ...]) -> tuple[Counter, ...]:
    return tuple(x + y for x, y in zip(a, b, strict=True))


def count(weight: Weight, mask: Mask | None = None) -> Counter:
    """The counter of the events in the mask; weight has one value per event."""
    chosen = weight if mask is None else weight[mask]
    return Counter(
        n=len(chosen), sumw=float(np.sum(chosen)), sumw2=float(np.sum(np.square(chosen)))
    )


def count_cuts(cuts: Mapping[str, Mask], weight: Weight) -> CutFlow:
    """The cut flow of named masks, each with one value per entry of weight."""
    masks = list(cuts.values())
    everything = np.ones(len(weight), dtype=np.bool_)
    passing = [everything]
    for mask in masks:
        passing.append(passing[-1] & mask)
    after = [everything]
    for mask in reversed(masks):
        after.append(after[-1] & mask)
    after.reverse()
    return CutFlow(
        cuts=tuple(cuts),
        total=count(weight),
        passed=count(weight, passing[-1]),
        alone=tuple(count(weight, mask) for mask in masks),
        prefix=tuple(count(weight, mask) for mask in passing[1:]),
        others=tuple(count(weight, passing[i] & after[i + 1]) for i in range(len(masks))),
    )


def count_group(cuts: Mapping[str, Any], weight: Weight) -> CutFlow:
    """The cut flow of a group, whose masks have one value per event or per object.

    An object counts with the weight of its event.
    """
    if not cuts:
        raise TaggerError("a group of cuts has no cuts")
    counts = {name: _objects(mask) for name, mask in cuts.items()}
    first = next(iter(counts.values()))
    for name, n in counts.items():
        if not np.array_equal(n, first) or len(n) not in (0, len(weight)):
            raise TaggerError(f"cut '{name}' is not about the same entries as '{next(iter(cuts))}'")
    if len(first):
        weight = np.repeat(weight, first)
    plain = {name: _flat(mask) for name, mask in cuts.items()}
    for name, mask in plain.items():
        if len(mask) != len(weight) or mask.dtype != np.bool_:
            raise TaggerError(f"cut '{name}': {len(mask)} {mask.dtype} for {len(weight)} entries")
    return count_cuts(plain, weight)


def _objects(mask: Any) -> npt.NDArray[np.int64]:
    """How many objects each event has in a mask per object; empty for one per event."""
    if ak.Array(mask).ndim == 1:
        return np.zeros(0, dtype=np.int64)
    return np.asarray(ak.to_numpy(ak.fill_none(ak.num(mask), 0)), dtype=np.int64)


def _flat(mask: Any) -> Mask:
    """One boolean per entry; a missing one passes nothing."""
    if isinstance(mask, np.ndarray):
        return mask
    filled = ak.fill_none(mask, False) if "?" in str(mask.type) else mask
    return np.asarray(ak.to_numpy(ak.flatten(filled, axis=None) if mask.ndim > 1 else filled))


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
