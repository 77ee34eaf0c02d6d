"""The file of a job under the names of today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from higgsflow.records.names import Called

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.output.chunk_file import ChunkFile


class RenamedFile:
    """A job's file, asked by the names of today for what is called otherwise in it."""

    def __init__(self, file: ChunkFile, called: Called) -> None:
        self._file, self._called = file, called

    def read(self, variation: str, columns: Sequence[str]) -> Iterator[Any]:
        """The rows of one variation as arrow tables with these columns.

        Raises:
            StoreError: when the variation or a column is not there.
        """
        stored = self._called.variation(variation)
        for table in self._file.read(stored, self._stored(columns)):
            yield self._renamed(table, columns)

    def _stored(self, columns: Sequence[str]) -> list[str]:
        """Each once, also where two of today are one in the file."""
        return list(dict.fromkeys(map(self._called.column, columns)))

    def _renamed(self, table: Any, columns: Sequence[str]) -> Any:
        return table.select(list(map(self._called.column, columns))).rename_columns(list(columns))


def by_names_of_today(file: ChunkFile, called: Called) -> ChunkFile | RenamedFile:
    """The file as it is, where nothing is called otherwise."""
    return file if called == Called() else RenamedFile(file, called)
