from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from higgsflow.errors import StoreError
from higgsflow.output import chunk_file
from higgsflow.output.atomic import checksum
from higgsflow.output.chunk_file import ChunkFile, ChunkWriter
from higgsflow.output.verified import Verified

ROOT = Path(__file__).resolve().parents[3]
# what this process has read, as Linux counts it
IO = Path("/proc/self/io")


def table(*values: float) -> dict[str, Any]:
    return {"m_gg": np.array(values, np.float64), "tag_idx": np.arange(len(values), dtype=np.int16)}


def write(folder: Path, *blocks: dict[str, Any]) -> ChunkFile:
    path = folder / "a.parquet"
    writer = ChunkWriter(path)
    for block in blocks:
        writer.add(block)
    writer.close()
    return ChunkFile(path, checksum(path))


def values(file: ChunkFile, variation: str, column: str = "m_gg") -> list[Any]:
    return [x for part in file.read(variation, [column]) for x in part[column].to_pylist()]


def test_blocks_of_a_variation_follow_each_other(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        {"nominal": table(1.0, 2.0), "up": table(3.0)},
        {"nominal": table(4.0), "up": table()},
    )
    assert values(file, "nominal") == [1.0, 2.0, 4.0]
    assert values(file, "up") == [3.0]


def test_rows_of_every_variation_are_returned(tmp_path: Path) -> None:
    writer = ChunkWriter(tmp_path / "a.parquet")
    writer.add({"nominal": table(1.0, 2.0), "up": table()})
    assert writer.close() == {"nominal": 2, "up": 0}


@pytest.mark.parametrize("empty", ["nominal", "up", "down"])
def test_variation_without_rows_does_not_shift_the_others(tmp_path: Path, empty: str) -> None:
    """An empty variation has a row group too; once the next ones were read in its place."""
    rows = {"nominal": [1.0, 2.0], "up": [3.0], "down": [4.0, 5.0]}
    rows[empty] = []
    file = write(tmp_path, {variation: table(*x) for variation, x in rows.items()})
    assert {variation: values(file, variation) for variation in rows} == rows


def test_no_rows_at_all_keep_columns_and_types(tmp_path: Path) -> None:
    file = write(tmp_path, {"nominal": table(), "up": table()})
    assert file.types == {"m_gg": pa.float64(), "tag_idx": pa.int16()}
    assert [t.num_rows for t in file.read("nominal", ["m_gg"])] in ([], [0])


def test_types_are_kept(tmp_path: Path) -> None:
    columns = {
        "run": np.array([1], np.uint32),
        "event": np.array([2**63], np.uint64),
        "flag": np.array([True]),
        "x": np.array([1.5], np.float32),
    }
    file = write(tmp_path, {"nominal": columns})
    assert list(map(str, file.types.values())) == ["uint32", "uint64", "bool", "float"]
    assert {c: values(file, "nominal", c)[0] for c in columns} == {
        "run": 1,
        "event": 2**63,
        "flag": True,
        "x": 1.5,
    }


def test_column_that_a_variation_has_not_is_null_there(tmp_path: Path) -> None:
    nominal = {**table(1.0), "weight_pu_up": np.array([2.0])}
    file = write(tmp_path, {"up": table(3.0), "nominal": nominal})
    assert values(file, "up", "weight_pu_up") == [None]
    assert values(file, "nominal", "weight_pu_up") == [2.0]


def test_what_no_variation_may_lack_needs_no_flags_of_missing_values(tmp_path: Path) -> None:
    nominal = {**table(1.0), "weight_pu_up": np.array([2.0])}
    flagged = write(tmp_path, {"nominal": nominal, "up": table(3.0)})
    columns = list(nominal)
    expected = [next(iter(flagged.read(name, columns))) for name in ("nominal", "up")]
    path = tmp_path / "b.parquet"
    writer = ChunkWriter(path, ["weight_pu_up", "weight_pu_down"])
    writer.add({"nominal": nominal})
    writer.add({"up": table(3.0)})
    writer.close()
    assert {field.name: field.nullable for field in pq.read_schema(path)} == {
        "variation": False,
        "m_gg": False,
        "tag_idx": False,
        "weight_pu_up": True,
    }
    file = ChunkFile(path, checksum(path))
    found = [next(iter(file.read(name, columns))) for name in ("nominal", "up")]
    # who reads them sees no difference
    assert [t.schema for t in found] == [t.schema for t in expected]
    assert all(one.equals(other) for one, other in zip(found, expected, strict=True))


@pytest.mark.skipif(not IO.exists(), reason="the system does not count what is read")
def test_of_a_file_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    """But for the comparison of its checksum, once."""
    names, random = [f"v{i}" for i in range(20)], np.random.default_rng(5)
    write(tmp_path, {name: {"m_gg": random.normal(size=20_000)} for name in names})
    path, verified = tmp_path / "a.parquet", Verified()
    expected = checksum(path)
    ChunkFile(path, expected, verified)
    before = n_bytes_read()
    (found,) = ChunkFile(path, expected, verified).read("v7", ["m_gg"])
    assert len(found) == 20_000
    assert n_bytes_read() - before < path.stat().st_size / 10


