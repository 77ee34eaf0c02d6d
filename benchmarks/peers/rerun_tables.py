"""The plain way of `rerun`, with correctionlib in place of the look-up bin after bin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers import rerun

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def run(path: Path, sources: Mapping[str, Any], folder: Path) -> None:
    """One file."""
    rerun.run(path, sources, folder, rerun.Tables)
