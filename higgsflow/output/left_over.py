"""Merged files of samples and years that the configuration has no more, or not this time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.output.manifest import read_manifest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path


def left_over(merged: Path, wanted: Collection[tuple[str, str]]) -> list[str]:
    """Folders below that of merged files that hold some, and are of none of these.

    Nothing removes them, since they may be wanted again; whoever reads all that is there should
    know.

    Args:
        merged: the folder, with one for each sample, and in these for each year.
        wanted: samples and years.
    """
    return sorted(
        f"{folder.parent.name}/{folder.name}"
        for folder in merged.glob("*/*/")
        if (folder.parent.name, folder.name) not in wanted and any(_manifests(folder))
    )


def _manifests(folder: Path) -> Iterator[Path]:
    """Those of a folder: files of a user are not ours to speak of."""
    for path in folder.glob("*.json"):
        try:
            read_manifest(path)
        except (OSError, ValueError):
            continue
        yield path
