"""One invocation: which analysis it is about, where its store is, and what its truth is.

Processes that luigi forks inherit all of this.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from luigi.task_register import Register

from higgsflow.catalog.load import find_analysis, known_analyses, load_analysis
from higgsflow.catalog.snapshot import FILE_NAME, read_snapshot, write_snapshot
from higgsflow.code import refresh, thaw
from higgsflow.digests import freeze_code
from higgsflow.errors import InvalidConfiguration, UnknownName
from higgsflow.model.noun import safe_name
from higgsflow.model.reference import lives_in_main, look_in
from higgsflow.plan import check_all

if TYPE_CHECKING:
    from higgsflow.model.analysis import AnalysisModel

_DEFAULT_STORE = "store"


class Invocation:
    """What belongs to one run of a graph.

    Attributes:
        id: what MonitorJobs seals its findings with; later stages of the same invocation trust it.
        scope: whether all samples of the analysis take part, so that all are indexed first.
        retry_failed: whether final failures of earlier invocations are forgotten.
        started: when it began, in seconds; tells earlier failures from its own.
    """

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.started = time.time()
        self.scope: str = ""
        self.retry_failed = False


current = Invocation()
_loaded: dict[tuple[str, str], AnalysisModel] = {}


def begin() -> None:
    """Starts another invocation in the same process, such as a notebook's second run."""
    current.__init__()  # type: ignore[misc]
    _loaded.clear()
    thaw()
    # tasks keep their plans
    Register.clear_instance_cache()


def load(name: str, version: str) -> AnalysisModel:
    """The analysis by name or path, checked, with a snapshot of it in its store.

    Raises:
        UserError: when it is unknown or invalid.
    """
    if (name, version) not in _loaded:
        analysis = _load(name, version)
        # asked for without a version first, and with the one it has from then on
        _loaded[name, version] = _loaded[name, analysis.version] = analysis
    return _loaded[name, version]


def _load(name: str, version: str) -> AnalysisModel:
    analysis = _find(name, version)
    if version:
        _check_version(version)
        analysis = analysis.model_copy(update={"version": version})
    look_in(analysis.python_path)
    refresh(r for r in analysis.code_references if not lives_in_main(r))
    check_all(analysis)
    freeze_code(analysis)
    write_snapshot(analysis, folder_of(analysis))
    return analysis


def _check_version(version: str) -> None:
    """It names a folder below that of the analysis, and nothing else."""
    try:
        safe_name(version)
    except ValueError as error:
        raise InvalidConfiguration(str(error), "--version") from error


def _find(name: str, version: str) -> AnalysisModel:
    """In config/ or by path; otherwise what `Analysis.run()` wrote to the store."""
    path = find_analysis(name)
    if path is not None:
        return read_snapshot(path) if path.name == FILE_NAME else load_analysis(path)
    root = _environment_store()
    written = {
        p.parent.parent.name: p for p in sorted(root.glob(f"*/{version or '*'}/{FILE_NAME}"))
    }
    if name not in written:
        raise UnknownName("analysis", name, {*known_analyses(), *written}, "config/ and the store")
    return read_snapshot(written[name])


def store_of(analysis: AnalysisModel) -> Path:
    """The absolute folder of all outputs: `store:` of the configuration, else HIGGSFLOW_STORE."""
    if analysis.store is not None:
        return _absolute(analysis.store, "store: of the configuration")
    return _environment_store()


def folder_of(analysis: AnalysisModel) -> Path:
    """The folder of one analysis and version."""
    return store_of(analysis) / analysis.name / analysis.version


def _environment_store() -> Path:
    return _absolute(os.environ.get("HIGGSFLOW_STORE") or _DEFAULT_STORE, "HIGGSFLOW_STORE")


def _absolute(text: str, where: str) -> Path:
    expanded = os.path.expandvars(text)
    if "$" in expanded:
        raise InvalidConfiguration(f"undefined variable in '{text}'", where)
    return Path(expanded).expanduser().resolve()
