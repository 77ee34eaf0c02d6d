"""Why a stage would run again: its own reasons, after those of the stages before it."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import law
import luigi

import tasks
import workflows
from higgsflow.catalog.store import find_in_store
from higgsflow.errors import UnknownName, UserError
from higgsflow.report.reasons import Reason
from tasks import session
from tasks.base import AnalysisTask
from tasks.execution import luigi_settings
from tasks.sample_task import SampleTask
from workflows.run_analysis import RunAnalysis

if TYPE_CHECKING:
    from collections.abc import Iterator


def why(
    stage: str, analysis: str = "demo", version: str = "", **parameters: Any
) -> tuple[Reason, ...]:
    """For each thing that would run its reasons, in their order; empty while all is current.

    The store hears nothing of it: what it was made by stays in it until something is run.

    Args:
        stage: name of a task, such as "MergeSample".
        analysis: name or path, as on the command line.
        version: where its outputs lie, if not as configured.
        parameters: as on the command line, such as `sample="ttH_M125"`.

    Raises:
        UnknownName: for a stage that does not exist.
        UserError: for a parameter that it does not have.
    """
    known = stages()
    if stage not in known:
        raise UnknownName("stage", stage, known, "this program")
    for name in parameters:
        if name not in known[stage].get_param_names(include_significant=True):
            raise UserError(f"{stage} has no --{name}", "", "leave it out")
    found = find_in_store(analysis, version)
    session.hold(found)
    luigi_settings.prepare_run("why", len(found.samples.pairs))
    try:
        task = known[stage](analysis=found.name, version=found.version, **parameters)
        return tuple(_reasons(task, set()))
    finally:
        # whatever is run next in this process begins for itself
        session.begin()
        luigi_settings.reset()


def stages() -> dict[str, type[AnalysisTask]]:
    """All stages by name, as `law run` knows them."""
    for package in (tasks, workflows):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found = {}
    pending = list(AnalysisTask.__subclasses__())
    while pending:
        stage = pending.pop()
        pending.extend(stage.__subclasses__())
        if not stage.__dict__.get("exclude_index"):
            found[stage.__name__] = stage
    return found


def _reasons(task: Any, seen: set[str]) -> Iterator[Reason]:
    """Depth first, since what a stage is made from comes before it."""
    if task.task_id in seen or task.complete():
        return
    seen.add(task.task_id)
    for needed in law.util.flatten(task.requires()):
        if isinstance(needed, luigi.Task):
            yield from _reasons(needed, seen)
    about = (task.sample, task.year) if isinstance(task, SampleTask) else ("", "")
    # without a year it stands for those of all years, and what makes nothing for what it needs
    if all(about) == any(about) and not isinstance(task, RunAnalysis):
        yield from (Reason(type(task).__name__, *about, text) for text in task.first_reasons())
