from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from higgsflow.diff.files import (
    ENDINGS,
    always_there,
    column_types,
    n_rows,
    pieces,
    tree_names,
)
from higgsflow.errors import UnknownName, UserError
from higgsflow.output.merged_file import WRITERS

if TYPE_CHECKING:
    from collections.abc import Callable


def test_merged_files_of_every_format_are_compared() -> None:
    assert set(ENDINGS) == {f".{ending}" for ending in WRITERS}


def test_parquet_of_anybody(make_parquet: Callable[..., Path]) -> None:
    content = {
        "x": [1, None, 3],
        "name": ["a", "b", "c"],
        "jets": [[1.0], [], [2.0]],
        "b": [True] * 3,
    }
    path = make_parquet("f.parquet", content)
    assert tree_names(path) == ("",)
    assert column_types(path, "") == {"x": "int64", "name": "", "b": "bool"}
    assert always_there(path, "") == {"name", "b"}
    assert n_rows(path, ("",)) == 3
    (part,) = pieces(path, "", ["x", "name", "b"])
    assert np.isnan(part["x"][1])
    assert (part["name"].tolist(), part["b"].tolist()) == (["a", "b", "c"], [True] * 3)


def test_root_of_anybody_with_trees_in_folders(
    tmp_path: Path, make_root_file: Callable[..., Path]
) -> None:
    import uproot

    path = tmp_path / "f.root"
    with uproot.recreate(path) as file:
        for name, n in (("trees/tth", 2), ("trees/thq", 1)):
            file[name] = {"x": np.arange(n), "jets": np.ones((n, 2))}
        file["_higgsflow/provenance"] = "{}"
    assert tree_names(path) == ("trees/tth", "trees/thq")
    assert column_types(path, "trees/tth") == {"x": "int64"}
    assert n_rows(path, ("trees/tth", "trees/thq")) == 3
    assert [p["x"].tolist() for p in pieces(path, "trees/tth", ["x"])] == [[0, 1]]
    with pytest.raises(UnknownName, match="Did you mean 'trees/tth'"):
        column_types(path, "trees/ttH")


@pytest.mark.parametrize("name", ["f.parquet", "f.root"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"not what it says")
    calls: list[Any] = [lambda: tree_names(path)] if name.endswith("root") else []
    for call in (*calls, lambda: n_rows(path, ("t",)), lambda: list(pieces(path, "t", ["x"]))):
        with pytest.raises(UserError, match="cannot read"):
            call()


@pytest.mark.parametrize(
    "kind", ["bool", "int8", "uint16", "int32", "uint64", "float32", "float64"]
)
def test_types_have_the_same_names_in_any_format(
    tmp_path: Path,
    make_parquet: Callable[..., Path],
    make_root_file: Callable[..., Path],
    kind: str,
) -> None:
    import uproot

    content = {"x": np.ones(2, kind)}
    with uproot.recreate(tmp_path / "n.root") as file:
        file.mkrntuple("t", content)
    tree = make_root_file(tmp_path / "t.root", t=content)
    for path, name in (
        (make_parquet("f.parquet", content), ""),
        (tree, "t"),
        (file.file_path, "t"),
    ):
        assert column_types(Path(path), name) == {"x": kind}
