"""A trial of some events of a chunk in this process: for the exceptions that they raise."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgsflow.errors import UserError
from higgsflow.events.failing import narrowed, part_of
from tasks.execution.display import say
from tasks.execution.judgement import command_of

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
    """Runs all variations on some events of a chunk, counted from its first; keeps nothing.

    Of an exception it tells first which of them are enough for it.
    """
    part = part_of(chunk, *events_of(events))
    if not part.n_entries:
        raise UserError(f"branch {task.branch} of {task.pair.name} has {chunk.n_entries} events")
    try:
        n_rows = _run(task, part)
    except UserError:
        raise
    except Exception as error:
        say(_culprit(task, narrowed(part, partial(_raises, task, type(error)))))
        raise
    sys.stdout.write(
        f"{part.n_entries} events of branch {task.branch} ran without an exception; "
        f"{n_rows} rows were selected, and not kept\n"
    )


def _run(task: Any, part: Chunk) -> int:
    """The number of rows that were selected."""
    from higgsflow.job import run_job

    with tempfile.TemporaryDirectory(prefix="higgsflow_") as folder:
        job = task.job(part, task.wanted).model_copy(update={"folder": Path(folder)})
        return sum(run_job(job).output.rows.values())


def _raises(task: Any, expected: type[Exception], part: Chunk) -> bool:
    """Whether some events raise the exception that was seen; another one is another story."""
    try:
        _run(task, part)
    except Exception as error:  # noqa: BLE001
        return type(error) is expected
    return False


def _culprit(task: Any, part: Chunk) -> str:
    """The one event that is enough, or the fewest, and how to run nothing else."""
    from higgsflow.explain.find import Place, event_at

    first = part.ranges[0]
    where = f"entry {first.start} of {first.url}"
    if part.n_entries > 1:
        return f"it takes {part.n_entries} events together, from {where} on"
    event = event_at(task.pair, Place(first.url, first.start))
    alone = command_of(task, task.branch, first)
    return f"event {event} is enough for it, {where}\n  it alone: {alone}"
