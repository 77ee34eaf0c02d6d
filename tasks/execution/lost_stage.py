"""A stage whose process has ended without a word: luigi sees only that it is gone."""

from __future__ import annotations

import re
import signal
from typing import Any

from higgsflow.errors import UserError
from tasks.execution.display import say
from tasks.execution.interruption import end_if_interrupted
from tasks.execution.told_once import told

_CODE = re.compile(r"-?\d+$")
_told: set[str] = set()


def tell_lost(task: Any, said: str) -> None:
    """Tells the user of a stage that cannot; luigi may call this more than once for one.

    Args:
        task: the stage.
        said: what luigi says of it, which ends with the exit code of the process.
    """
    end_if_interrupted()
    if task.task_id in _told:
        return
    _told.add(task.task_id)
    error = UserError(f"its process {_end_of(said)}", "", "run the same command again")
    say(f"{task.short_name} failed: {told(error)}")


def _end_of(said: str) -> str:
    """What became of a process, from its exit code: that of a signal is negative."""
    found = _CODE.search(said)
    code = int(found[0]) if found else 0
    if code == -signal.SIGKILL:
        # whoever runs out of memory is not asked before
        return "was killed (out of memory?)"
    if code < 0:
        known = {-one.value: one.name for one in signal.Signals}
        return f"was ended by {known.get(code, f'signal {-code}')}"
    return f"ended with exit code {code}" if code else "ended"


def forget() -> None:
    """Of the invocation before."""
    _told.clear()
