"""The store: where the outputs of an analysis lie, and how an analysis is found again there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.catalog.folder import known_analyses
from higgsflow.catalog.load import find_analysis, load_analysis
from higgsflow.catalog.mistaken import refuse_path
from higgsflow.catalog.paths import expanded
from higgsflow.catalog.snapshot import FILE_NAME, read_snapshot
from higgsflow.errors import InvalidConfiguration, UnknownName
from higgsflow.model.noun import safe_name
from higgsflow.visible import has_controls

if TYPE_CHECKING:
    from higgsflow.model.analysis import AnalysisModel

_DEFAULT_STORE = "store"
_ROOT = 0


def find_in_store(name: str, version: str) -> AnalysisModel:
    """The analysis by name or path; by name also what `Analysis.run()` wrote to the store.

    Raises:
        UserError: when it is unknown or invalid.
    """
    if version:
        _check_version(version)
    analysis = _find(name, version)
    return analysis.model_copy(update={"version": version}) if version else analysis


def store_of(analysis: AnalysisModel) -> Path:
    """The absolute folder of all outputs: `store:` of the configuration, else HIGGSFLOW_STORE."""
    if analysis.store is not None:
        return _absolute(analysis.store, "store: of the configuration")
    return environment_store()


def folder_of(analysis: AnalysisModel) -> Path:
    """The folder of one analysis and version."""
    return folder_in(store_of(analysis), analysis)


def folder_in(store: Path, analysis: AnalysisModel) -> Path:
    """The same in a store that is known already."""
    return store / analysis.name / analysis.version


def file_index_in(folder: Path) -> Path:
    """Where what is known of input files is kept, for all versions of the one with this folder."""
    return folder.parent / "file_index"


def _check_version(version: str) -> None:
    """It names a folder below that of the analysis, and nothing else."""
    try:
        safe_name(version)
    except ValueError as error:
        raise InvalidConfiguration(str(error), "--version") from error


def _find(name: str, version: str) -> AnalysisModel:
    path = find_analysis(name)
    if path is not None:
        return load_analysis(path)
    root = environment_store()
    written = {
        p.parent.parent.name: p for p in sorted(root.glob(f"*/{version or '*'}/{FILE_NAME}"))
    }
    if name not in written:
        refuse_path(name)
        raise UnknownName("analysis", name, {*known_analyses(), *written}, "config/ and the store")
    _refuse_of_others(name, written[name])
    return read_snapshot(written[name])


def _refuse_of_others(name: str, path: Path) -> None:
    """A name tells nothing of who wrote it, where a group may write to a store."""
    if path.stat().st_uid not in (os.getuid(), _ROOT):
        raise InvalidConfiguration(
            f"analysis '{name}' of the store is of somebody else, whose code would run as yours",
            "",
            f"if that is what you want: --analysis {path}",
        )


def listed(folder: Path) -> list[Path]:
    """What lies in a folder; nothing where there is none.

    Raises:
        PermissionError: where that may not be seen, which pathlib takes for an empty folder.
    """
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def environment_store() -> Path:
    """The absolute folder that HIGGSFLOW_STORE names."""
    return _absolute(os.environ.get("HIGGSFLOW_STORE") or _DEFAULT_STORE, "HIGGSFLOW_STORE")


def _absolute(text: str, where: str) -> Path:
    path = Path(expanded(text, where)).resolve()
    # it stands in what engines are told, of which a line is a command
    if has_controls(str(path)) or not {"\n", "\t"}.isdisjoint(str(path)):
        what = f"no store can be called {str(path)!r}: that has control characters"
        raise InvalidConfiguration(what, where, "give the folder a name without")
    return path
