"""A process that does pieces of work as they are handed to it."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from higgsflow.errors import UserError
from tasks.execution.parent import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection


# seconds for one that ends to remove what it has half written
_AGAIN = 1.0


class Answer(NamedTuple):
    """What came of a piece.

    Attributes:
        found: of each thing in it; None where it came to no answer.
        error: what the user is told instead.
    """

    found: list[Any] | None = None
    error: UserError | None = None


class Helper:
    """Each has a pipe of its own: of one that is killed within its answer, the end is seen.

    Attributes:
        connection: ready when it has answered, or is gone.
        number: of the piece that it is at; None before the first one, and when it is gone.
    """

    def __init__(
        self, work: Callable[[Any], Any], pieces: Sequence[Sequence[Any]], others: Sequence[Helper]
    ) -> None:
        """`others` are those that were begun before."""
        context = multiprocessing.get_context("fork")
        self.connection, theirs = context.Pipe()
        self.number: int | None = None
        # a copy of which would keep the pipe of another one open
        not_its_own = [self.connection, *(other.connection for other in others)]
        arguments = (work, pieces, theirs, not_its_own)
        self._process = context.Process(target=_answer_all, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    def hand(self, number: int) -> bool:
        """Lets it begin with a piece; whether it is there to do so."""
        with suppress(OSError):
            self.connection.send(number)
            self.number = number
            return True
        return False

    def answer(self) -> tuple[int, Answer]:
        """The piece that it was at, and what came of that."""
        assert self.number is not None
        number, self.number = self.number, None
        with suppress(EOFError, OSError):
            return number, self.connection.recv()
        return number, Answer()

    def end(self) -> None:
        """Ends it; where it is at something that nobody wants any more, in the middle of that.

        It may not see that the pipe is closed: whatever was forked meanwhile has a copy of its end.
        Nor may it follow a signal that comes just before it begins to wait, or where Python drops
        what that raises, as in what lets go of an object: it is asked again.
        """
        while self._process.is_alive():
            self._process.terminate()
            self._process.join(_AGAIN)
        self.connection.close()


def _answer_all(
    work: Callable[[Any], Any],
    pieces: Sequence[Sequence[Any]],
    connection: Connection,
    not_its_own: Sequence[Connection],
) -> None:
    end_with_parent()
    # so that what it has half written is removed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for other in not_its_own:
        other.close()
    # who asks wants no more
    with suppress(EOFError, OSError):
        while True:
            connection.send(_done(work, pieces[connection.recv()]))


def _done(work: Callable[[Any], Any], piece: Sequence[Any]) -> Answer:
    try:
        return Answer([work(one) for one in piece])
    except UserError as error:
        return Answer(error=error)
    except Exception:  # noqa: BLE001
        # whatever it is, who asks meets it, too, and tells of it
        return Answer()
