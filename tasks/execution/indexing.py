"""Many files are looked into side by side: on cores that nobody uses, or while servers answer."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from tasks.execution.display import say
from tasks.execution.interruption import end_with_parent
from tasks.execution.page import publish

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from filelock import FileLock

    from tasks.execution.slots import Slots

T = TypeVar("T")
F = TypeVar("F")
# files for which one more process is worth its start
_ENOUGH = 8
# files that servers are asked for at a time
_WAITING = 16
# handed to a process at a time
_PIECE = 4
_LINE_INTERVAL = 10.0


def side_by_side(
    look: Callable[[F], T], files: Sequence[F], slots: Slots
) -> Generator[T, None, None]:
    """What is found in each file, in their order, by as many processes as there are free slots."""
    with ExitStack() as stack:
        n = len(list(_taken(slots, len(files) // _ENOUGH, stack)))
        if n < 2:
            yield from map(look, files)
            return
        context = multiprocessing.get_context("fork")
        executor = ProcessPoolExecutor(n, mp_context=context, initializer=end_with_parent)
        _ended_with(stack, executor)
        n_found = 0
        try:
            for found in executor.map(look, files, chunksize=_PIECE):
                yield found
                n_found += 1
        except BrokenProcessPool:
            # a process was killed: the rest is done here
            yield from map(look, files[n_found:])


def while_waiting(look: Callable[[F], T], files: Sequence[F]) -> Generator[T, None, None]:
    """The same of files at servers, by threads: waiting is what takes long.

    Clients of servers have threads of their own, which a fork would not take along.
    """
    first, *others = files
    # here, so that threads do not import at the same time
    yield look(first)
    with ExitStack() as stack:
        executor = ThreadPoolExecutor(_WAITING)
        _ended_with(stack, executor)
        yield from executor.map(look, others)


def _ended_with(stack: ExitStack, executor: Executor) -> None:
    """Files that nobody asks for any more, as one of them cannot be used, are not looked into."""
    stack.callback(executor.shutdown, cancel_futures=True)


def _taken(slots: Slots, n: int, stack: ExitStack) -> Iterator[FileLock]:
    """Up to n free slots, until the stack ends."""
    for _ in range(n):
        slot = slots.take()
        if slot is None:
            return
        stack.callback(slot.release)
        yield slot


def told(task: Any, found: Iterable[T], n_files: int) -> Iterator[T]:
    """The same, while the user hears how far it is."""
    last = time.monotonic()
    for number, one in enumerate(found, 1):
        yield one
        if time.monotonic() - last > _LINE_INTERVAL:
            last = time.monotonic()
            message = f"{number:,} of {n_files:,} files looked into"
            say(f"{task.pair.name}: {message}")
            publish(task, message, 100 * number // n_files)
