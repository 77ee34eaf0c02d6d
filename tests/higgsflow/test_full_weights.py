from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from higgsflow.errors import WeightError
from higgsflow.full_weights import central_product, varied_weight
from higgsflow.model.systematic import WeightSystematic
from higgsflow.weights import Factors


def weight(**content: Any) -> WeightSystematic:
    return WeightSystematic.model_validate({"name": "s", **content})


def event_weight(**content: Any) -> WeightSystematic:
    return weight(branches={"central": "w", "up": "w_up"}, modify_central_weight=True, **content)


def test_worked_example() -> None:
    """w = 1, f = (central 2, up 3), mask on events 2 and 3 of 4."""
    of_all = Factors(np.full(4, 2.0), {"up": np.full(4, 3.0)})
    inside = of_all.where(np.array([False, True, True, False]))
    weighed = {"s": (event_weight(), inside)}
    assert central_product(np.ones(4), weighed).tolist() == [1.0, 2.0, 2.0, 1.0]
    assert inside.directions["up"].tolist() == [1.0, 3.0, 3.0, 1.0]
    assert varied_weight("s", "up", np.ones(4), weighed).tolist() == [1.0, 3.0, 3.0, 1.0]


@pytest.mark.parametrize(
    ("modifies", "full"), [(True, [60.0, 42.0, 0.0]), (False, [60.0, 84.0, 0.0])]
)
def test_full_weight_where_the_central_factor_is_zero_is_the_product(
    modifies: bool, full: list[float]
) -> None:
    """w = 2; the other source has central factors 3, 3, 0."""
    mine = Factors(np.array([0.0, 2.0, 0.0]), {"up": np.array([10.0, 7.0, 5.0])})
    other = Factors(np.array([3.0, 3.0, 0.0]), {})
    if not modifies:
        mine = Factors(None, {"up": mine.directions["up"] * [1, 2, 1]})
    first = weight(branches={"central": "w", "up": "w_up"}, modify_central_weight=modifies)
    weighed = {"s": (first, mine), "t": (event_weight(), other)}
    assert varied_weight("s", "up", np.full(3, 2.0), weighed).tolist() == full


def test_central_factor_that_is_missing_is_an_error() -> None:
    with pytest.raises(WeightError, match="gave no central factor"):
        central_product(np.ones(1), {"s": (event_weight(), Factors(None, {}))})
