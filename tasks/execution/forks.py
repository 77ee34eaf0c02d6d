"""The processes that luigi begins for stages: forks, which have what is imported by then.

A run goes on where nobody reads what it says: what waits in an output would be an error of the
fork, or of the end of the stage, which luigi takes for one that has died.
"""

from __future__ import annotations

import multiprocessing
from typing import Any

import luigi.worker

from higgsflow.standard_output import write_what_waits

# scripts may want other processes, and from version 3.14 on Python begins others
_FORKS: Any = multiprocessing.get_context("fork")
_run: Any = luigi.worker.TaskProcess.run


def prepare() -> None:
    """Lets luigi begin and end its processes so."""
    luigi.worker.TaskProcess._Popen = staticmethod(_begun)  # type: ignore[assignment,method-assign]
    luigi.worker.TaskProcess.run = _ended  # type: ignore[method-assign]
    # where others are begun, a process of Python's knows the queue of their answers, and tells of
    # it on the terminal when stages are interrupted
    luigi.worker.multiprocessing = _FORKS  # type: ignore[attr-defined]


def _begun(process: Any) -> Any:
    write_what_waits()
    return _FORKS.Process._Popen(process)


def _ended(self: luigi.worker.TaskProcess) -> None:
    try:
        _run(self)
    finally:
        write_what_waits()
