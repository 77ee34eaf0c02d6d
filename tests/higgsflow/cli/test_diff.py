from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from higgsflow.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Two files of other frameworks, of which one calls the mass otherwise."""
    content = {"run": np.ones(3, int), "lumi": np.ones(3, int), "event": np.arange(3)}
    paths = []
    for name, shift in (("mass", 0.0), ("mgg", 0.25)):
        paths.append(str(tmp_path / f"{name}.parquet"))
        pq.write_table(pa.table({**content, name: 120.0 + np.arange(3) + shift}), paths[-1])
    return paths[0], paths[1]


def test_what_differs_as_text_and_as_json(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *files]) == 0
    assert "no column of numbers is called the same" in capsys.readouterr().out
    assert main(["diff", files[0], files[0]]) == 0
    assert capsys.readouterr().out.endswith("the same: 1 compared\n")
    assert main(["diff", *files, "--column", "mass=mgg"]) == 1
    assert "mass" in capsys.readouterr().out
    known = tmp_path / "map.yaml"
    known.write_text("columns: {mass: mgg}")
    asked = ["diff", *files, "--map", str(known), "--json"]
    assert main([*asked, "--tolerance", "0.01"]) == 0
    assert main(asked) == 1
    lines = capsys.readouterr().out.split("\n}\n")
    found = json.loads(lines[1] + "}")
    assert found["pairs"][0]["columns"][0]["max_difference"] == 0.25


def test_a_side_that_is_not_there_is_told(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", files[0], files[1] + "x"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("nothing to compare at")
    assert "nearest there is" in told.err
