from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from higgsflow.output.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    from pathlib import Path

CONTENT: dict[str, Any] = {
    "inputs": "i",
    "sample": "ttH",
    "year": "2017",
    "variation": "nominal",
    "path": "/store/nominal.parquet",
    "rows": 3,
    "size": 10,
    "checksum": "x",
    "columns": {"m_gg": "double"},
    "chunks": (("c1", "c1.d"), ("c2", "c2.d")),
    "scale": 0.1 + 0.2,
    "scale1fb": 0.0008464096,
    "luminosity": 41.5,
    "denominator": 1360.0,
    "mode": "whole",
    "complete": False,
    "fraction": 2 / 3,
}


@pytest.mark.parametrize("scale1fb", [0.0008464096, None])
def test_manifest_survives_being_written(scale1fb: float | None) -> None:
    made = Manifest(**{**CONTENT, "scale1fb": scale1fb})
    assert Manifest.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize("key", ["complete", "fraction", "scale1fb", "chunks"])
def test_nothing_about_the_scale_is_taken_for_granted(key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        Manifest(**{k: v for k, v in CONTENT.items() if k != key})


def test_files_of_which_an_earlier_version_did_not_say_so_may_hold_a_selection() -> None:
    """Then nothing is made of them that needs sums before any cut."""
    assert Manifest(**CONTENT).holds_selection is True


def test_merged_file_is_the_one_beside_its_manifest(tmp_path: Path) -> None:
    """Wherever it was when it was written: the store may have been copied."""
    path = tmp_path / "nominal.json"
    path.write_text(Manifest(**CONTENT).model_dump_json(), encoding="utf-8")
    assert read_manifest(path).path == str(tmp_path / "nominal.parquet")
