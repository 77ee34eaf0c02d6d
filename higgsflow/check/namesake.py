"""A configuration of the same name in another folder, whose outputs lie where those of this one go.

Nothing of both is mixed, as outputs know what they were made from; but one takes the other's place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.catalog.folder import CONFIG_FOLDER
from higgsflow.catalog.snapshot import FILE_NAME
from higgsflow.catalog.store import folder_of
from higgsflow.catalog.yaml_file import read_yaml
from higgsflow.check.problem import Problem
from higgsflow.errors import InvalidConfiguration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from higgsflow.model.analysis import AnalysisModel


def check_namesake(analysis: AnalysisModel) -> Iterator[Problem]:
    """A note where the last one that ran there looks for its code in none of the same folders."""
    folder = folder_of(analysis)
    before = _folders(folder / FILE_NAME, analysis.python_path)
    if before is None or not {*before}.isdisjoint(analysis.python_path):
        return
    if before != analysis.python_path:
        here, there = (", ".join(f) or str(CONFIG_FOLDER) for f in (analysis.python_path, before))
        yield Problem(
            about="store",
            what=f"{folder} was made by another configuration called '{analysis.name}'",
            where=f"that one is in {there}, this one in {here}, and takes its place",
            remedy="say `name:` or `version:` in one of them to keep the outputs of both",
            serious=False,
        )


def _folders(path: Path, own: tuple[str, ...]) -> tuple[str, ...] | None:
    """Where the one that a copy is of looks for its code; None where there is no copy to read."""
    try:
        text = path.read_text(encoding="utf-8")
        # mostly it is the same one, and need not be understood, which takes long
        if any(f"- {folder}\n" in text for folder in own):
            return own
        return tuple(read_yaml(path).get("python_path") or ())
    except (OSError, UnicodeDecodeError, InvalidConfiguration):
        return None
