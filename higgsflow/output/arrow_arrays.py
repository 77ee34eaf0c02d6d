"""numpy arrays as arrow has them, not copied.

`pa.array` would ask pandas, where that is installed, what it was given: half a second to import it.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

pa = lazy.load("pyarrow")


def arrow_array(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None = None) -> Any:
    """Numbers, or flags, one per row; those that are not valid are missing."""
    kind = pa.from_numpy_dtype(values.dtype)
    flags = None if valid is None else _bits(valid)
    content = (
        _bits(values) if values.dtype == np.bool_ else pa.py_buffer(np.ascontiguousarray(values))
    )
    return pa.Array.from_buffers(kind, len(values), [flags, content])


def _bits(flags: npt.NDArray[np.bool_]) -> Any:
    return pa.py_buffer(np.packbits(flags, bitorder="little"))


def valid_of(column: Any) -> npt.NDArray[np.bool_]:
    """Which rows of an arrow array are not missing."""
    if not column.null_count:
        return np.ones(len(column), np.bool_)
    flags = np.frombuffer(column.buffers()[0], np.uint8)
    found = np.unpackbits(flags, count=column.offset + len(column), bitorder="little")
    return found[column.offset :].view(np.bool_)


def as_type(values: npt.NDArray[Any], kind: Any) -> npt.NDArray[Any]:
    """Numbers as those of an arrow type.

    Raises:
        pyarrow.ArrowInvalid: for a number that the type does not have.
    """
    if pa.from_numpy_dtype(values.dtype) == kind:
        return values
    return np.asarray(arrow_array(values).cast(kind).to_numpy(zero_copy_only=False))


def arrow_number(value: float) -> Any:
    """A number to compute with; arrow would ask pandas what it was given."""
    return arrow_array(np.array([value]))[0]


def numbers(column: Any) -> npt.NDArray[Any]:
    """The values of a column as numpy has them, not copied where they are in one piece.

    Where some are missing they are floats, and the missing ones NaN.
    """
    return numbers_of(
        pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)
    )


def numbers_of(array: Any) -> npt.NDArray[Any]:
    """The same of an array, which is a column in one piece."""
    if array.null_count:
        kind = array.type if pa.types.is_floating(array.type) else pa.float64()
        return np.where(valid_of(array), _stored(array.cast(kind, safe=False)), np.nan)
    if pa.types.is_boolean(array.type):
        return _stored(array.cast(pa.uint8())).view(np.bool_)
    return _stored(array)


def _stored(array: Any) -> npt.NDArray[Any]:
    """What stands in memory, also where a value is missing; `to_numpy` would ask pandas."""
    content = array.buffers()[1]
    kind = numpy_kind(array.type)
    if content is None:
        return np.empty(0, kind)
    return np.frombuffer(content, kind)[array.offset : array.offset + len(array)]


def words_of(array: Any) -> npt.NDArray[np.object_]:
    """The words of an array, of which there are only a few; a missing one is empty."""
    coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    known = [word or "" for word in coded.dictionary.cast(pa.string()).to_pylist()]
    # what has no position is the last
    positions = np.nan_to_num(numbers_of(coded.indices), nan=len(known)).astype(np.intp)
    return np.asarray(np.array([*known, ""], dtype=object)[positions])


def numpy_kind(kind: Any) -> np.dtype[Any]:
    """The numpy type of numbers or flags; arrow asks pandas, before version 26 always."""
    return _numpy_kinds()[kind]


@functools.cache
def _numpy_kinds() -> dict[Any, np.dtype[Any]]:
    kinds = map(np.dtype, ("?", *np.typecodes["AllInteger"], *"efd"))
    return {pa.from_numpy_dtype(kind): kind for kind in kinds}


def same_text(text: str, n: int) -> Any:
    """The same text in n rows, encoded as a dictionary."""
    return texts([text], [n])


def texts(words: Sequence[str], lengths: Sequence[int]) -> Any:
    """Each text in so many rows, one after the other, encoded as a dictionary."""
    indices = np.repeat(np.arange(len(words), dtype=np.int32), lengths)
    return pa.DictionaryArray.from_arrays(arrow_array(indices), each_text(words))


def each_text(words: Sequence[str]) -> Any:
    """One text in each row."""
    encoded = [word.encode() for word in words]
    edges = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    buffers = [None, pa.py_buffer(edges), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(words), buffers)


def each_number(values: Sequence[float | None], kind: npt.DTypeLike) -> Any:
    """One number of this type in each row, which may be missing."""
    valid = np.array([value is not None for value in values], np.bool_)
    known = np.array([0 if value is None else value for value in values], kind)
    return arrow_array(known, None if valid.all() else valid)


def together(tables: Sequence[Any]) -> Any:
    """Arrow tables one after the other; some may say that a column never lacks a value."""
    return pa.concat_tables(tables, promote_options="default")


def without_rows(schema: Any) -> Any:
    """A table of this schema; what arrow has for it asks pandas."""
    return pa.Table.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)
