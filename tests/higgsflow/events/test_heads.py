"""The heads of trees, as they are read here and by uproot."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.events import tree as trees
from higgsflow.events.heads import OddHead, TreeHead, parse
from higgsflow.events.places import find_places
from higgsflow.events.tree import cluster_starts, column_names, column_types, get_head, open_file

if TYPE_CHECKING:
    from pathlib import Path

LIST = ak.Array([[1.0, 2.0], [], [3.0]])
KINDS = ["bool", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]


def kind(values: Any) -> Any:
    """The type of a column, as uproot asks for it."""
    if isinstance(values, np.ndarray):
        return np.dtype((values.dtype, values.shape[1:]))
    return str(values.type.content)


def written(columns: dict[str, Any], n_times: int = 3) -> bytes:
    """A file with a tree of these columns, a basket for each time."""
    buffer = io.BytesIO()
    with uproot.recreate(buffer) as file:
        file.mktree("Events", {name: kind(values) for name, values in columns.items()})
        for _ in range(n_times):
            file["Events"].extend(columns)
        return buffer.getvalue()


@functools.cache
def head() -> tuple[bytes, int]:
    """The bytes of the head of a tree of all kinds of columns, and the length of its key."""
    with uproot.open(io.BytesIO(written({**FLAT, **LISTS}))) as file:
        key = file.key("Events")
        return key.get_uncompressed_chunk_cursor()[0].raw_data.tobytes(), int(key.fKeylen)


FLAT = {f"x_{kind}": np.zeros(3, kind) for kind in KINDS}
LISTS = {f"{kind}s": ak.values_astype(LIST, np.dtype(kind)) for kind in KINDS}


@pytest.fixture(params=["plain", "no events", "DY_v6.root", "ggH_M125_2022_v13.root"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of plain columns, written by uproot or by the experiment."""
    if request.param.endswith(".root"):
        folder: Path = request.getfixturevalue("real_data")
        return folder / request.param
    path = tmp_path / "a.root"
    path.write_bytes(written({**FLAT, **LISTS}, n_times=3 if request.param == "plain" else 0))
    return path


def test_heads_say_what_uproot_says(path: Path) -> None:
    with open_file(str(path)) as file:
        found, tree = get_head(file, str(path)), file["Events"]
        assert isinstance(found, TreeHead)
        assert found.num_entries == tree.num_entries
        assert column_names(found) == column_names(tree)
        assert column_types(found) == column_types(tree)
        assert cluster_starts(found) == cluster_starts(tree)
        names = [*column_names(tree), "no_such_column"]
        assert find_places(found, names) == find_places(tree, names)


def test_other_columns_are_left_to_uproot(tmp_path: Path) -> None:
    path = tmp_path / "a.root"
    path.write_bytes(written({"x": np.zeros(3), "table": np.zeros((3, 2))}))
    with open_file(str(path)) as file:
        found = get_head(file, str(path))
        assert not isinstance(found, TreeHead)
        assert column_types(found) == column_types(file["Events"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=3))
def test_changed_heads_are_understood_or_odd(changes: list[tuple[float, int]]) -> None:
    """Nothing else is raised, and what is understood has baskets that fit together."""
    raw, key_length = head()
    changed = bytearray(raw)
    for place, value in changes:
        changed[int(place * len(raw))] = value
    try:
        found = parse(bytes(changed), key_length)
    except OddHead:
        return
    for column in found.columns.values():
        assert len(column.seeks) == len(column.sizes) == len(column.edges) - 1
        assert column.edges[-1] == found.num_entries


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1, exclude_max=True))
def test_heads_that_are_cut_off_are_odd(length: float) -> None:
    """Unless only what comes after the columns is missing."""
    raw, key_length = head()
    try:
        found = parse(raw[: int(length * len(raw))], key_length)
    except OddHead:
        return
    assert found == parse(raw, key_length)


def test_odd_heads_are_left_to_uproot(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(raw: bytes, key_length: int) -> TreeHead:
        raise OddHead("for this test")

    monkeypatch.setattr(trees, "parse", refuse)
    with open_file(str(path)) as file:
        assert get_head(file, str(path)).keys() == file["Events"].keys()
