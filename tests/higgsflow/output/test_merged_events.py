from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot

from higgsflow.errors import StoreError
from higgsflow.output.merged_events import about, column_types, pieces
from higgsflow.output.merged_file import WRITERS

if TYPE_CHECKING:
    from pathlib import Path

TABLE = pa.table(
    {
        "m_gg": pa.array([124.5, float("nan")]),
        "tag_idx": pa.array([1, -1], pa.int16()),
        "event": pa.array([2**63, 5], pa.uint64()),
    }
)


def written(folder: Path, ending: str, table: pa.Table = TABLE) -> Path:
    path = folder / f"nominal.{ending}"
    writer = WRITERS[ending](path, table.schema)
    writer.add(table)
    writer.close()
    return path


@pytest.mark.parametrize("ending", sorted(WRITERS))
def test_all_formats_give_the_same_columns_and_types(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, ending)
    assert column_types(path) == {f.name: f.type for f in TABLE.schema}
    (rows,) = pieces(path, {"m_gg", "tag_idx"})
    np.testing.assert_array_equal(rows["m_gg"], [124.5, np.nan])
    np.testing.assert_array_equal(rows["tag_idx"], [1, -1])


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_no_thread_of_arrow_reads(tmp_path: Path) -> None:
    """One that is still at it when Python ends aborts the whole program."""
    code = """
import os, sys, pathlib
from higgsflow.output.merged_events import read
before = os.listdir("/proc/self/task")
assert read(pathlib.Path(sys.argv[1])).num_rows == 2
assert os.listdir("/proc/self/task") == before
"""
    path = written(tmp_path, "parquet")
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


@pytest.mark.parametrize("ending", sorted(WRITERS))
def test_a_file_without_rows_has_its_columns(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, ending, TABLE.slice(0, 0))
    assert list(column_types(path)) == TABLE.column_names
    assert sum(len(rows["m_gg"]) for rows in pieces(path, {"m_gg"})) == 0


@pytest.mark.parametrize("ending", sorted(WRITERS))
def test_a_damaged_file_is_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"nominal.{ending}"
    path.write_bytes(b"no such format")
    for look in (column_types, about):
        with pytest.raises(StoreError, match=r"cannot read .*nominal"):
            look(path)


@pytest.mark.parametrize("ending", sorted(WRITERS))
def test_of_a_file_that_was_cut_off_or_overwritten_it_is_told(tmp_path: Path, ending: str) -> None:
    content = written(tmp_path, ending).read_bytes()
    damaged = tmp_path / f"damaged.{ending}"
    told = []
    for place in range(0, len(content), 37):
        for left in (content[:place], content[:place] + bytes(37) + content[place + 37 :]):
            damaged.write_bytes(left)
            try:
                about(damaged)
                list(pieces(damaged, {"m_gg"}))
            except StoreError as error:
                told.append(error.what)
    assert {*told} == {f"cannot read {damaged}"}


def test_rows_of_all_trees_are_read(tmp_path: Path) -> None:
    path = tmp_path / "nominal.root"
    writer = WRITERS["root"](path, TABLE.schema, {"a": 0, "b": 1, "untagged": -1})
    writer.add(TABLE)
    writer.close()
    assert column_types(path) == {f.name: f.type for f in TABLE.schema}
    values = [x for rows in pieces(path, {"m_gg"}) for x in rows["m_gg"]]
    np.testing.assert_array_equal(values, [124.5, np.nan])


def test_several_merged_files_in_one_are_none(tmp_path: Path) -> None:
    """As hadd leaves them: the texts of each in a cycle, of which the last would speak for all."""
    path = tmp_path / "all.root"
    with uproot.recreate(path) as file:
        for sample in ("Data", "Sig"):
            file["_higgsflow/provenance"] = json.dumps({"sample": sample})
    with pytest.raises(StoreError, match="is several merged files in one") as caught:
        about(path)
    assert caught.value.remedy == "name the files that it was made of"


def test_what_has_no_columns_to_tell_of_says_where_it_is_from(tmp_path: Path) -> None:
    path = tmp_path / "finalfit.root"
    with uproot.recreate(path) as file:
        file["_higgsflow/provenance"] = json.dumps({"sample": "Sig"})
    assert about(path) == {"provenance": {"sample": "Sig"}}


@pytest.mark.parametrize("differs", ["process_id", "year"])
def test_merged_tables_that_were_put_together_are_none(tmp_path: Path, differs: str) -> None:
    """Arrow keeps what the first of them says of itself."""
    same = {"process_id": 1, "year": "2017", "m_gg": 1.0}
    tables = [pa.table({name: [value] for name, value in same.items()}) for _ in range(2)]
    tables[0] = tables[0].replace_schema_metadata({"higgsflow": json.dumps({"sample": "Sig"})})
    pq.write_table(pa.concat_tables(tables), tmp_path / "same.parquet")
    assert about(tmp_path / "same.parquet")["provenance"] == {"sample": "Sig"}
    other = {"process_id": 2, "year": "2018"}[differs]
    tables[1] = pa.table({**{name: [value] for name, value in same.items()}, differs: [other]})
    path = tmp_path / "all.parquet"
    # each in a row group of its own
    pq.write_table(pa.concat_tables(tables), path, row_group_size=1)
    with pytest.raises(StoreError, match="is several merged files in one"):
        about(path)
    # of others it is not said
    pq.write_table(pa.concat_tables(tables).replace_schema_metadata(None), path)
    assert about(path)["provenance"] == {}
