from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from higgsflow.errors import StoreError
from higgsflow.output.atomic import checksum
from higgsflow.output.chunk_file import ChunkFile, ChunkWriter
from higgsflow.output.renamed_file import RenamedFile, by_names_of_today
from higgsflow.records.names import Called

if TYPE_CHECKING:
    from pathlib import Path

CALLED = Called(
    variations={"b_up": "a_up", "a_up": "b_up"}, columns={"x": "y", "y": "x", "again": "x"}
)


@pytest.fixture
def file(tmp_path: Path) -> ChunkFile:
    path = tmp_path / "chunk.parquet"
    writer = ChunkWriter(path)
    for number, variation in enumerate(("a_up", "b_up")):
        values = np.array([1.0, 2.0]) + 10 * number
        writer.add({variation: {"x": values, "y": -values}})
    writer.close()
    return ChunkFile(path, checksum(path))


def test_swapped_variations_and_columns_are_read_as_what_they_are(file: ChunkFile) -> None:
    renamed = by_names_of_today(file, CALLED)
    (table,) = renamed.read("a_up", ["x", "y", "again"])
    assert table.to_pydict() == {"x": [-11, -12], "y": [11, 12], "again": [11, 12]}
    (table,) = renamed.read("b_up", ["x"])
    assert table.to_pydict() == {"x": [-1, -2]}


def test_what_is_not_there_is_an_error(file: ChunkFile) -> None:
    with pytest.raises(StoreError, match="no variation 'c_up'"):
        list(RenamedFile(file, CALLED).read("c_up", ["x"]))
    with pytest.raises(StoreError, match="no column 'z'"):
        list(RenamedFile(file, CALLED).read("a_up", ["z"]))


def test_a_file_whose_names_are_those_of_today_is_itself(file: ChunkFile) -> None:
    assert by_names_of_today(file, Called()) is file
