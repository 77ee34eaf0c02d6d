from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from higgsflow.output.arrow_arrays import (
    arrow_array,
    arrow_number,
    numbers,
    numpy_kind,
    same_text,
    words_of,
)

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


@pytest.mark.parametrize("value", [2.5, -3, 0])
def test_a_number_is_that_which_arrow_makes_itself(value: float) -> None:
    assert arrow_number(value).equals(pa.scalar(value))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lengths", [(), (0,), (5,), (3, 0, 4)])
@pytest.mark.parametrize("start", [0, 2, 4])
def test_numbers_of_a_column_come_back(kind: str, lengths: tuple[int, ...], start: int) -> None:
    pieces = [pa.array(np.arange(n).astype(kind)) for n in lengths]
    column = pa.chunked_array(pieces, pa.from_numpy_dtype(np.dtype(kind))).slice(start)
    found = numbers(column)
    assert found.dtype == kind
    assert found.tolist() == column.to_pylist()


@pytest.mark.parametrize("kind", [*KINDS, "int8", "uint16", "int32", "uint32", "float16"])
def test_a_type_comes_back(kind: str) -> None:
    assert numpy_kind(pa.from_numpy_dtype(np.dtype(kind))) == kind


def test_missing_numbers_are_nan() -> None:
    column = pa.chunked_array([pa.array([1.0, None, 3.0]), pa.array([4.0])])
    np.testing.assert_array_equal(numbers(column), [1.0, np.nan, 3.0, 4.0])
    # where arrow has no value it may have any number
    hidden = pa.Array.from_buffers(
        pa.float64(), 2, [pa.py_buffer(b"\x01"), pa.py_buffer(np.array([1.0, 7.0]))]
    )
    np.testing.assert_array_equal(numbers(pa.chunked_array([hidden])), [1.0, np.nan])


@pytest.mark.parametrize("values", [[3, None, -1], [True, None, False]])
def test_numbers_and_flags_are_floats_where_some_are_missing(values: list[float | None]) -> None:
    found = numbers(pa.chunked_array([pa.array(values)]).slice(1))
    np.testing.assert_array_equal(found, [np.nan, float(values[2] or 0)])


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()])
def test_words_come_back_and_a_missing_one_is_empty(kind: pa.DataType) -> None:
    column = pa.array(["a", "b", None, "a"], kind)
    assert words_of(column).tolist() == ["a", "b", "", "a"]
    assert words_of(column.slice(1).dictionary_encode()).tolist() == ["b", "", "a"]
    assert words_of(column[:0]).tolist() == []


def test_a_text_is_the_same_in_all_rows() -> None:
    assert same_text("größer", 3).to_pylist() == ["größer"] * 3
    assert same_text("", 2).dictionary_decode().to_pylist() == ["", ""]
    assert len(same_text("up", 0)) == 0
