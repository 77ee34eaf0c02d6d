"""One file per variation with the columns of the measured analysis, as both peers write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak

if TYPE_CHECKING:
    from pathlib import Path

IDENTITY = ("run", "luminosityBlock", "event")


def write(path: Path, columns: dict[str, Any], tag: Any) -> None:
    """Writes the events that have a tag."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ak.to_parquet(ak.zip(columns, depth_limit=1)[tag >= 0], str(path), compression="zstd")
