"""Forks of processes that have read from servers of XRootD.

Its client ends its threads before each fork, and waits for them. One that tells Python of an answer
needs the lock of the interpreter, and one that closes a file a lock of the client; the forking
thread holds both: they would wait for each other for ever. So a fork waits, where that lock can be
given away, until the loop of fsspec, which asks the client and closes what has not been used for a
while, waits for no answer; and that loop stands still until the fork is done.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from contextlib import suppress
from typing import Any

# what remains to be done in the client after an answer is microseconds [s]
_MOMENT = 0.02
# how long an answer is waited for: closing at a server that is gone takes 15 s [s]
PATIENCE = 20.0

# the loops that stand still, each until it is set
_standing: list[threading.Event] = []


async def _stand(stands: threading.Event, goes_on: threading.Event) -> None:
    """Waits for what others in the loop wait for, and then has the loop wait."""
    while not goes_on.is_set() and (busy := [t for t in asyncio.all_tasks() if _is_busy(t)]):
        # one that begins to rest does not end
        ended, _ = await asyncio.wait(busy, timeout=_MOMENT)
        if ended:
            # whoever asked is told of the answer in the round after
            await asyncio.sleep(0)
    stands.set()
    goes_on.wait()


# what does not wait for an answer: mostly it sleeps, what closes files from time to time
_AT_REST = {asyncio.sleep.__qualname__, _stand.__qualname__}


def _is_busy(task: asyncio.Task[Any]) -> bool:
    coroutine: Any = task.get_coro()
    chain = (coroutine, getattr(coroutine, "cr_await", None))
    return _AT_REST.isdisjoint(getattr(one, "__qualname__", "") for one in chain)


def hear_answers() -> None:
    """Lets the client tell all that it has to tell, if there is a client."""
    if "XRootD" not in sys.modules:
        return
    asyn: Any = sys.modules.get("fsspec.asyn")
    loop, thread = (asyn.loop[0], asyn.iothread[0]) if asyn else (None, None)
    if loop is not None and loop.is_running() and thread is not threading.current_thread():
        stands, goes_on = threading.Event(), threading.Event()
        asyncio.run_coroutine_threadsafe(_stand(stands, goes_on), loop)
        stands.wait(PATIENCE)
        _standing.append(goes_on)
    time.sleep(_MOMENT)


def go_on() -> None:
    """Lets the loop go on after the fork; in a child there is none any more."""
    while _standing:
        with suppress(IndexError):
            _standing.pop().set()


os.register_at_fork(before=hear_answers, after_in_parent=go_on, after_in_child=_standing.clear)
