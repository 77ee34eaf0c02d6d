"""Full weights of events: the central one, and those of the directions of sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from higgsflow.errors import WeightError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.model.systematic import WeightSystematic
    from higgsflow.weights import Factors

Array = npt.NDArray[np.float64]


def central_product(
    initial: Array, weights: Mapping[str, tuple[WeightSystematic, Factors]]
) -> Array:
    """The initial weight times the central factors of all sources that modify it."""
    product: Array = np.array(initial)
    for weight, factors in weights.values():
        if weight.modify_central_weight:
            product *= _central_of(weight, factors)
    return product


def _central_of(weight: WeightSystematic, factors: Factors) -> Array:
    if factors.central is None:
        raise WeightError(
            f"'{weight.name}' modifies the central weight, but gave no central factor"
        )
    return factors.central


def varied_weight(
    name: str,
    direction: str,
    initial: Array,
    weights: Mapping[str, tuple[WeightSystematic, Factors]],
) -> Array:
    """The full weight of one direction of one source.

    weight_central * f_var / f_central if the source modified the central weight, weight_central *
    f_var otherwise; where f_central is 0, the product with f_var in its place.
    """
    weight, factors = weights[name]
    varied = factors.directions[direction]
    central = central_product(initial, weights)
    if not weight.modify_central_weight:
        return np.multiply(central, varied, dtype=np.float64)
    own = _central_of(weight, factors)
    others = central_product(initial, {n: w for n, w in weights.items() if n != name})
    np.divide(central, own, out=others, where=own != 0)
    return np.multiply(others, varied, dtype=np.float64)
