from __future__ import annotations

from typing import Any

import awkward as ak
import pytest

from higgsflow.errors import WeightError
from higgsflow.model.preserved import Vector
from higgsflow.vectors import vector_factors


def events(*weights: list[float]) -> Any:
    n = len(weights)
    numbers = {"run": [1] * n, "luminosityBlock": [2] * n, "event": list(range(n))}
    return ak.Array({**numbers, "PSWeight": ak.Array(list(weights))})


def factors(*weights: list[float], **content: Any) -> tuple[dict[str, list[float]], int]:
    vector = Vector.model_validate({"branch": "PSWeight", "length": 3, **content})
    found, missing = vector_factors(vector, events(*weights), "ps")
    return {d: f.tolist() for d, f in found.items()}, missing


def test_directions_are_positions_and_factors_ratios_to_the_nominal() -> None:
    found, missing = factors([2.0, 4.0, 1.0], [1.0, 1.0, 3.0], nominal=0)
    assert (found, missing) == ({"1": [2.0, 1.0], "2": [0.5, 3.0]}, 0)


def test_directions_may_have_names() -> None:
    assert factors([2.0, 4.0, 1.0], names={"up": 1, "down": 0}, nominal=2) == (
        {"up": [4.0], "down": [2.0]},
        0,
    )


def test_without_a_nominal_one_they_are_ratios_already() -> None:
    assert factors([2.0, 4.0, 1.0])[0] == {"0": [2.0], "1": [4.0], "2": [1.0]}


def test_length_one_is_no_variation_and_is_counted() -> None:
    found, missing = factors([1.0], [2.0, 4.0, 1.0], [1.0], nominal=0)
    assert (found["1"], missing) == ([1.0, 2.0, 1.0], 2)


def test_only_vectors_without_variation() -> None:
    assert factors([1.0], [1.0]) == ({"0": [1, 1], "1": [1, 1], "2": [1, 1]}, 2)


@pytest.mark.parametrize("bad", [[], [1.0, 2.0], [1.0] * 4])
def test_another_length_is_an_error_that_names_the_event(bad: list[float]) -> None:
    with pytest.raises(WeightError) as caught:
        factors([1.0, 1.0, 1.0], bad)
    text = str(caught.value)
    assert f"'ps': PSWeight has {len(bad)} weights, 3 expected" in text
    assert "event 1:2:1" in text


def test_no_events_have_a_factor_array_for_each_position() -> None:
    vector = Vector(branch="PSWeight", length=3)
    found, missing = vector_factors(vector, events([1.0, 1.0, 1.0])[:0], "ps")
    assert ({d: len(f) for d, f in found.items()}, missing) == ({"0": 0, "1": 0, "2": 0}, 0)
