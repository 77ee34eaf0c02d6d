"""Columns that only some variations have, side by side in one column of bytes.

A column costs something for each row that lacks it. Of most variations all weights of systematics
are lacking, which so are one column instead of one for each weight.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.output.arrow_arrays import arrow_array, as_type, bits, valid_of

pa = lazy.load("pyarrow")

Table = Mapping[str, npt.NDArray[Any]]
PACKED = "packed_columns"
# bytes of a row; wider ones would be large pages
_WIDEST = 4096


@dataclass(frozen=True)
class Packed:
    """Names and numpy types of the columns, such as `<f8`; a variation has all of them, or none."""

    kinds: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, tables: Collection[Table], names: Collection[str]) -> Packed:
        """Those of some columns; none of them where nothing is gained, or a table has only some."""
        kinds: dict[str, str] = {}
        for table in tables:
            kinds |= {name: v.dtype.str for name, v in table.items() if name in names}
        found = cls(tuple(kinds.items()))
        has = [len(kinds.keys() & table.keys()) for table in tables]
        fits = len(kinds) > 1 and found.n_bytes <= _WIDEST
        return found if fits and set(has) == {0, len(kinds)} else cls()

    @classmethod
    def from_text(cls, text: str) -> Packed:
        """What `text` was made from.

        Raises:
            ValueError: for anything else.
        """
        try:
            found = cls(tuple((name, kind) for name, kind in json.loads(text)))
            is_known = not found._row.hasobject
        except TypeError:
            is_known = False
        if not is_known:
            raise ValueError(f"no names and types of columns: {text[:80]}")
        return found

    @property
    def text(self) -> str:
        """For the metadata of a file."""
        return json.dumps(self.kinds)

    @cached_property
    def types(self) -> dict[str, Any]:
        """Arrow types of the columns."""
        return {name: pa.from_numpy_dtype(np.dtype(kind)) for name, kind in self.kinds}

    @property
    def n_bytes(self) -> int:
        """Of a row."""
        return self._row.itemsize

    @cached_property
    def _row(self) -> np.dtype[Any]:
        return np.dtype(list(self.kinds))

    def array(self, tables: Sequence[Table], lengths: Sequence[int]) -> Any:
        """The columns of tables one after the other, missing where a table has none of them.

        Raises:
            KeyError: for a table that has only some of them.
        """
        has = [not self.types.keys().isdisjoint(table) for table in tables]
        if not any(has):
            return pa.nulls(sum(lengths), pa.binary())
        sizes = zip(tables, lengths, has, strict=True)
        rows = [self._rows(table, n) for table, n, is_there in sizes if is_there]
        valid = np.repeat(has, lengths)
        edges = np.zeros(len(valid) + 1, np.int32)
        np.cumsum(valid * self.n_bytes, out=edges[1:])
        content = np.concatenate(rows).view(np.uint8)
        buffers = [None if all(has) else bits(valid), *map(pa.py_buffer, (edges, content))]
        return pa.Array.from_buffers(pa.binary(), len(valid), buffers)

    def _rows(self, table: Table, n: int) -> npt.NDArray[Any]:
        found = np.empty(n, self._row)
        for name, kind in self.types.items():
            found[name] = as_type(table[name], kind)
        return found

    def columns(self, packed: Any, names: Iterable[str]) -> dict[str, Any]:
        """Some of the columns, from the one of bytes.

        Raises:
            ValueError: when a row has not as many bytes as these columns.
        """
        whole = pa.concat_arrays(packed.chunks) if packed.num_chunks else pa.nulls(0, pa.binary())
        if whole.null_count == len(whole):
            return {name: pa.nulls(len(whole), self.types[name]) for name in names}
        valid = valid_of(whole)
        _, edges, content = whole.buffers()
        begins = np.frombuffer(edges, np.int32)[whole.offset :][: len(whole) + 1]
        if (np.diff(begins) != valid * self.n_bytes).any():
            raise ValueError(f"rows of other than {self.n_bytes} bytes")
        rows = np.frombuffer(content, self._row, int(valid.sum()), int(begins[0]))
        found = {}
        for name in names:
            values = np.zeros(len(whole), rows[name].dtype)
            values[valid] = rows[name]
            found[name] = arrow_array(values, valid if whole.null_count else None)
        return found
