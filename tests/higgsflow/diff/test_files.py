from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from higgsflow.diff.files import column_names, n_rows, pieces, tree_names
from higgsflow.errors import UnknownName, UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_parquet_of_anybody(make_parquet: Callable[..., Path]) -> None:
    content = {
        "x": [1, None, 3],
        "name": ["a", "b", "c"],
        "jets": [[1.0], [], [2.0]],
        "b": [True] * 3,
    }
    path = make_parquet("f.parquet", content)
    assert tree_names(path) == ("",)
    assert column_names(path, "") == {"x": True, "name": False, "b": True}
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
    assert column_names(path, "trees/tth") == {"x": True}
    assert n_rows(path, ("trees/tth", "trees/thq")) == 3
    assert [p["x"].tolist() for p in pieces(path, "trees/tth", ["x"])] == [[0, 1]]
    with pytest.raises(UnknownName, match="Did you mean 'trees/tth'"):
        column_names(path, "trees/ttH")


@pytest.mark.parametrize("name", ["f.parquet", "f.root"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"not what it says")
    calls: list[Any] = [lambda: tree_names(path)] if name.endswith("root") else []
    for call in (*calls, lambda: n_rows(path, ("t",)), lambda: list(pieces(path, "t", ["x"]))):
        with pytest.raises(UserError, match="cannot read"):
            call()
