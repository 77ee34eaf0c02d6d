from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from higgsflow.output.atomic import checksum
from higgsflow.output.chunk_file import ChunkFile, ChunkWriter
from higgsflow.output.encodings import encodings

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(7)
N = 5000
COLUMNS = {
    "event": np.arange(N, dtype=np.uint64),
    "tag_idx": RNG.integers(-1, 3, N).astype(np.int16),
    "random": RNG.normal(size=N),
    "coarse": RNG.normal(size=N).astype(np.float32).astype(np.float64),
    "constant": np.ones(N),
    "flag": RNG.random(N) > 0.5,
}


def schema_of(columns: dict[str, Any]) -> Any:
    return pa.schema([(name, pa.from_numpy_dtype(x.dtype)) for name, x in columns.items()])


def test_what_does_not_shrink_is_left_as_it_is() -> None:
    split, codecs = encodings(schema_of(COLUMNS), [COLUMNS])
    assert split == ["event", "tag_idx", "coarse", "constant"]
    assert {name for name, codec in codecs.items() if codec == "none"} == {"random"}


def test_of_few_rows_nothing_is_known() -> None:
    few = {name: values[:10] for name, values in COLUMNS.items()}
    assert set(encodings(schema_of(few), [few])[1].values()) == {"lz4"}


def test_a_column_that_only_a_later_table_has_is_looked_at() -> None:
    first = {name: values for name, values in COLUMNS.items() if name != "random"}
    assert encodings(schema_of(COLUMNS), [first, COLUMNS])[1]["random"] == "none"


@pytest.mark.parametrize("n", [0, 10, N])
def test_every_encoding_is_read_as_it_was_written(tmp_path: Path, n: int) -> None:
    path = tmp_path / "a.parquet"
    writer = ChunkWriter(path)
    writer.add({"nominal": {name: values[:n] for name, values in COLUMNS.items()}})
    writer.close()
    (found,) = ChunkFile(path, checksum(path)).read("nominal", list(COLUMNS))
    for name, values in COLUMNS.items():
        np.testing.assert_array_equal(found[name].to_numpy(), values[:n])


def test_columns_that_are_not_compressed_take_their_own_size(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    writer = ChunkWriter(path)
    writer.add({"nominal": COLUMNS})
    writer.close()
    group = pq.ParquetFile(path).metadata.row_group(0)
    columns = [group.column(i) for i in range(group.num_columns)]
    codecs = {c.path_in_schema: c.compression for c in columns}
    assert codecs["random"] == "UNCOMPRESSED"
    sizes = {c.path_in_schema: c.total_compressed_size / c.total_uncompressed_size for c in columns}
    assert max(sizes[name] for name in ("event", "tag_idx", "coarse", "constant")) < 0.6
