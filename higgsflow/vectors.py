"""Weights that come as one vector per event, such as those of the scale choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.errors import WeightError
from higgsflow.events.columns import get_column

if TYPE_CHECKING:
    from higgsflow.model.preserved import Vector

ak = lazy.load("awkward")

Array = npt.NDArray[np.float64]


def vector_factors(vector: Vector, events: Any, owner: str) -> tuple[dict[str, Array], int]:
    """Factors w_i / w_nominal of each direction, and how many events have no variation.

    A vector of length 1 is how NanoAOD says that there is none: its factors are 1.

    Raises:
        WeightError: for a vector of another length; names the event.
    """
    weights = get_column(events, vector.branch)
    lengths = ak.to_numpy(ak.num(weights))
    there = lengths == vector.length
    bad = np.flatnonzero(~there & (lengths != 1))
    if len(bad):
        names = [n for n in ("run", "luminosityBlock", "event") if n in events.fields]
        event = ":".join(str(events[n][int(bad[0])]) for n in names)
        raise WeightError(
            f"'{owner}': {vector.branch} has {lengths[bad[0]]} weights, {vector.length} expected",
            f"event {event}" + (f" and {len(bad) - 1} more" if len(bad) > 1 else ""),
            "filter by sample or year where lengths differ",
        )
    flat = np.asarray(ak.to_numpy(ak.flatten(weights[there])), dtype=np.float64)
    table = flat.reshape(-1, vector.length)
    divisor = 1.0 if vector.nominal is None else table[:, vector.nominal]
    factors = {}
    for direction, position in vector.positions.items():
        factors[direction] = np.ones(len(lengths))
        with np.errstate(divide="ignore", invalid="ignore"):
            factors[direction][there] = table[:, position] / divisor
    return factors, int(np.count_nonzero(~there))
