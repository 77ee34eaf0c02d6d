"""The file a job writes: all its variations, in row groups that its metadata name."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from higgsflow.errors import StoreError, said_by
from higgsflow.output.encodings import encodings
from higgsflow.output.packed import PACKED, Packed
from higgsflow.output.row_groups import (
    VARIATION,
    Form,
    arrow_table,
    grouped,
    line_of,
    n_rows,
    parts_of,
)
from higgsflow.output.verified import REMEDY, Verified

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from higgsflow.output.packed import Table

_ROW_GROUPS, _PACKED = b"higgsflow.row_groups", b"higgsflow.packed_columns"
# bytes of tables that wait until they are written
_BUFFER = 16_000_000
# of one column, so that the rows of a variation are one page
_PAGE = 1 << 22
_BATCH = 1 << 20
# bytes that are given to the system at once
_STREAM = 1 << 20


class ChunkWriter:
    """Writes tables per variation; what waits in memory is bounded, however much is written.

    The columns of the file are those of the tables that came before the first rows were written.
    """

    def __init__(self, path: Path, optional: Collection[str] | None = None) -> None:
        """Nothing is written before there are rows enough, or the end.

        `optional` are columns that a variation may lack; all for None. The others need no flags of
        missing values, which take a quarter of the time.
        """
        self._path, self._optional = path, optional
        self._parts: dict[str, list[Table]] = {}
        self._n_bytes = 0
        self._rows: dict[str, int] = {}
        self._written: set[str] = set()
        self._lines: list[str] = []
        self._stream: Any = None
        self._file: Any = None
        self._form: Form

    def add(self, tables: Mapping[str, Table]) -> None:
        """Adds what one block gave, per variation; also tables without rows, for their types."""
        for variation, table in tables.items():
            self._parts.setdefault(variation, []).append(table)
            self._rows[variation] = self._rows.get(variation, 0) + n_rows(table)
            self._n_bytes += sum(values.nbytes for values in table.values())
        if self._n_bytes >= _BUFFER:
            self._flush()

    def close(self) -> dict[str, int]:
        """Writes what waits, and the end of the file; returns rows per variation."""
        self._flush()
        facts = {_ROW_GROUPS: "\n".join(self._lines), _PACKED: self._form.packed.text}
        self._file.add_key_value_metadata({name: text.encode() for name, text in facts.items()})
        self._file.close()
        self._stream.close()
        return self._rows

    def _flush(self) -> None:
        """Writes what waits; a variation without rows has a place too, with columns and types."""
        tables = {variation: _joined(parts) for variation, parts in self._parts.items()}
        self._parts, self._n_bytes = {}, 0
        if self._file is None:
            # a column of a row group is too little to bother the system with
            self._stream = pa.output_stream(self._path, compression=None, buffer_size=_STREAM)
            packed = Packed.of(tables.values(), self._optional or ())
            self._form = Form(_schema(tables, self._optional, packed), packed)
            self._file = _parquet(self._stream, self._form.schema, tables)
        fresh = {name: t for name, t in tables.items() if n_rows(t) or name not in self._written}
        for group in grouped(fresh):
            rows = arrow_table(group, self._form)
            self._file.write_table(rows, row_group_size=1 << 30)
            self._lines.append(line_of(group))
        self._written |= set(fresh)


def _joined(parts: Sequence[Table]) -> Table:
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _schema(tables: Mapping[str, Table], optional: Collection[str] | None, packed: Packed) -> Any:
    """All columns of all variations."""
    kinds: dict[str, Any] = {}
    for table in tables.values():
        for name, values in table.items():
            if name not in kinds and name not in packed.types:
                kinds[name] = pa.from_numpy_dtype(values.dtype)
    fields = [
        pa.field(name, kind, nullable=optional is None or name in optional)
        for name, kind in kinds.items()
    ]
    if packed.kinds:
        fields.append(pa.field(PACKED, pa.binary()))
    kind = pa.dictionary(pa.int32(), pa.string())
    return pa.schema([pa.field(VARIATION, kind, nullable=False), *fields])


def _parquet(file: Any, schema: Any, tables: Mapping[str, Table]) -> Any:
    split, codecs = encodings(schema, tables.values())
    return pq.ParquetWriter(
        file,
        schema,
        # so that readers find texts, and no dictionary
        store_schema=False,
        compression=codecs,
        use_dictionary=[VARIATION],
        use_byte_stream_split=split,
        # nobody looks for rows by their values in these files
        write_statistics=False,
        data_page_size=_PAGE,
        write_batch_size=_BATCH,
    )


class ChunkFile:
    """A job's file, verified, whose row groups are read one by one when they are asked for."""

    def __init__(self, path: Path, checksum: str, verified: Verified | None = None) -> None:
        """Opens the file; its checksum is compared unless it is among the `verified` ones.

        Raises:
            StoreError: when it cannot be read, or is not what the record of its job says.
        """
        self._path = path
        with unreadable(path):
            # first, so that what is verified is what is read, should it be replaced meanwhile
            source = pa.OSFile(str(path))
            (verified or Verified()).verify(path, checksum)
            self._file = pq.ParquetFile(source, pre_buffer=False)
            facts = self._file.metadata.metadata or {}
            self._places = _places(facts[_ROW_GROUPS].decode().splitlines())
            # what was written before there were such columns says nothing of them
            self._packed = Packed.from_text(facts.get(_PACKED, b"[]").decode())
        self._shared: tuple[int, dict[str, Any]] = (-1, {})

    @functools.cached_property
    def types(self) -> dict[str, Any]:
        """Name and arrow type of the columns."""
        known = {f.name: f.type for f in self._file.schema_arrow}
        hidden = {VARIATION, PACKED} if self._packed.kinds else {VARIATION}
        own = {name: kind for name, kind in known.items() if name not in hidden}
        return {**own, **self._packed.types}

    def read(self, variation: str, columns: Sequence[str]) -> Iterator[Any]:
        """The rows of one variation as arrow tables with these columns; one at least.

        Raises:
            StoreError: when the variation or a column is not there.
        """
        if variation not in self._places:
            raise StoreError(f"no variation '{variation}' in {self._path}", "", REMEDY)
        self._check(columns)
        schema = self._schema_of(columns)
        for group, part in self._places[variation]:
            rows = self._rows(group, columns) if part is None else self._kept(group, columns)
            table = pa.Table.from_arrays([rows[name] for name in columns], schema=schema)
            yield table if part is None else table.slice(part.start, part.stop - part.start)

    def _rows(self, group: int, columns: Sequence[str]) -> Mapping[str, Any]:
        packed = [name for name in columns if name in self._packed.types]
        wanted = [name for name in columns if name not in self._packed.types]
        names = [*wanted, PACKED] if packed else wanted
        with unreadable(self._path):
            # threads would cost more than they give for so few rows
            table = self._file.read_row_group(group, names, use_threads=False)
        found = {name: table[name] for name in wanted}
        return found | (self._packed.columns(table[PACKED], packed) if packed else {})

    def _kept(self, group: int, columns: Sequence[str]) -> Mapping[str, Any]:
        """Columns of a row group that variations share, which the next one will ask for too."""
        if self._shared[0] != group:
            self._shared = (group, {})
        known = self._shared[1]
        if unread := [name for name in columns if name not in known]:
            rows = self._rows(group, unread)
            known |= {name: rows[name] for name in unread}
        return known

    def _schema_of(self, columns: Sequence[str]) -> Any:
        """Of columns of which each may have missing values: it is the same for all files."""
        return pa.schema([(name, self.types[name]) for name in columns])

    def _check(self, columns: Sequence[str]) -> None:
        for name in columns:
            if name not in self.types:
                raise StoreError(f"no column '{name}' in {self._path}", "", REMEDY)


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """Errors of the system and of arrow, with the file that they are about."""
    try:
        yield
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        reason = said_by(error)
        raise StoreError(f"cannot read {path}", reason, REMEDY) from error


def _places(lines: Sequence[str]) -> dict[str, list[tuple[int, slice | None]]]:
    """The row groups of each variation, and which of their rows are its own."""
    found: dict[str, list[tuple[int, slice | None]]] = {}
    for group, line in enumerate(lines):
        for variation, part in parts_of(line):
            found.setdefault(variation, []).append((group, part))
    return found
