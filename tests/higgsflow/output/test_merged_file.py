from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from higgsflow.model.analysis import AnalysisModel
from higgsflow.output import merged_file
from higgsflow.output.atomic import checksum
from higgsflow.output.merged_events import read
from higgsflow.output.merged_file import WRITERS, MergedParquet

if TYPE_CHECKING:
    from pathlib import Path


def table(start: int, stop: int) -> pa.Table:
    return pa.table({"x": pa.array(range(start, stop), pa.int32())})


def test_less_than_a_row_group_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many job outputs there are, and however small or large each is."""
    monkeypatch.setattr(merged_file, "ROW_GROUP", 50)
    monkeypatch.setattr(merged_file, "TABLES", 8)
    writer = MergedParquet(tmp_path / "a.parquet", table(0, 0).schema)
    edges = [*range(200), 200, 200, 500, 503]
    for start, stop in pairwise(edges):
        writer.add(table(start, stop))
        assert writer.n_waiting < 50
        assert len(writer._waiting) < 8
    writer.close()
    assert writer.rows == 503
    file = pq.ParquetFile(tmp_path / "a.parquet")
    assert [file.metadata.row_group(i).num_rows for i in range(11)] == [50] * 10 + [3]
    assert file.read()["x"].to_pylist() == list(range(503))


def test_every_format_that_a_configuration_may_name_has_a_writer() -> None:
    named = AnalysisModel.model_fields["output_format"].annotation
    assert get_args(named) == tuple(WRITERS)


@pytest.mark.parametrize("ending", sorted(WRITERS))
@pytest.mark.parametrize("n", [0, 1, 49, 50, 51, 100])
def test_every_row_is_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, n: int
) -> None:
    monkeypatch.setattr(merged_file, "ROW_GROUP", 50)
    path = tmp_path / f"a.{ending}"
    writer = WRITERS[ending](path, table(0, 0).schema)
    for start in range(0, n, 7):
        writer.add(table(start, min(start + 7, n)))
    writer.close()
    assert read(path)["x"].to_pylist() == list(range(n))
    assert writer.checksum == checksum(path)


def test_what_does_not_shrink_is_not_compressed(tmp_path: Path) -> None:
    """Whole numbers are never split: only newer programs read that."""
    random = np.random.default_rng(3).normal(size=3000)
    rows = pa.table({"random": random, "coarse": random.astype(np.float32).astype(np.float64),
                     "event": np.arange(3000)})  # fmt: skip
    writer = MergedParquet(tmp_path / "a.parquet", rows.schema)
    writer.add(rows)
    writer.close()
    group = pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0)
    columns = {name: group.column(i) for i, name in enumerate(rows.column_names)}
    found = {name: column.compression for name, column in columns.items()}
    assert found == {"random": "UNCOMPRESSED", "coarse": "LZ4", "event": "LZ4"}
    split = [n for n, column in columns.items() if "BYTE_STREAM_SPLIT" in column.encodings]
    assert split == ["coarse"]
    assert read(tmp_path / "a.parquet").cast(rows.schema).equals(rows)


def test_rows_become_final_in_whole_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small the pieces are in which they come."""
    monkeypatch.setattr(merged_file, "ROW_GROUP", 50)
    lengths = []

    def doubled(rows: pa.Table) -> pa.Table:
        lengths.append(len(rows))
        return pa.table({"x": pa.array([2 * x for x in rows["x"].to_pylist()], pa.int32())})

    writer = MergedParquet(tmp_path / "a.parquet", table(0, 0).schema)
    writer.final = doubled
    for start in range(0, 120, 3):
        writer.add(table(start, start + 3))
    writer.close()
    assert lengths == [50, 50, 20]
    assert read(tmp_path / "a.parquet")["x"].to_pylist() == [2 * x for x in range(120)]
