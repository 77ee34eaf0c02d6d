"""Many things are done side by side: on cores that nobody uses, or while servers answer."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tasks.execution.display import say
from tasks.execution.helper import Answer, Helper
from tasks.execution.page import publish

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from filelock import FileLock

    from higgsflow.sharing import Share
    from tasks.execution.slots import Slots

    Answers = Generator[Any, None, None]
    Way = Callable[["Callable[[Any], Any]", Sequence[Any], Slots, "Load"], Answers]

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
    work: Callable[[Any], Any], given: Sequence[Any], slots: Slots, load: Load
) -> Generator[Any, None, None]:
    """What comes of each that is given, in their order, by a process for each free slot."""
    turn, done = 0, {}
    with closing(_answers(work, given, slots, load)) as answers:
        for number, piece, answer in answers:
            done[number] = (piece, answer)
            while turn in done:
                yield from _found(work, *done.pop(turn))
                turn += 1


def as_they_come(
    work: Callable[[Any], Any], given: Sequence[Any], slots: Slots, load: Load
) -> Generator[Any, None, None]:
    """The same, of each as soon as it is there."""
    with closing(_answers(work, given, slots, load)) as answers:
        for _, piece, answer in answers:
            yield from _found(work, piece, answer)


def _found(work: Callable[[Any], Any], piece: Sequence[Any], answer: Answer) -> Iterator[Any]:
    if answer.error is not None:
        raise answer.error
    # what is wrong in it, or with a process that was killed, is seen here
    return map(work, piece) if answer.found is None else iter(answer.found)


def _answers(
    work: Callable[[Any], Any], given: Sequence[Any], slots: Slots, load: Load
) -> Generator[tuple[int, Sequence[Any], Answer], None, None]:
    """Number, content and answer of each piece, as they come; of some there is none."""
    pieces = [given[start : start + load.piece] for start in range(0, len(given), load.piece)]
    numbers = iter(range(len(pieces)))
    with ExitStack() as stack:
        n = len(list(_taken(slots, len(given) // load.enough, stack)))
        helpers: list[Helper] = []
        for _ in range(n if n > 1 else 0):
            helpers.append(Helper(work, pieces, helpers))
            stack.callback(helpers[-1].end)
        for number, answer in _from(helpers, numbers):
            yield number, pieces[number], answer
        # there are no helpers, or none any more
        for number in numbers:
            yield number, pieces[number], Answer()


def _from(helpers: Sequence[Helper], numbers: Iterator[int]) -> Iterator[tuple[int, Answer]]:
    """Has helpers do what there is to do, as long as some are there."""
    busy: dict[Any, Helper] = {}
    for helper in helpers:
        yield from _hand_on(helper, numbers, busy)
    while busy:
        for ready in wait(list(busy)):
            helper = busy.pop(ready)
            answered = helper.answer()
            # before anybody looks at the answer, so that it has something to do
            yield from _hand_on(helper, numbers, busy)
            yield answered


def _hand_on(
    helper: Helper, numbers: Iterator[int], busy: dict[Any, Helper]
) -> Iterator[tuple[int, Answer]]:
    """Gives a helper its next piece, which comes back at once from one that is gone."""
    for number in numbers:
        if helper.hand(number):
            busy[helper.connection] = helper
        else:
            yield number, Answer()
        return


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


@contextmanager
def shared(task: Any, slots: Slots | None, way: Way = side_by_side) -> Iterator[Share]:
    """Work is done on all free cores, on this one without slots, and the user hears how far it is.

    It is work that takes long, as that on files of events does. What of it is not done at the end
    nobody wants any more: its processes and slots would be kept by the traceback of an error.
    """
    with ExitStack() as stack:

        def share(work: Callable[[Any], Any], given: Sequence[Any], what: str, /) -> Iterator[Any]:
            if slots is None:
                return told(task, map(work, given), len(given), what)
            found = stack.enter_context(closing(way(work, given, slots, LONG)))
            return told(task, found, len(given), what)

        yield share


def told(task: Any, found: Iterable[T], n: int, what: str) -> Iterator[T]:
    """The same, while the user hears how far it is; `what` are n of them, and happens to them."""
    last = time.monotonic()
    for number, one in enumerate(found, 1):
        yield one
        if time.monotonic() - last > _LINE_INTERVAL:
            last = time.monotonic()
            message = f"{number:,} of {n:,} {what}"
            say(f"{task.pair.name}: {message}")
            publish(task, message, number / n)
