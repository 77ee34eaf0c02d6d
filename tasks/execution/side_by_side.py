"""Many things are done side by side: on cores that nobody uses, or while servers answer."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from tasks.execution.display import say
from tasks.execution.interruption import end_with_parent
from tasks.execution.page import publish

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection

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
        pieces = [files[start : start + _PIECE] for start in range(0, len(files), _PIECE)]
        helpers: list[_Helper] = []
        for start in range(n):
            helpers.append(_Helper(look, pieces[start::n], helpers))
            stack.callback(helpers[-1].end)
        for number, piece in enumerate(pieces):
            answer = helpers[number % n].answer()
            # of a file that cannot be used, and of a process that was killed, it is seen here
            yield from map(look, piece) if answer is None else answer


class _Helper:
    """A process that looks into some files, and answers piece by piece.

    Each has a pipe of its own: of one that is killed in the middle of its answer, the end is seen.
    """

    def __init__(self, look: Callable[[F], T], pieces: list[Sequence[F]], others: list[_Helper]):
        context = multiprocessing.get_context("fork")
        self._receiver, sender = context.Pipe(duplex=False)
        # a copy of which would keep the pipe of another one open
        not_its_own = [self._receiver, *(other._receiver for other in others)]
        arguments = (look, pieces, sender, not_its_own)
        self._process = context.Process(target=_answer_all, args=arguments, daemon=True)
        self._process.start()
        sender.close()

    def answer(self) -> list[Any] | None:
        """What it found in its next piece; None if it came to no answer."""
        with suppress(EOFError, OSError):
            found: list[Any] | None = self._receiver.recv()
            return found
        return None

    def end(self) -> None:
        """Lets it end with the piece that it is at."""
        self._receiver.close()
        self._process.join()


def _answer_all(
    look: Callable[[F], T], pieces: list[Sequence[F]], sender: Connection, others: list[Connection]
) -> None:
    end_with_parent()
    for connection in others:
        connection.close()
    # who asks does not want the rest
    with suppress(BrokenPipeError):
        for piece in pieces:
            sender.send(_found_in(look, piece))


def _found_in(look: Callable[[F], T], piece: Sequence[F]) -> list[T] | None:
    try:
        return [look(file) for file in piece]
    except Exception:  # noqa: BLE001
        # whatever it is, who asks meets it, too, and tells of it
        return None


def while_waiting(look: Callable[[F], T], files: Sequence[F]) -> Generator[T, None, None]:
    """The same of files at servers, by threads: waiting is what takes long.

    Clients of servers have threads of their own, which a fork would not take along.
    """
    first, *others = files
    # here, so that threads do not import at the same time
    yield look(first)
    with ExitStack() as stack:
        executor = ThreadPoolExecutor(_WAITING)
        # files that nobody asks for any more, as one of them cannot be used, are not looked into
        stack.callback(executor.shutdown, cancel_futures=True)
        yield from executor.map(look, others)


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
