"""What luigi's page shows of a stage: a short name, a message, a percentage, an address."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import luigi

from higgsflow.report.formatting import percent_processed
from tasks.execution import scheduler
from tasks.execution.display import tell_stage

# what identifies a stage to a reader; the rest would bury it
NAMED = ("sample", "year", "variation", "branch")
_UNSET = ("", "()", "-1")
# luigi's page takes messages for HTML
_PLAIN = str.maketrans({"<": "(", ">": ")", "&": "+"})


def named(params: dict[str, str]) -> dict[str, str]:
    """The parameters that are part of the name of a stage: those that are set."""
    if "sample" not in params:
        # a path is called like the file
        return {"analysis": Path(params["analysis"]).stem} if "analysis" in params else params
    return {n: params[n] for n in NAMED if params.get(n, "") not in _UNSET}


def url_for(params: dict[str, str]) -> str | None:
    """The address of the report, or for a sample and year of its table of jobs."""
    from tasks import session

    if not scheduler.current or "analysis" not in params:
        return None
    model = session.load(params["analysis"], params.get("version", ""))
    return scheduler.current[-1].url_of(_shown(session.folder_of(model), params))


def _shown(folder: Path, params: dict[str, str]) -> Path:
    sample, year = params.get("sample", ""), params.get("year", "")
    if not (sample and year):
        return folder / "summary" / "report.html"
    return folder / "jobs" / sample / year / "jobs.html"


def publish(task: Any, message: str, fraction: float) -> None:
    """Shows a message of a running stage, and how much of it is done, as a percentage.

    Of zero the page shows no bar, so that little of many is not rounded to it. A scheduler that is
    gone does no harm.
    """
    if not scheduler.current or not callable(getattr(task, "set_status_message", None)):
        return
    with suppress(luigi.rpc.RPCError, SystemExit):
        task.set_status_message(message.translate(_PLAIN))
        task.set_progress_percentage(percent_processed(fraction))


def begins(task: Any) -> None:
    """A stage begins to run, in a process of its own."""
    tell_stage(task.short_name, begins=True)
    if scheduler.current:
        publish(task, f"{_where(task)}\nbegan, process {os.getpid()}", 0)
        url = url_for(task.to_str_params())
        if url is not None and callable(getattr(task, "set_tracking_url", None)):
            with suppress(luigi.rpc.RPCError, SystemExit):
                task.set_tracking_url(url)


def has_ended(task: Any, seconds: float) -> None:
    """A stage has made what it had to."""
    publish(task, f"{_where(task)}\ndone in {seconds:.1f} s", 1)


def is_over(task: Any, *_: Any) -> None:
    """A stage does not run any more."""
    tell_stage(task.short_name, begins=False)


def _where(task: Any) -> str:
    return f"{task.model.name} {task.version}: {task.short_name}"
