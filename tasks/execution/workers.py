"""The processes of a pool: new ones where all were given up.

pebble gives up a pool when a worker is killed while none of them has a job, as between two attempts
or while other samples have the cores. Then the pool takes nothing more, and what it was just given
never ends.
"""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import InvalidStateError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pebble import ProcessPool

from tasks.execution.one_thread import keep_to_one_thread
from tasks.execution.parent import end_with_parent
from tasks.execution.silent_ends import SilentEnds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Future

# how long a pool that was given up has for what it knows of: who is faster than it has it write a
# traceback to the terminal [s]
_MOMENT = 0.5


def _in_each_process() -> None:
    end_with_parent()
    keep_to_one_thread()


class Workers:
    """Up to n processes, each of which runs one function at a time."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._begin()

    def _begin(self) -> None:
        context = multiprocessing.get_context("fork")
        self._pool: Any = ProcessPool(self._n, context=context, initializer=_in_each_process)
        self._silent_ends = SilentEnds(self._pool)
        self._seen_given_up: float | None = None
        # what these processes were given and, when it was last looked, had not ended
        self._given: list[Future[Any]] = []

    def schedule(
        self, function: Callable[..., Any], args: Sequence[Any], timeout: float | None
    ) -> Future[Any]:
        """What becomes of a call in one of the processes."""
        try:
            return self._scheduled(function, args, timeout)
        except RuntimeError:
            if self._pool.active:
                raise
        # ends those that are left
        self.join()
        lost = self._given
        self._begin()
        _end(lost)
        return self._scheduled(function, args, timeout)

    def _scheduled(
        self, function: Callable[..., Any], args: Sequence[Any], timeout: float | None
    ) -> Future[Any]:
        found: Future[Any] = self._pool.schedule(function, args=list(args), timeout=timeout)
        self._given = [*self._open, found]
        return found

    @property
    def _open(self) -> list[Future[Any]]:
        return [future for future in self._given if not future.done()]

    def give_up(self) -> None:
        """Ends what of these calls no process will tell the end of."""
        if not self._open:
            # nor is any process begun for none
            return
        if self._pool.active:
            self._silent_ends.give_up()
            return
        now = time.monotonic()
        if self._seen_given_up is None:
            self._seen_given_up = now
        if now - self._seen_given_up < _MOMENT:
            return
        _end(self._given)

    def close(self) -> None:
        """Takes nothing more."""
        self._pool.close()

    def stop(self) -> None:
        """Ends all processes."""
        self._pool.stop()

    def join(self) -> None:
        """Waits until all processes have ended."""
        self._pool.join()


def _end(futures: Iterable[Future[Any]]) -> None:
    for future in futures:
        # those that have ended, and those that the pool itself ends meanwhile
        with suppress(InvalidStateError):
            future.set_exception(BrokenProcessPool("all workers are gone"))
