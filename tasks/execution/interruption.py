"""Ctrl-C: everything ends at once, without tracebacks, and the user hears how to go on.

The terminal sends the signal to every process of the command. The first one tells the user; those
that luigi forked just end. Workers of a pool ignore it, and end when whoever wanted their results
is gone.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from tasks.execution.display import end_display

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_TICK = 0.5
_EXIT_CODE = 130  # as shells have it
_installed: list[int] = []
_going_on: list[Callable[[], str]] = []
_SENTENCE = "interrupted: what is done is kept, the same command goes on from there\n"


def prepare_interruption(going_on: Callable[[], str] = str) -> None:
    """Lets Ctrl-C end this program and what it forks in order.

    `going_on` tells in a line what goes on without it, and is asked when it happens.
    """
    if _installed or threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        # somebody else, such as a batch engine, has decided what it means
        return
    _installed.append(os.getpid())
    _going_on.append(going_on)
    signal.signal(signal.SIGINT, _interrupt)
    sys.excepthook = _tell


def end_with_parent() -> None:
    """Ends this process soon after the one that started it, whose results nobody would hear of."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_TICK)
        os._exit(_EXIT_CODE)

    threading.Thread(target=watch, daemon=True).start()


def _interrupt(*_: Any) -> None:
    if os.getpid() in _installed:
        raise KeyboardInterrupt
    raise SystemExit(_EXIT_CODE)


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        # else it would clear the sentence away
        end_display()
        sys.stderr.write(_SENTENCE + "".join(tell() for tell in _going_on))
    else:
        sys.__excepthook__(kind, error, trace)
