"""Many things are done side by side: on cores that nobody uses, or while servers answer."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tasks.execution.display import say
from tasks.execution.interruption import end_with_parent
from tasks.execution.page import publish

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection

    from filelock import FileLock

    from higgsflow.sharing import Share
    from tasks.execution.slots import Slots

T = TypeVar("T")
F = TypeVar("F")
# files that servers are asked for at a time
_WAITING = 16
_LINE_INTERVAL = 10.0


class Load(NamedTuple):
    """How much is worth the start of a process.

    Attributes:
        enough: for one more of them.
        piece: handed to one at a time.
    """

    enough: int
    piece: int


# a file is looked into in some milliseconds
FILES = Load(enough=8, piece=4)
# what takes seconds or hours
LONG = Load(enough=1, piece=1)


def side_by_side(
    work: Callable[[F], T], given: Sequence[F], slots: Slots, load: Load
) -> Generator[T, None, None]:
    """What comes of each that is given, in their order, by a process for each free slot."""
    with ExitStack() as stack:
        n = len(list(_taken(slots, len(given) // load.enough, stack)))
        if n < 2:
            yield from map(work, given)
            return
        pieces = [given[start : start + load.piece] for start in range(0, len(given), load.piece)]
        helpers: list[_Helper] = []
        for start in range(n):
            helpers.append(_Helper(work, pieces[start::n], helpers))
            stack.callback(helpers[-1].end)
        for number, piece in enumerate(pieces):
            answer = helpers[number % n].answer()
            # of a file that cannot be used, and of a process that was killed, it is seen here
            yield from map(work, piece) if answer is None else answer


class _Helper:
    """A process that does some of the work, and answers piece by piece.

    Each has a pipe of its own: of one that is killed in the middle of its answer, the end is seen.
    """

    def __init__(self, work: Callable[[F], T], pieces: list[Sequence[F]], others: list[_Helper]):
        context = multiprocessing.get_context("fork")
        self._receiver, sender = context.Pipe(duplex=False)
        self._n_left = len(pieces)
        # a copy of which would keep the pipe of another one open
        not_its_own = [self._receiver, *(other._receiver for other in others)]
        arguments = (work, pieces, sender, not_its_own)
        self._process = context.Process(target=_answer_all, args=arguments, daemon=True)
        self._process.start()
        sender.close()

    def answer(self) -> list[Any] | None:
        """What came of its next piece; None if it came to no answer."""
        self._n_left -= 1
        with suppress(EOFError, OSError):
            found: list[Any] | None = self._receiver.recv()
            return found
        return None

    def end(self) -> None:
        """Ends it; where it is at something that nobody wants any more, in the middle of that."""
        self._receiver.close()
        if self._n_left:
            self._process.terminate()
        self._process.join()


def _answer_all(
    work: Callable[[F], T], pieces: list[Sequence[F]], sender: Connection, others: list[Connection]
) -> None:
    end_with_parent()
    # so that what it has half written is removed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for connection in others:
        connection.close()
    # who asks does not want the rest
    with suppress(BrokenPipeError):
        for piece in pieces:
            sender.send(_done(work, piece))


def _done(work: Callable[[F], T], piece: Sequence[F]) -> list[T] | None:
    try:
        return [work(one) for one in piece]
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


def shared(task: Any, slots: Slots | None) -> Share:
    """Work is done on all free cores, on this one without slots, and the user hears how far it is.

    It is work that takes long, as that on files of events does.
    """

    def share(work: Callable[[Any], Any], given: Sequence[Any], what: str, /) -> Iterator[Any]:
        found = map(work, given) if slots is None else side_by_side(work, given, slots, LONG)
        return told(task, found, len(given), what)

    return share


def told(task: Any, found: Iterable[T], n: int, what: str) -> Iterator[T]:
    """The same, while the user hears how far it is; `what` are n of them, and happens to them."""
    last = time.monotonic()
    for number, one in enumerate(found, 1):
        yield one
        if time.monotonic() - last > _LINE_INTERVAL:
            last = time.monotonic()
            message = f"{number:,} of {n:,} {what}"
            say(f"{task.pair.name}: {message}")
            publish(task, message, 100 * number // n)
