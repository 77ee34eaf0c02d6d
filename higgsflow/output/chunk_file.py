"""The file a job writes: all its variations, each in row groups of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from higgsflow.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

Table = Mapping[str, npt.NDArray[Any]]
VARIATION = "variation"
_REMEDY = "remove it and run again"
_ROW_GROUPS = b"higgsflow.row_groups"


class ChunkWriter:
    """Collects tables per variation; they are written whole, one after the other."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Table]] = {}

    def add(self, tables: Mapping[str, Table]) -> None:
        """Adds what one block gave, per variation; also tables without rows, for their types."""
        for variation, table in tables.items():
            self._parts.setdefault(variation, []).append(table)

    def write(self, path: Path) -> dict[str, int]:
        """Writes the file; returns rows per variation."""
        tables = {v: _joined(parts) for v, parts in self._parts.items()}
        schema = _schema(tables)
        with pq.ParquetWriter(
            path, schema, compression="zstd", compression_level=1, use_dictionary=[VARIATION]
        ) as writer:
            for variation, table in tables.items():
                # a row group without rows keeps groups and variations in step
                writer.write_table(_arrow(variation, table, schema), row_group_size=1 << 30)
        return {variation: _length(table) for variation, table in tables.items()}


def _joined(parts: Sequence[Table]) -> Table:
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _length(table: Table) -> int:
    return len(next(iter(table.values())))


def _schema(tables: Mapping[str, Table]) -> Any:
    """All columns of all variations, and in the metadata the order of the variations."""
    fields: dict[str, Any] = {VARIATION: pa.string()}
    for table in tables.values():
        for name, values in table.items():
            fields.setdefault(name, pa.from_numpy_dtype(values.dtype))
    order = "\n".join(tables)
    return pa.schema(list(fields.items()), metadata={_ROW_GROUPS: order.encode()})


def _arrow(variation: str, table: Table, schema: Any) -> Any:
    n = _length(table)
    arrays = []
    for field in schema:
        if field.name == VARIATION:
            arrays.append(pa.array([variation] * n, pa.string()))
        elif field.name in table:
            arrays.append(pa.array(table[field.name]))
        else:
            arrays.append(pa.nulls(n, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


class ChunkFile:
    """A job's file, read whole and verified once."""

    def __init__(self, path: Path, checksum: str) -> None:
        """Reads the file.

        Raises:
            StoreError: when it cannot be read, or is not what the record of its job says.
        """
        self._path = path
        try:
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() != checksum:
                raise StoreError(f"{path} is not what its job wrote", "", _REMEDY)
            self._file = pq.ParquetFile(pa.BufferReader(content))
            order = (self._file.schema_arrow.metadata or {})[_ROW_GROUPS].decode()
        except (OSError, KeyError, pa.ArrowException) as error:
            reason = " ".join(str(error).split())[:200]
            raise StoreError(f"cannot read {path}", reason, _REMEDY) from error
        self._order = order.split("\n") if order else []

    @property
    def types(self) -> dict[str, Any]:
        """Name and arrow type of the columns."""
        return {f.name: f.type for f in self._file.schema_arrow if f.name != VARIATION}

    def empty(self, columns: Sequence[str]) -> Any:
        """An arrow table of these columns without rows.

        Raises:
            StoreError: when a column is not there.
        """
        types = self.types
        for name in columns:
            if name not in types:
                raise StoreError(f"no column '{name}' in {self._path}", "", _REMEDY)
        return pa.schema([(name, types[name]) for name in columns]).empty_table()

    def read(self, variation: str, columns: Sequence[str]) -> Iterator[Any]:
        """The rows of one variation as arrow tables with these columns.

        Raises:
            StoreError: when the variation or a column is not there.
        """
        if variation not in self._order:
            raise StoreError(f"no variation '{variation}' in {self._path}", "", _REMEDY)
        self.empty(columns)
        for group, name in enumerate(self._order):
            if name == variation:
                yield self._file.read_row_group(group, columns=list(columns))
