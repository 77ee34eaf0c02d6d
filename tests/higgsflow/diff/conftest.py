"""Files of events as this program and as others write them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab


def columns(n: int = 6, **changes: Any) -> dict[str, Any]:
    """Events 0 to n - 1 of one run, alternately of two tags."""
    found = {
        "run": np.ones(n, np.uint32),
        "luminosityBlock": np.full(n, 2, np.uint32),
        "event": np.arange(n).astype(np.uint64),
        "tag_idx": (np.arange(n) % 2).astype(np.int16),
        "m_gg": 120.0 + np.arange(n),
        "weight_central": np.full(n, 0.5),
    }
    return {**found, **{name: np.asarray(values) for name, values in changes.items()}}


@pytest.fixture
def make_columns() -> Callable[..., dict[str, Any]]:
    """Columns: how many events, and what is other than usual."""
    return columns


@pytest.fixture
def make_parquet(tmp_path: Path) -> Callable[..., Path]:
    """Writes a parquet file in the folder of the test: its name, and its columns."""

    def make(name: str, content: dict[str, Any]) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(content), path)
        if "merged" in path.parts:
            # their manifests, of which only that they are there is looked at
            path.with_suffix(".json").touch()
        return path

    return make


@pytest.fixture
def store(lab: Lab, make_parquet: Callable[..., Path], make_columns: Any) -> Path:
    """A folder as an analysis leaves it: two samples, of which Data are blinded."""
    from higgsflow.catalog.load import load_analysis
    from higgsflow.catalog.snapshot import write_snapshot

    folder = lab.folder / "store" / "toy" / "v1"
    lab.content["systematics"]["independent_collections"] = {"met": lab.met_scale()}
    folder.mkdir(parents=True)
    write_snapshot(load_analysis(lab.write()), folder)
    for name in ("Sig/2017/nominal", "Sig/2017/met_up", "Sig/2018/nominal", "Data/2017/nominal"):
        make_parquet(f"store/toy/v1/merged/{name}.parquet", make_columns(3))
    return folder


def write_merged(path: Path, content: dict[str, Any], *, mode: str = "whole", **about: str) -> Path:
    """A file that says of itself what merged files do, under the names of its path."""
    sample, year = path.parent.parent.name, path.parent.name
    names = {"sample": sample, "year": year, "variation": path.stem}
    origin = {**names, "mode": mode, "tags": ["rest"]}
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(content).replace_schema_metadata(
        {"higgsflow": json.dumps({**origin, **about})}
    )
    pq.write_table(table, path)
    return path


@pytest.fixture
def merged() -> Callable[..., Path]:
    """Writes a file that says of itself what merged files do: its path, and its columns."""
    return write_merged
