from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.errors import InputFileError
from higgsflow.events.small_trees import is_of_lists, one_each


@pytest.mark.parametrize("kind", [np.uint32, np.int64, np.float32, np.float64])
def test_numbers_stay_as_they_are(kind: Any) -> None:
    found = one_each(ak.Array(np.array([1, 2], kind)), "run", "a tree")
    assert found.dtype == kind
    assert found.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("values", "type_name"),
    [
        ([[1], [1, 2]], "var * int64"),
        (["a", "b"], "string"),
        (np.ones((2, 3)), "3 * float64"),
        ([1, None], "?int64"),
        ([{"x": 1}], "{x: int64}"),
    ],
)
def test_anything_else_is_refused(values: Any, type_name: str) -> None:
    with pytest.raises(InputFileError) as caught:
        one_each(ak.Array(values), "run", "the Runs tree of a.root")
    what, _ = str(caught.value).splitlines()
    assert what == f"'run' in the Runs tree of a.root is of type {type_name}"


def test_lists_of_numbers_are_told_from_the_rest() -> None:
    assert is_of_lists(ak.Array([[1.0], []]))
    assert is_of_lists(ak.Array(np.ones((1, 2))))
    for other in ([1.0], ["a"], [["a"]], [[[1.0]]], [[{"x": 1}]]):
        assert not is_of_lists(ak.Array(other))
