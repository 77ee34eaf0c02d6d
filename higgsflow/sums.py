"""Sums before any cut: what the normalisation and the acceptance are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from higgsflow.corrections.evaluate import Source, count_clamped
from higgsflow.exact_sums import exact_sum
from higgsflow.model.systematic import CENTRAL, WeightSystematic
from higgsflow.shifts import objects_of
from higgsflow.weight_columns import factor_column
from higgsflow.weights import Factors, clamped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from higgsflow.events.plain import PlainEvents
    from higgsflow.exact_sums import Terms
    from higgsflow.model.shift import Shift

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Weighed = dict[str, tuple[WeightSystematic, Factors]]


@dataclass(frozen=True)
class RangeSum:
    """Sums before any cut of the events of one range; data have weight 1.

    Attributes:
        sum_g: exact, as `exact_sums.py` has it.
    """

    n_certified: int
    sum_g: Terms
    sum_g2: float
    sum_abs_g: float


@dataclass(frozen=True)
class Sums:
    """Sums before any cut.

    Attributes:
        ranges: of each range that was read.
        factors: sums of g times a factor by its column, and how many values were outside the bins
            of a correction; all of them add.
    """

    ranges: tuple[RangeSum, ...] = ()
    factors: dict[str, float] = field(default_factory=dict)


def sums_of_ranges(generated: Array, rows: Index, lengths: Sequence[int]) -> tuple[RangeSum, ...]:
    """Of ranges of these lengths, one behind the other; `rows` are the certified events."""
    ends = np.cumsum(lengths)
    certified = np.diff(np.searchsorted(rows, ends), prepend=0)
    return tuple(
        RangeSum(
            n_certified=int(n),
            sum_g=exact_sum(g),
            sum_g2=float(np.square(g).sum()),
            sum_abs_g=float(np.abs(g).sum()),
        )
        for n, g in zip(certified, np.split(generated, ends[:-1]), strict=True)
    )


def sums_of_factors(initial: Array, early: Weighed, events: PlainEvents) -> dict[str, float]:
    """Those of the factors over the certified events."""
    factors: dict[str, float] = {}
    for weight, values in early.values():
        named = {} if values.central is None else {CENTRAL: values.central}
        for direction, factor in {**named, **values.directions}.items():
            factors[factor_column(weight, direction)] = float((initial * factor).sum())
        factors |= {f"{note}:{weight.name}": float(n) for note, n in values.notes.items()}
        factors |= dict(_clamped(weight.name, clamped(weight, events.view)))
    return factors


def clamped_by_corrections(events: PlainEvents, corrections: Iterable[Shift]) -> dict[str, float]:
    """How many values were outside the bins of nominal corrections, by their names."""
    found: dict[str, float] = {}
    for source in corrections:
        objects = objects_of(events.view, source)
        where = Source(events.view, objects, objects)
        for correction in source.corrections:
            direction = next(iter(correction.variations), CENTRAL)
            counts = count_clamped(correction, direction, where, source.name)
            found |= dict(_clamped(source.name, counts))
    return found


def _clamped(owner: str, counts: dict[str, int]) -> Iterator[tuple[str, float]]:
    for name, n in counts.items():
        yield f"clamped:{owner}:{name}", float(n)
