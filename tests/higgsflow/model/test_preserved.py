from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from higgsflow.model.preserved import ALL, Bins, Vector


def vector(**content: Any) -> Vector:
    return Vector.model_validate({"branch": "LHEScaleWeight", "length": 9, "nominal": 4, **content})


def test_numbers_of_bins() -> None:
    assert (ALL.n, Bins(column="n", edges=(0, 1, 5)).n, Bins(column="s", values=(1, 7)).n) == (
        1,
        2,
        2,
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"column": "n"}, "say either edges or values"),
        ({"column": "n", "edges": [0, 1], "values": [1]}, "say either edges or values"),
        ({"column": "n", "edges": [0, 2, 1]}, "not in order"),
        ({"column": "n", "edges": [0]}, "need two edges or more"),
        ({"column": "n", "values": [1, 1]}, "'1' is given twice"),
    ],
)
def test_what_are_no_bins(content: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Bins.model_validate(content)


def test_directions_are_all_positions_but_the_nominal_one() -> None:
    assert list(vector().positions) == ["0", "1", "2", "3", "5", "6", "7", "8"]
    assert vector(names={"up": 8}).positions == {"up": 8}


def test_what_is_preserved() -> None:
    bins = {"column": "HTXS", "values": [1, 2]}
    assert vector().preserved is None
    assert vector(normalisation="inclusive").preserved == ALL
    per_bin = vector(normalisation="per_gen_bin", gen_bins=bins)
    assert per_bin.preserved == Bins.model_validate(bins)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"names": {"up": 9}}, "has no 9: its length is 9"),
        ({"nominal": 9}, "has no 9"),
        ({"names": {"up": 7, "down": 7}}, "two of its names are of one position"),
        ({"normalisation": "per_gen_bin"}, "belong together"),
    ],
)
def test_what_is_no_vector(content: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        vector(**content)
