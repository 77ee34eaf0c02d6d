"""numpy arrays as arrow has them, not copied.

`pa.array` would ask pandas, where that is installed, what it was given: half a second to import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

pa = lazy.load("pyarrow")


def arrow_array(values: npt.NDArray[Any]) -> Any:
    """Numbers, or flags, one per row."""
    kind = pa.from_numpy_dtype(values.dtype)
    if values.dtype == np.bool_:
        bits = np.packbits(values, bitorder="little")
        return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(bits)])
    content = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(values), [None, content])


def same_text(text: str, n: int) -> Any:
    """The same text in n rows, encoded as a dictionary."""
    encoded = text.encode()
    edges = np.array([0, len(encoded)], dtype=np.int32)
    buffers = [None, pa.py_buffer(edges), pa.py_buffer(encoded)]
    dictionary = pa.Array.from_buffers(pa.string(), 1, buffers)
    return pa.DictionaryArray.from_arrays(arrow_array(np.zeros(n, dtype=np.int32)), dictionary)


def together(tables: Sequence[Any]) -> Any:
    """Arrow tables one after the other; some may say that a column never lacks a value."""
    return pa.concat_tables(tables, promote_options="default")


def without_rows(schema: Any) -> Any:
    """A table of this schema; what arrow has for it asks pandas."""
    return pa.Table.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)
