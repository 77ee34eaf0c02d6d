"""One invocation: which analysis it is about, where its store is, and what its truth is.

Processes that luigi forks inherit all of this.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from luigi.task_register import Register

if TYPE_CHECKING:
    from pathlib import Path

    from higgsflow.ingredients import Ingredients
    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.sample import SampleYear
    from higgsflow.plan import Plan


class Invocation:
    """What belongs to one run of a graph.

    Attributes:
        id: what MonitorJobs seals its findings with; later stages of the same invocation trust it.
            It also tells its own failures from earlier ones.
        all_samples: whether all samples of the analysis take part, so that all are indexed first.
        retry_failed: whether final failures of earlier invocations are forgotten.
        listed: what determines the index at each place, once its files were listed.
        asked: the stage that was asked for, and its year, empty for all.
        checked: whether disk and proxy were looked at.
        profile: whether jobs record where time and memory go, also where it is not configured.
        only_reads: whether the store cannot be written, where nothing has to be made.
    """

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.all_samples = False
        self.asked = ("", "")
        self.retry_failed = False
        self.listed: dict[Path, Ingredients] = {}
        self.checked = False
        self.profile = False
        self.only_reads = False


current = Invocation()
_loaded: dict[tuple[str, str], AnalysisModel] = {}
# of each analysis and version, by sample and year
_plans: dict[tuple[str, str], dict[tuple[str, str], Plan]] = {}
_stores: dict[str | None, Path] = {}
# of the parameters of each class of tasks, by the command line that it was parsed from
defaults: dict[tuple[type, Any], dict[str, Any]] = {}


def begin() -> None:
    """Starts another invocation in the same process, such as a notebook's second run."""
    from higgsflow import code, given_files

    current.__init__()  # type: ignore[misc]
    _loaded.clear()
    _plans.clear()
    _stores.clear()
    defaults.clear()
    code.thaw()
    given_files.thaw()
    # tasks keep what they have made of these
    Register.clear_instance_cache()


def load(name: str, version: str) -> AnalysisModel:
    """The analysis by name or path, checked; of a look at it the store hears nothing.

    Raises:
        UserError: when it is unknown or invalid.
    """
    if (name, version) not in _loaded:
        analysis = _load(name, version)
        # asked for without a version first, and with the one it has from then on
        _loaded[name, version] = _loaded[name, analysis.version] = analysis
    return _loaded[name, version]


def hold(analysis: AnalysisModel) -> None:
    """Takes an analysis as it is, for a look: of this invocation its store hears nothing.

    Raises:
        UserError: when it is invalid.
    """
    begin()
    _make_ready(analysis, analysis.name)
    _loaded[analysis.name, analysis.version] = analysis


def plan_of(analysis: AnalysisModel, pair: SampleYear) -> Plan:
    """What jobs of a sample and year of a loaded analysis read, compute and write."""
    return _plans[analysis.name, analysis.version][pair.sample.name, pair.year]


def check_once(analysis: AnalysisModel) -> None:
    """The first step of a run: disk and proxy. Files are looked at when they are indexed.

    In the store there is a snapshot of the analysis from then on, and what it was made by is kept.

    Raises:
        UserError: when nothing can run.
    """
    from higgsflow.archive import keep
    from higgsflow.catalog.snapshot import write_snapshot
    from higgsflow.check.namesake import check_namesake
    from higgsflow.check.problem import refuse
    from higgsflow.check.site import check_before_run
    from tasks.execution.display import say

    if not current.checked:
        current.checked = True
        refuse(check_before_run(analysis), analysis.name)
        for note in check_namesake(analysis):
            say(f"note: {note.text}")
        write_snapshot(analysis, folder_of(analysis))
        keep(analysis, folder_of(analysis))


def check_store(analysis: AnalysisModel) -> None:
    """Whether something can be removed, for which a full disk has room.

    Raises:
        UserError: when nothing can be written.
    """
    from higgsflow.check import site
    from higgsflow.check.problem import refuse

    refuse(list(site.check_store(analysis, needed=0)), analysis.name)


def folder_of(analysis: AnalysisModel) -> Path:
    """Where the outputs of an analysis and version lie."""
    from higgsflow.catalog import store

    return store.folder_in(store_of(analysis), analysis)


def stage_folder(analysis: AnalysisModel, stage: str, sample: str, year: str) -> Path:
    """Where a stage keeps what belongs to a sample and year."""
    return folder_of(analysis) / stage / sample / year


def store_of(analysis: AnalysisModel) -> Path:
    """Where the outputs of all analyses lie."""
    from higgsflow.catalog import store

    # each task asks, and the file system has to be asked for links
    if analysis.store not in _stores:
        _stores[analysis.store] = store.store_of(analysis)
    return _stores[analysis.store]


def _load(name: str, version: str) -> AnalysisModel:
    from higgsflow.catalog.store import find_in_store

    analysis = find_in_store(name, version)
    _make_ready(analysis, name)
    return analysis


def _make_ready(analysis: AnalysisModel, asked: str) -> None:
    """Its code can be imported, is checked, and stays what it is now, with all files it names."""
    from higgsflow import given_files
    from higgsflow.check.configuration import check_all
    from higgsflow.code import refresh
    from higgsflow.digests import freeze_code
    from higgsflow.model.reference import lives_in_main, look_in

    look_in(analysis.python_path)
    refresh(r for r in analysis.code_references if not lives_in_main(r))
    plans = check_all(analysis, asked)
    freeze_code(analysis)
    given_files.freeze(plans.values())
    _plans[analysis.name, analysis.version] = plans
