"""Sums before any cut: what the normalisation and the acceptance are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from higgsflow.corrections.evaluate import Source, count_clamped
from higgsflow.model.systematic import CENTRAL, WeightSystematic
from higgsflow.shifts import objects_of
from higgsflow.weights import Factors, clamped, factor_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.shift import Shift

Array = npt.NDArray[np.float64]
Weighed = dict[str, tuple[WeightSystematic, Factors]]


@dataclass(frozen=True)
class Sums:
    """Sums before any cut; data have weight 1.

    Attributes:
        factors: sums of g times a factor by its column, and how many values were outside the bins
            of a correction; all of them add.
    """

    n_certified: int
    sum_g: float
    sum_g2: float
    sum_abs_g: float
    factors: dict[str, float]


def sums_of(generated: Array, initial: Array, early: Weighed, events: PlainEvents) -> Sums:
    """The sums of all events read, and those of the factors over the certified ones."""
    factors: dict[str, float] = {}
    for weight, values in early.values():
        named = {} if values.central is None else {CENTRAL: values.central}
        for direction, factor in {**named, **values.directions}.items():
            factors[factor_column(weight, direction)] = float((initial * factor).sum())
        factors |= {f"{note}:{weight.name}": float(n) for note, n in values.notes.items()}
        factors |= dict(_clamped(weight.name, clamped(weight, events.view)))
    return Sums(
        n_certified=len(initial),
        sum_g=float(generated.sum()),
        sum_g2=float(np.square(generated).sum()),
        sum_abs_g=float(np.abs(generated).sum()),
        factors=factors,
    )


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
