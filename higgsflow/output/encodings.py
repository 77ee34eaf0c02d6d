"""How columns are encoded in files that are written and read once or twice.

Little room, in the least time: numbers whose digits look random take as much room compressed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from higgsflow.output.packed import PACKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CODEC = "lz4"
# rows that are looked at to know what compression is good for
SAMPLE = 2048
# of fewer rows nothing can be said
_ENOUGH = 256
# compressed columns that are larger than this, of their size, are not worth the time
_LARGE = 0.6


def encodings(
    schema: Any, tables: Iterable[Mapping[str, npt.NDArray[Any]]]
) -> tuple[list[str], dict[str, str]]:
    """Columns whose bytes of equal weight stand together, and the codec of each column.

    Numbers compress better so, and unpack faster. What does not shrink is left as it is.
    """
    known = _first_of_each(tables)
    plain = {name for name, values in known.items() if not _shrinks(values)}
    split = [field.name for field in schema if _has_bytes(field.type) and field.name not in plain]
    # numbers of several columns side by side hardly shrink
    plain.add(PACKED)
    return split, {name: "none" if name in plain else CODEC for name in schema.names}


def _first_of_each(
    tables: Iterable[Mapping[str, npt.NDArray[Any]]],
) -> dict[str, npt.NDArray[Any]]:
    known: dict[str, npt.NDArray[Any]] = {}
    for table in tables:
        for name, values in table.items():
            known.setdefault(name, values)
    return known


def _has_bytes(kind: Any) -> bool:
    """Whether the numbers of a type can be split into bytes."""
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _shrinks(values: npt.NDArray[Any]) -> bool:
    sample = np.ascontiguousarray(values[:SAMPLE])
    if sample.dtype.kind != "f" or len(sample) < _ENOUGH:
        return True
    split = np.ascontiguousarray(sample.view(np.uint8).reshape(len(sample), -1).T)
    n_bytes = int(pa.Codec("lz4_raw").compress(pa.py_buffer(split)).size)
    return n_bytes < _LARGE * split.nbytes
