"""The hand-written corrections, on numbers that can be checked by hand or in the literature."""

from __future__ import annotations

import math

import pytest
import slow_corrections
from slow_corrections import draw, value_of


def test_mix_function_gives_the_published_sequence() -> None:
    """The first outputs of SplitMix64 from the state 0, as the authors' program prints them."""
    step = 0x9E3779B97F4A7C15
    found = [slow_corrections._mixed(n * step % 2**64) for n in range(2)]
    assert found == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


def test_draws_are_normal_and_belong_to_the_object() -> None:
    events = [{"run": 1, "luminosityBlock": n // 100, "event": n} for n in range(2000)]
    draws = [draw("s", event, index) for event in events for index in range(2)]
    assert len(set(draws)) == len(draws)
    mean = math.fsum(draws) / len(draws)
    width = math.sqrt(math.fsum(x * x for x in draws) / len(draws))
    assert mean == pytest.approx(0, abs=4 / math.sqrt(len(draws)))
    assert width == pytest.approx(1, abs=4 / math.sqrt(2 * len(draws)))


def test_values_of_bins_and_beyond() -> None:
    binned = {"nodetype": "binning", "input": "x", "edges": [0, 1, 2], "content": [10, 20]}
    assert [value_of(binned, {"x": x}) for x in (-5, 0, 1, 7)] == [10, 10, 20, 20]
    grid = {"nodetype": "multibinning", "inputs": ["x", "y"], "edges": [[0, 1, 2], [0, 1, 2]],
            "content": [1, 2, 3, 4]}  # fmt: skip
    assert value_of(grid, {"x": 0.5, "y": 1.5}) == 2
    assert value_of(grid, {"x": 1.0, "y": 0.5}) == 3
