from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.errors import StoreError
from higgsflow.output import chunk_file, packed
from higgsflow.output.atomic import checksum
from higgsflow.output.chunk_file import ChunkFile, ChunkWriter
from higgsflow.output.packed import PACKED, Packed

if TYPE_CHECKING:
    from pathlib import Path

OPTIONAL = ("weight_up", "weight_down", "bin", "flag")
TYPES = (np.float64, np.float32, np.int16, np.bool_)


def table(n: int, begin: int = 0, has_weights: bool = False) -> dict[str, Any]:
    numbers = np.arange(begin, begin + n)
    found: dict[str, Any] = {"m_gg": numbers / 4}
    if has_weights:
        found |= {
            name: (numbers % 7 + i).astype(kind)
            for i, (name, kind) in enumerate(zip(OPTIONAL, TYPES, strict=True))
        }
    return found


def written(path: Path, *blocks: dict[str, Any], optional: Any = OPTIONAL) -> ChunkFile:
    writer = ChunkWriter(path, optional)
    for block in blocks:
        writer.add(block)
    writer.close()
    return ChunkFile(path, checksum(path))


def rows(file: ChunkFile, variation: str, columns: list[str]) -> dict[str, Any]:
    return pa.concat_tables(file.read(variation, columns)).to_pydict()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 5000), st.booleans()), min_size=1, max_size=5),
    st.permutations(["m_gg", *OPTIONAL]),
    st.integers(1, 5),
)
def test_a_reader_sees_the_columns_that_were_written(
    tmp_path_factory: pytest.TempPathFactory,
    sizes: list[tuple[int, bool]],
    columns: list[str],
    n_columns: int,
) -> None:
    """As many rows as there are, whether groups are shared or not, and whoever has the columns."""
    tables = {f"v{i}": table(n, 10 * i, has) for i, (n, has) in enumerate(sizes)}
    folder = tmp_path_factory.mktemp("packed")
    of_bytes, plain = (
        written(folder / name, tables, optional=optional)
        for name, optional in (("a", OPTIONAL), ("b", None))
    )
    known = [name for name in columns[:n_columns] if name in plain.types]
    assert of_bytes.types == plain.types
    for name in tables:
        assert rows(of_bytes, name, known) == rows(plain, name, known)
        one, other = (next(iter(file.read(name, known))) for file in (of_bytes, plain))
        assert one.schema == other.schema


def test_what_most_variations_lack_is_one_column(tmp_path: Path) -> None:
    written(tmp_path / "a", {"nominal": table(3, has_weights=True), "up": table(2)})
    names = ["variation", "m_gg", PACKED]
    assert pq.read_schema(tmp_path / "a").names == names
    assert pq.read_table(tmp_path / "a")[PACKED].null_count == 2


@pytest.mark.parametrize(
    "tables",
    [
        {"nominal": table(3, has_weights=True)},
        {"nominal": table(3, has_weights=True), "up": table(3, has_weights=True)},
        {"nominal": {**table(3), "bin": np.arange(3)}, "up": table(2)},
        {"nominal": table(3, has_weights=True), "up": {**table(2), "bin": np.arange(2)}},
        {
            "nominal": {**table(1), **{f"w{i}": np.ones(1) for i in range(600)}},
            "up": table(1),
        },
    ],
)
def test_columns_stand_by_themselves_where_nothing_is_gained(
    tmp_path: Path, tables: dict[str, Any]
) -> None:
    """No variation lacks them, or there is one, or one variation has a part, or they are wide."""
    optional = {name for t in tables.values() for name in t} - {"m_gg"}
    file = written(tmp_path / "a", tables, optional=optional)
    assert PACKED not in pq.read_schema(tmp_path / "a").names
    assert set(file.types) == {"m_gg"} | optional


def test_a_column_of_that_name_is_one_like_others(tmp_path: Path) -> None:
    nominal = {**table(2, has_weights=True), PACKED: np.array([1.5, 2.5])}
    file = written(tmp_path / "a", {"nominal": nominal, "up": {**table(1), PACKED: np.ones(1)}})
    assert rows(file, "nominal", [PACKED, "bin"]) == {PACKED: [1.5, 2.5], "bin": [2, 3]}
    assert rows(file, "up", [PACKED]) == {PACKED: [1.0]}


