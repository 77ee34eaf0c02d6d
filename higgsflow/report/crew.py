"""Pictures shared out among a few processes: each takes a tenth of a second, and there are many."""

from __future__ import annotations

import multiprocessing
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from higgsflow.cores import n_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

S = TypeVar("S")
T = TypeVar("T")

# processes at most, which others may want to share the machine with, and the least work for one
_MOST, _LEAST = 4, 8


def made_together(things: Sequence[S], make: Callable[[S], T]) -> list[T]:
    """What `make` gives for each thing, in their order.

    A process that fails, or is ended by somebody, costs time only: its part is made again here,
    where an error can be told.
    """
    n = min(_MOST, _processors(), len(things) // _LEAST)
    if n < 2:
        return [make(thing) for thing in things]
    parts = [things[start::n] for start in range(n)]
    helpers = [_Helper(part, make) for part in parts[1:]]
    made = [[make(thing) for thing in parts[0]]]
    for part, helper in zip(parts[1:], helpers, strict=True):
        answer = helper.answer()
        made.append([make(thing) for thing in part] if answer is None else answer)
    return [made[position % n][position // n] for position in range(len(things))]


class _Helper:
    """A process that makes some of them: a copy of this one, which sends what it made."""

    def __init__(self, part: Sequence[Any], make: Callable[[Any], Any]) -> None:
        # what is forked need not be sent, functions among it
        context = multiprocessing.get_context("fork")
        self._receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_send, args=(part, make, sender), daemon=True)
        self._process.start()
        sender.close()

    def answer(self) -> list[Any] | None:
        """What it made; None if it did not come to its end."""
        found = None
        with suppress(EOFError, OSError):
            found = self._receiver.recv()
        self._receiver.close()
        self._process.join()
        return found


def _send(part: Sequence[Any], make: Callable[[Any], Any], sender: Connection) -> None:
    # whatever it is, an interruption among it, is told where all the rest is
    with suppress(BaseException):
        sender.send([make(thing) for thing in part])
    sender.close()
    # handlers of the process that this one is a copy of are not its own
    os._exit(0)


def _processors() -> int:
    """Of which this process may use any; 1 where it cannot be copied."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return 1
    return n_cores()
