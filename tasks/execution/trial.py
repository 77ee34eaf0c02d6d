"""A trial of some events of a chunk in this process: for the exceptions that they raise."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgsflow.errors import UserError
from higgsflow.events.failing import part_of

if TYPE_CHECKING:
    from higgsflow.events.chunks import Chunk


def events_of(text: str) -> tuple[int, int]:
    """START:STOP as numbers.

    Raises:
        UserError: when it is no range.
    """
    start, _, stop = text.partition(":")
    if not (start.isdecimal() and stop.isdecimal() and int(start) < int(stop)):
        raise UserError(f"--events {text} is no range", "", "give START:STOP, such as 0:100")
    return int(start), int(stop)


def try_events(task: Any, chunk: Chunk, events: str) -> None:
    """Runs all variations on some events of a chunk, counted from its first; keeps nothing."""
    from higgsflow.job import run_job

    part = part_of(chunk, *events_of(events))
    if not part.n_entries:
        raise UserError(f"branch {task.branch} of {task.pair.name} has {chunk.n_entries} events")
    with tempfile.TemporaryDirectory(prefix="higgsflow_") as folder:
        job = task.job(part, task.wanted).model_copy(update={"folder": Path(folder)})
        n_rows = sum(run_job(job).output.rows.values())
    sys.stdout.write(
        f"{part.n_entries} events of branch {task.branch} ran without an exception; "
        f"{n_rows} rows were selected, and not kept\n"
    )
