"""What is kept of each combination of bins is what a mask of these events gives."""

from __future__ import annotations

import itertools

import numpy as np

from higgsflow.model.systematic import Systematics
from higgsflow.per_bin import binned_for, combinations, count_per_bin, measure_per_bin
from higgsflow.records.moments import measure
from higgsflow.selection.cutflow import count

RNG = np.random.default_rng(3)
N = 60
WEIGHT, X = RNG.normal(1, 2, (2, N))
ROWS = np.flatnonzero(RNG.random(N) < 0.7)
# no event is in the last bin of the second
BINS = [(RNG.integers(0, 3, N).astype(np.int16), 3), (RNG.integers(0, 2, N).astype(np.int16), 3)]
ENDINGS = {f"@{i},{j}": (i, j) for i, j in itertools.product(range(3), range(3))}
CENTRAL = {"branches": {"central": "c", "up": "u"}, "modify_central_weight": True}
SYSTEMATICS = Systematics.model_validate(
    {
        "weights": {
            "a": {**CENTRAL, "preserve": {"column": "n", "edges": [0, 1, 2]}},
            "b": {"branches": {"up": "u"}, "preserve": {"column": "m", "edges": [0, 1, 2, 3]}},
            "c": {**CENTRAL, "preserve": {}},
        }
    }
)


def chosen(ending: str) -> np.ndarray:
    of_bins = zip(BINS, ENDINGS[ending], strict=True)
    inside = np.logical_and.reduce([positions[ROWS] == k for (positions, _), k in of_bins])
    return ROWS[inside]


def test_counters_are_those_of_a_mask() -> None:
    found = count_per_bin("central", WEIGHT, ROWS, BINS)
    assert found == {f"central{end}": count(WEIGHT[chosen(end)]) for end in ENDINGS}
    assert found["central@0,2"].n == 0


def test_moments_are_those_of_a_mask() -> None:
    found: dict[str, object] = {}
    for measured in measure_per_bin({"x": X}, BINS, ROWS, WEIGHT):
        found |= measured
    assert found == {f"x{end}": measure(X[chosen(end)], WEIGHT[chosen(end)]) for end in ENDINGS}


def test_nothing_is_kept_without_bins() -> None:
    assert count_per_bin("central", WEIGHT, ROWS, ()) == {}
    assert measure_per_bin({"x": X}, (), ROWS, WEIGHT) == []


def test_bins_that_matter_are_those_of_the_central_weight_and_ones_own() -> None:
    weights = SYSTEMATICS.weights
    assert binned_for(SYSTEMATICS, None) == (weights["a"],)
    assert binned_for(SYSTEMATICS, weights["b"]) == (weights["a"], weights["b"])
    assert binned_for(SYSTEMATICS, weights["c"]) == (weights["a"],)


def test_combinations_are_in_order_and_know_their_bins() -> None:
    found = list(combinations(binned_for(SYSTEMATICS, SYSTEMATICS.weights["b"])))
    assert [ending for ending, _ in found] == ["@0,0", "@0,1", "@0,2", "@1,0", "@1,1", "@1,2"]
    assert found[4] == ("@1,1", {"weight_bin_a": 1, "weight_bin_b": 1})
    assert list(combinations(())) == [("", {})]
