"""The runner behind `Analysis.run()`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import luigi

from higgsflow.catalog.code_folders import with_folders
from higgsflow.catalog.snapshot import write_snapshot
from higgsflow.check.configuration import check_all
from higgsflow.check.namesake import check_namesake
from higgsflow.errors import UserError
from higgsflow.model.reference import look_in
from tasks import session
from tasks.execution import collector, interruption, luigi_settings
from tasks.execution.display import end_display, say
from workflows.run_analysis import RunAnalysis

if TYPE_CHECKING:
    from higgsflow.model.analysis import AnalysisModel


def run_analysis(analysis: AnalysisModel) -> Path:
    """Runs an analysis given as an object; returns the path of its summary.

    The configuration is written to the store, so that every stage can be run from the command
    line with `--analysis` and its name.

    Raises:
        UserError: when it is not valid, or did not get to its end.
    """
    # this process is the user's
    collector.work()
    look_in(analysis.python_path)
    check_all(analysis)
    found = with_folders(analysis)
    for note in check_namesake(found):
        say(f"note: {note.text}")
    snapshot = write_snapshot(found, session.folder_of(analysis))
    session.begin()
    luigi_settings.reset()
    with interruption.only_here():
        try:
            return _built(RunAnalysis(analysis=str(snapshot), version=analysis.version))
        finally:
            end_display()


def _built(task: RunAnalysis) -> Path:
    """Where the summary lies, once luigi has made it with all that it needs."""
    workers = luigi_settings.stages_at_once(len(task.model.samples.pairs), task.workflow)
    result = luigi.build([task], workers=workers, detailed_summary=True, log_level="WARNING")
    if not result.scheduling_succeeded or not task.complete():
        what = "the analysis did not get to its end"
        raise UserError(what, f"store: {task.folder}", "what failed is told above")
    return Path(task.output().path)
