"""Two sides in parts that fit the memory: an event is in the same part on both sides."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from higgsflow.diff.source import EVENT, LUMI, RUN
from higgsflow.output.arrow_arrays import arrow_array, numbers
from higgsflow.splitmix import mixed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from higgsflow.diff.source import Piece

ROWS = 250_000  # of one side in a part
# so many files may be open at a time; with more rows than that the parts are larger
_MOST = 400


def parts(a: Iterable[Piece], b: Iterable[Piece], n_rows: int) -> Iterator[tuple[Piece, Piece]]:
    """The rows of both sides, part by part; pieces wait on disk if they are more than one part.

    Each side has at least one piece, which may be empty; `n_rows` is of the larger side.
    """
    n_parts = min(max(1, -(-n_rows // ROWS)), _MOST)
    if n_parts == 1:
        yield _joined(list(a)), _joined(list(b))
        return
    with tempfile.TemporaryDirectory(prefix="higgsflow_diff_") as folder:
        sides = [Path(folder, side) for side in "ab"]
        for path, pieces in zip(sides, (a, b), strict=True):
            path.mkdir()
            _spill(pieces, path, n_parts)
        for number in range(n_parts):
            read = [_read(path / f"{number}.arrow") for path in sides]
            yield read[0], read[1]


def _joined(pieces: list[Piece]) -> Piece:
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def _spill(pieces: Iterable[Piece], folder: Path, n_parts: int) -> None:
    with ExitStack() as stack:
        writers: dict[int, Any] = {}
        for piece in pieces:
            where = part_of(piece, n_parts)
            columns = [arrow_array(values) for values in piece.values()]
            table = pa.Table.from_arrays(columns, names=list(piece))
            for number in range(n_parts):
                if number not in writers:
                    path = str(folder / f"{number}.arrow")
                    writers[number] = stack.enter_context(pa.ipc.new_file(path, table.schema))
                writers[number].write_table(table.filter(arrow_array(where == number)))


def _read(path: Path) -> Piece:
    with pa.OSFile(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
        return {name: np.array(numbers(table[name])) for name in table.column_names}


def part_of(piece: Piece, n_parts: int) -> npt.NDArray[np.uint64]:
    """The part of each row, which depends on its event only."""
    lumi = (piece[RUN] << np.uint64(32)) | piece[LUMI]
    return np.asarray(mixed(mixed(lumi) ^ piece[EVENT]) % np.uint64(n_parts))
