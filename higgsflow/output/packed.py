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

from higgsflow.output.arrow_arrays import arrow_array, as_type, valid_of

pa = lazy.load("pyarrow")

Table = Mapping[str, npt.NDArray[Any]]
PACKED = "packed_columns"
# bytes of a row; wider ones would be large pages
_WIDEST = 4096
# rows in one piece: arrow counts the bytes of one in 31 bits, and would count on in silence
_ROWS = 1 << 16


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
        # a column of the user may be called so
        fits = fits and not any(PACKED in table for table in tables)
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

        In as many pieces as needed.

        Raises:
            KeyError: for a table that has only some of them.
        """
        has = [not self.types.keys().isdisjoint(table) for table in tables]
        if not any(has):
            return pa.nulls(sum(lengths), pa.binary())
        pieces = []
        for table, n, is_there in zip(tables, lengths, has, strict=True):
            for start in range(0, n, _ROWS):
                stop = min(n, start + _ROWS)
                if is_there:
                    pieces.append(self._bytes(table, start, stop))
                else:
                    pieces.append(pa.nulls(stop - start, pa.binary()))
        return pa.chunked_array(pieces, pa.binary())

    def _bytes(self, table: Table, start: int, stop: int) -> Any:
        rows = np.empty(stop - start, self._row)
        for name, kind in self.types.items():
            rows[name] = as_type(table[name][start:stop], kind)
        edges = np.arange(len(rows) + 1, dtype=np.int32) * np.int32(self.n_bytes)
        buffers = [None, pa.py_buffer(edges), pa.py_buffer(rows.view(np.uint8))]
        return pa.Array.from_buffers(pa.binary(), len(rows), buffers)

    def columns(self, packed: Any, names: Iterable[str]) -> dict[str, Any]:
        """Some of the columns, from the one of bytes.

        Raises:
            ValueError: when a row has not as many bytes as these columns.
        """
        names = list(names)
        pieces = [self._of_piece(piece, names) for piece in packed.chunks]
        return {n: pa.chunked_array([p[n] for p in pieces], self.types[n]) for n in names}

    def _of_piece(self, whole: Any, names: Sequence[str]) -> dict[str, Any]:
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