def n_bytes_read() -> int:
    """By this process until now, from wherever."""
    return int(IO.read_text().split()[1])


def test_missing_column_that_is_not_optional_is_refused(tmp_path: Path) -> None:
    writer = ChunkWriter(tmp_path / "a.parquet", [])
    writer.add({"nominal": table(1.0), "down": {"tag_idx": np.zeros(1, dtype=np.int16)}})
    with pytest.raises(ValueError, match="'m_gg' is missing in down"):
        writer.close()


def test_variation_is_a_column_of_the_file_itself(tmp_path: Path) -> None:
    write(tmp_path, {"nominal": table(1.0), "up": table(), "down": table(2.0)})
    assert pq.read_table(tmp_path / "a.parquet")["variation"].to_pylist() == ["nominal", "down"]


@pytest.mark.parametrize(
    ("variation", "column", "reason"),
    [("up", "m_gg", "no variation 'up'"), ("nominal", "pt_gg", "no column 'pt_gg'")],
)
def test_what_is_not_there_is_named(
    tmp_path: Path, variation: str, column: str, reason: str
) -> None:
    file = write(tmp_path, {"nominal": table(1.0)})
    with pytest.raises(StoreError, match=reason):
        list(file.read(variation, [column]))


def test_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"nominal": table(1.0)})
    path = tmp_path / "a.parquet"
    known = checksum(path)
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is not what its job wrote"):
        ChunkFile(path, known)


def told(path: Path, known: str) -> str:
    with pytest.raises(StoreError) as caught:
        ChunkFile(path, known)
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


def test_what_is_no_output_of_a_job_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    assert f"cannot read {path}" in told(path, "")
    path.write_text("no parquet")
    assert f"cannot read {path}" in told(path, checksum(path))
    pq.write_table(pa.table({"x": [1]}), path)
    assert f"cannot read {path}" in told(path, checksum(path))


def test_rows_leave_memory_before_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was added in which block, and when it was written, changes nothing for a reader."""
    monkeypatch.setattr(chunk_file, "_BUFFER", 100)
    blocks = [{"nominal": table(*range(10 * i, 10 * i + 10)), "up": table()} for i in range(5)]
    blocks[3]["up"] = table(7.0)
    file = write(tmp_path, *blocks)
    assert values(file, "nominal") == list(range(50))
    assert values(file, "up") == [7.0]
    groups = pq.ParquetFile(tmp_path / "a.parquet").num_row_groups
    # one each time, which both share where the other one has rows, and at first, for its types
    assert groups == 5


def test_variations_of_few_rows_share_a_row_group(tmp_path: Path) -> None:
    """A row group costs as much as some thousand rows, in time and room, to write and to read."""
    many = {"nominal": {**table(*range(5000)), "weight_pu_up": np.arange(5000.0)}}
    few = {f"v{i}_up": table(*range(i)) for i in range(40)}
    file = write(tmp_path, many | few)
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups == 2
    assert {name: values(file, name) for name in few} == {
        f"v{i}_up": list(range(i)) for i in range(40)
    }
    assert values(file, "nominal", "weight_pu_up") == list(range(5000))
    assert values(file, "v3_up", "weight_pu_up") == [None] * 3
    # in any order, and with other columns
    assert values(file, "v3_up", "tag_idx") == [0, 1, 2]
    assert values(file, "nominal", "tag_idx") == list(range(5000))
    written = pq.read_table(tmp_path / "a.parquet")["variation"].to_pylist()
    assert written == ["nominal"] * 5000 + [f"v{i}_up" for i in range(40) for _ in range(i)]


def test_a_column_of_another_type_in_a_later_block_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk_file, "_BUFFER", 1)
    other = {**table(1.0), "tag_idx": np.array([70_000])}
    with pytest.raises(pa.ArrowInvalid, match="70000 not in range"):
        write(tmp_path, {"nominal": table(1.0)}, {"nominal": other})


def test_a_column_that_comes_after_rows_were_written_is_not_lost_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk_file, "_BUFFER", 1)
    wider = {**table(1.0), "weight": np.ones(1)}
    with pytest.raises(ValueError, match="'weight' of up came after"):
        write(tmp_path, {"nominal": table(1.0)}, {"up": wider})
    file = write(tmp_path, {"nominal": wider}, {"up": table(2.0)})
    assert values(file, "up", "weight") == [None]


def test_writing_and_reading_do_without_pandas(tmp_path: Path) -> None:
    """It takes half a second to import, and is there where something else needs it."""
    (tmp_path / "pandas.py").write_text("raise SystemExit('somebody imports pandas')\n")
    program = """
import sys, numpy as np
from pathlib import Path
from higgsflow.output.atomic import checksum
from higgsflow.output.chunk_file import ChunkFile, ChunkWriter
path = Path(sys.argv[1])
writer = ChunkWriter(path)
writer.add({"nominal": {"x": np.arange(5.0), "flag": np.arange(5) > 2, "n": np.arange(5)}})
writer.close()
print([len(t) for t in ChunkFile(path, checksum(path)).read("nominal", ["x", "flag"])])
"""
    command = [sys.executable, "-c", program, str(tmp_path / "a.parquet")]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("[5]\n", 0), done.stderr
