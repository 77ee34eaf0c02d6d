from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from higgsflow.output.arrow_arrays import arrow_array, same_text

KINDS = ("float64", "float32", "int16", "uint8", "int64", "uint64", "bool")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [0, 1, 9, 64])
def test_values_are_those_that_arrow_makes_itself(kind: str, n: int) -> None:
    values = (np.arange(3 * n) % 3).astype(kind)
    for part in (values, values[n : 2 * n], values[::3]):
        assert arrow_array(part).equals(pa.array(part))


def test_numbers_are_not_copied() -> None:
    values = np.arange(5.0)
    assert arrow_array(values).buffers()[1].address == values.ctypes.data


def test_a_text_is_the_same_in_all_rows() -> None:
    assert same_text("größer", 3).to_pylist() == ["größer"] * 3
    assert same_text("", 2).dictionary_decode().to_pylist() == ["", ""]
    assert len(same_text("up", 0)) == 0