def test_many_rows_are_in_several_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrow would count the bytes of too many rows in silence, and lose them."""
    monkeypatch.setattr(packed, "_ROWS", 3)
    column = Packed((("m_gg", "<f8"), ("bin", "<i2"))).array([table(8, has_weights=True)], [8])
    assert [len(piece) for piece in column.chunks] == [3, 3, 2]
    file = written(tmp_path / "a", {"nominal": table(8, has_weights=True), "up": table(7)})
    assert rows(file, "nominal", ["bin"]) == {"bin": [2, 3, 4, 5, 6, 7, 8, 2]}
    assert rows(file, "up", ["bin"]) == {"bin": [None] * 7}


def test_blocks_that_come_later_have_all_of_them_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk_file, "_BUFFER", 1)
    first = {"nominal": table(3, has_weights=True), "up": table(2)}
    file = written(tmp_path / "a", first, {"up": table(2, 5), "nominal": table(1, 5, True)})
    assert rows(file, "nominal", ["bin"]) == {"bin": [2, 3, 4, 7]}
    assert rows(file, "up", ["flag", "m_gg"]) == {
        "flag": [None] * 4,
        "m_gg": [0.0, 0.25, 1.25, 1.5],
    }
    some = {**table(2), "bin": np.arange(2, dtype=np.int16)}
    with pytest.raises(ValueError, match="'flag' is missing in nominal"):
        written(tmp_path / "b", first, {"nominal": some})


def test_numbers_of_another_type_are_converted_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk_file, "_BUFFER", 1)
    first = {"nominal": table(1, has_weights=True), "up": table(1)}
    later = {**table(1, has_weights=True), "bin": np.array([300])}
    file = written(tmp_path / "a", first, {"nominal": later})
    assert rows(file, "nominal", ["bin"]) == {"bin": [2, 300]}
    later["bin"] = np.array([70_000])
    with pytest.raises(pa.ArrowInvalid, match="70000 not in range"):
        written(tmp_path / "b", first, {"nominal": later})


def test_a_part_of_a_column_gives_its_own_rows() -> None:
    columns = Packed((("a", "<i2"), ("flag", "|b1")))
    content = [b"\x07\x00\x00", None, b"\x01\x00\x01", b"\x02\x00\x00", None, b"\x05\x01\x01"]
    whole = pa.chunked_array([pa.array(content)])
    expected = {"a": [7, None, 1, 2, None, 261], "flag": [False, None, True, False, None, True]}
    for start in range(6):
        found = columns.columns(whole.slice(start), expected)
        assert {n: v.to_pylist() for n, v in found.items()} == {
            n: v[start:] for n, v in expected.items()
        }


def test_rows_of_other_bytes_are_refused() -> None:
    columns = Packed((("a", "<f8"), ("b", "<i2")))
    column = pa.chunked_array([pa.array([b"0123456789", b"012345678"])])
    with pytest.raises(ValueError, match="rows of other than 10 bytes"):
        columns.columns(column, ["a"])


@pytest.mark.parametrize("text", ["", "[1]", '[["a"]]', '[["a", "O"]]', '[["a", 5]]', "null"])
def test_text_that_names_no_columns_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Packed.from_text(text)
    written(tmp_path / "a", {"nominal": table(1)})
    file = pq.read_table(tmp_path / "a")
    facts = {b"higgsflow.row_groups": b"nominal", b"higgsflow.packed_columns": text.encode()}
    pq.write_table(file.replace_schema_metadata(facts), tmp_path / "a")
    with pytest.raises(StoreError, match="cannot read"):
        ChunkFile(tmp_path / "a", checksum(tmp_path / "a"))


def test_files_from_before_there_were_such_columns_are_read(tmp_path: Path) -> None:
    written(tmp_path / "a", {"nominal": table(2)})
    old = pq.read_table(tmp_path / "a").replace_schema_metadata(
        {b"higgsflow.row_groups": b"nominal"}
    )
    pq.write_table(old, tmp_path / "a")
    file = ChunkFile(tmp_path / "a", checksum(tmp_path / "a"))
    assert rows(file, "nominal", ["m_gg"]) == {"m_gg": [0.0, 0.25]}
