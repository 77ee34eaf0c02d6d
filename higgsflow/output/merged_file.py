"""Writers of merged files: rows come in pieces and leave in row groups, so memory stays flat.

Row groups are cut by the number of rows alone: how the events were divided into jobs changes
nothing in a file. Rows get their final columns when a row group is full: for small pieces, one by
one, that would take longer than reading them.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from higgsflow.output.arrow_arrays import arrow_number, numbers, numpy_kind, together, without_rows
from higgsflow.output.atomic import checksum
from higgsflow.output.encodings import SAMPLE, encodings
from higgsflow.output.hashed_file import HashedFile
from higgsflow.output.provenance import texts
from higgsflow.output.root_file import new_root_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


ROW_GROUP = 50_000
TREE = "events"
# no tag can be called so: names begin with a letter or digit
ABOUT = "_higgsflow"
# small tables that wait before they are made one: each costs far more than its rows
TABLES = 128


class MergedWriter(ABC):
    """Collects arrow tables of one schema and writes them in large pieces.

    Attributes:
        schema: of what is written.
        final: what becomes of the tables that are added, when they are written.
        rows: added until now.
        checksum: of the file, once it is closed.
        n_waiting: rows in memory, less than a row group after every `add`.
    """

    def __init__(self, path: Path, schema: Any, trees: Mapping[str, int] | None = None) -> None:
        """Opens the file; `trees` has the tag_idx of each tree, where there is one per tag."""
        self.path = path
        self.schema = schema
        self.trees = dict(trees or {})
        self.final: Callable[[Any], Any] = _as_added
        self.rows = 0
        self.checksum = ""
        self.n_waiting = 0
        self._waiting: list[Any] = []

    def add(self, table: Any) -> None:
        """Adds rows; tables of one file have the same columns and types."""
        if not len(table):
            return
        self.rows += len(table)
        self.n_waiting += len(table)
        self._waiting.append(table)
        while self.n_waiting >= ROW_GROUP:
            self._flush(ROW_GROUP)
        if len(self._waiting) >= TABLES:
            self._waiting = [together(self._waiting).combine_chunks()]

    def close(self) -> None:
        """Writes what waits; a file without rows still has its columns."""
        if self.n_waiting:
            self._flush(self.n_waiting)
        elif not self.rows:
            self._write(without_rows(self.schema))
        self.checksum = self._finish()

    @abstractmethod
    def release(self) -> None:
        """Lets go of the file, be it whole or not."""

    def _flush(self, n: int) -> None:
        waiting = together(self._waiting)
        rest = waiting.slice(n)
        self._waiting, self.n_waiting = [rest] if len(rest) else [], len(rest)
        self._write(self.final(waiting.slice(0, n)))

    @abstractmethod
    def _write(self, table: Any) -> None:
        """Writes one piece."""

    @abstractmethod
    def _finish(self) -> str:
        """Ends the file, and returns its checksum."""


def _as_added(table: Any) -> Any:
    return table


class MergedParquet(MergedWriter):
    """Merged events as parquet.

    lz4 and zstd make files of nearly the same size of such numbers, and zstd takes three times as
    long to write and twice as long to read. What lz4 is good for is asked of the first rows.
    """

    def __init__(self, path: Path, schema: Any, trees: Mapping[str, int] | None = None) -> None:
        super().__init__(path, schema, trees)
        self._file = HashedFile(path)
        self._writer: Any = None

    def _write(self, table: Any) -> None:
        rows = pa.Table.from_arrays(table.columns, schema=self.schema)
        if self._writer is None:
            self._writer = _parquet(self._file, rows)
        self._writer.write_table(rows, row_group_size=ROW_GROUP)

    def _finish(self) -> str:
        self._writer.close()
        self.release()
        return self._file.checksum

    def release(self) -> None:
        """Ends what was begun, and closes the file."""
        if self._writer is not None:
            # otherwise arrow would try again when nothing refers to it any more
            with contextlib.suppress(OSError):
                self._writer.close()
        self._file.close()


def _parquet(file: HashedFile, rows: Any) -> Any:
    schema = rows.schema
    text_columns = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    first = {name: numbers(rows[name].slice(0, SAMPLE)) for name in floats}
    split, codecs = encodings(schema, [first])
    return pq.ParquetWriter(
        file,
        schema,
        compression=codecs,
        use_dictionary=text_columns or False,
        # other programs that read these files may know it of floating numbers alone
        use_byte_stream_split=[name for name in split if name in first],
        # rows are in no order of these: the range of a row group would exclude nothing
        write_statistics=[name for name in schema.names if name not in floats],
        write_batch_size=ROW_GROUP,
    )


class MergedRoot(MergedWriter):
    """Merged events as the TTree `events`, or as a TTree per tag.

    The year is in the provenance, not among the branches: ROOT has no type for text that is the
    same in all rows. Provenance and descriptions of columns are texts beside the trees.
    """

    def __init__(self, path: Path, schema: Any, trees: Mapping[str, int] | None = None) -> None:
        super().__init__(path, schema, trees)
        self._numbers = [f.name for f in schema if not pa.types.is_dictionary(f.type)]
        self._file = new_root_file(path)
        for name, text in texts(schema).items():
            self._file[f"{ABOUT}/{name}"] = text
        types = {name: numpy_kind(schema.field(name).type) for name in self._numbers}
        self._trees = {name: self._file.mktree(name, types) for name in self.trees or (TREE,)}

    def _write(self, table: Any) -> None:
        for name, tree in self._trees.items():
            rows = table
            if self.trees:
                rows = table.filter(pc.equal(table["tag_idx"], arrow_number(self.trees[name])))
            if len(rows):
                tree.extend({column: rows[column].to_numpy() for column in self._numbers})

    def _finish(self) -> str:
        self.release()
        # the beginning of the file is written last
        return checksum(self.path)

    def release(self) -> None:
        """Closes the file."""
        self._file.close()


WRITERS: dict[str, Callable[..., MergedWriter]] = {"parquet": MergedParquet, "root": MergedRoot}
