"""Workers that ended with code 0 in the middle of a job.

pebble takes these for workers that had nothing left to do, and goes on waiting for their results.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pebble import ProcessExpired
from pebble.common.types import Result, ResultStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pebble import ProcessPool

# seconds for a result that is still on its way, and for pebble to note who has begun
_GRACE = 1.0


class SilentEnds:
    """Gives up the jobs of a pool whose workers are gone without a word."""

    def __init__(self, pool: ProcessPool, grace: float = _GRACE) -> None:
        # pebble tells nobody which worker runs what
        self._manager: Any = pool._pool_manager
        self._grace = grace
        self._since: dict[int, float] = {}

    def give_up(self) -> None:
        """Ends the futures of such jobs with `ProcessExpired` and code 0."""
        now = time.monotonic()
        missed = {task.id: task for task in self._missed()}
        self._since = {number: self._since.get(number, now) for number in missed}
        for number, since in self._since.items():
            if now - since >= self._grace:
                pid = missed[number].worker_id
                error = ProcessExpired("ended without a result", code=0, pid=pid)
                self._manager.task_manager.task_done(number, Result(ResultStatus.ERROR, error))

    def _missed(self) -> Iterator[Any]:
        """Tasks that a worker has begun which is no more."""
        workers = self._manager.worker_manager.workers
        for task in list(self._manager.task_manager.tasks.values()):
            if task.worker_id and task.worker_id not in workers:
                yield task
