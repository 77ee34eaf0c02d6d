"""Tiny real ROOT files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

N = 6
EVENTS: dict[str, Any] = {
    "run": np.array([1, 1, 1, 2, 2, 2], np.uint32),
    "luminosityBlock": np.array([5, 5, 6, 7, 7, 8], np.uint32),
    "genWeight": np.array([1.5, -0.5, 1.0, 1.0, 1.0, 1.0], np.float32),
    "Photon_pt": ak.values_astype(ak.Array([[50, 30], [], [25], [1, 2, 3], [], [9]]), np.float32),
}
RUNS: dict[str, Any] = {
    "run": np.array([1, 2], np.uint32),
    "genEventCount": np.array([4, 2], np.int64),
    "genEventSumw": np.array([3.0, 2.0]),
    "genEventSumw2": np.array([5.5, 2.0]),
    "LHEScaleSumw": ak.Array([[1.0, 1.04], [1.0, 1.10]]),
}


@pytest.fixture
def write_root(tmp_path: Path) -> Callable[..., Path]:
    """Writes a ROOT file with trees by name; each keyword is a tree."""

    def write(name: str = "a.root", **trees: Mapping[str, Any]) -> Path:
        path = tmp_path / name
        with uproot.recreate(path) as file:
            for tree, columns in trees.items():
                file.mktree(tree, {key: str(_type(values)) for key, values in columns.items()})
                file[tree].extend(dict(columns))
        return path

    return write


def _type(values: Any) -> Any:
    return values.dtype if isinstance(values, np.ndarray) else values.type.content


@pytest.fixture
def events() -> dict[str, Any]:
    """Six events: Photon_pt is jagged, genWeight of both signs."""
    return dict(EVENTS)


@pytest.fixture
def runs() -> dict[str, Any]:
    """A Runs tree of two rows for these six events."""
    return dict(RUNS)
