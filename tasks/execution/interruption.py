"""Ctrl-C: everything ends at once, without tracebacks, and the user hears how to go on.

The terminal sends the signal to every process of the command. The first one tells the user; those
that luigi forked just end. Workers of a pool ignore it, and end when whoever wanted their results
is gone.

The signal becomes an exception in whatever runs at that moment, and may be lost there: libraries
in other languages make another error of it or none at all, Python drops it in what runs at a fork,
luigi in what it asks of tasks. So it is also noted, looked up when something fails, and raised
again while this process has not ended. In what luigi calls at events, where it would be told as an
error, it waits for their end. A second one would break off what the first one lets end in
order, and is not followed; once the user has been told, it ends the program at once.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import luigi

from higgsflow.standard_output import write_or_drop
from tasks.execution.display import end_display
from tasks.execution.quick_end import end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType, TracebackType

_EXIT_CODE = 130  # as shells have it
# seconds that a process has to end in order, and after which an exception that is lost is raised
_GRACE = 2.0
_AT_ONCE = 0.01
_installed: list[int] = []
_going_on: list[Callable[[], str]] = []
_alarm_before: list[Any] = []
_interrupted: list[bool] = []
_held: list[bool] = []
_told: list[bool] = []
_SENTENCE = "interrupted: what is done is kept, the same command goes on from there\n"


def prepare_interruption() -> None:
    """Lets Ctrl-C end this program and what it forks in order."""
    if _installed or threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        # somebody else, such as a batch engine, has decided what it means
        return
    _installed.append(os.getpid())
    signal.signal(signal.SIGINT, _interrupt)
    sys.excepthook = _tell
    sys.unraisablehook = _tell_unraised
    atexit.register(_tell_at_exit)


def tell_what_goes_on(tell: Callable[[], str]) -> None:
    """`tell` says in lines what goes on after an interruption; it is asked when one happens."""
    _going_on[:] = [tell]


@contextmanager
def held_back() -> Iterator[None]:
    """Lets Ctrl-C wait: of a module that is imported by half, all that comes later would fail."""
    _held.append(True)
    try:
        yield
    finally:
        _held.pop()


def end_if_interrupted() -> None:
    """Ends this process if there was a Ctrl-C that it has not followed.

    Raises:
        KeyboardInterrupt: in the first process of the command.
        SystemExit: in what it forked.
    """
    if _interrupted:
        _raise_what_ends()


@contextmanager
def only_here() -> Iterator[None]:
    """For a Python session: what is prepared in here ends with it, and Ctrl-C is Python's again."""
    try:
        yield
    except Exception:
        # a library may have made another error of Ctrl-C
        end_if_interrupted()
        raise
    finally:
        forget()


def forget() -> None:
    """Gives both signals back to a Python session, which may have survived a Ctrl-C."""
    if not _installed or threading.current_thread() is not threading.main_thread():
        return
    if _interrupted:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, _alarm_before.pop())
        _interrupted.clear()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    atexit.unregister(_tell_at_exit)
    _installed.clear()


def _interrupt(_number: int, frame: FrameType | None) -> None:
    if _told:
        os._exit(_EXIT_CODE)
    # while the user is told, nothing is noted at the first instruction
    if (_interrupted and _is_followed()) or _is_within(frame, _tell.__code__):
        return
    # luigi would tell of it as an error in what it calls, and go on
    is_lost = _is_within(frame, luigi.Task.trigger_event.__code__)
    # should the exception be lost, it is raised again; what was forked ends without
    again = _interrupt if is_lost or os.getpid() in _installed else signal.SIG_DFL
    before = signal.signal(signal.SIGALRM, again)
    signal.setitimer(signal.ITIMER_REAL, _AT_ONCE if is_lost else _GRACE)
    if not _interrupted:
        _interrupted.append(True)
        _alarm_before.append(before)
    if not _held and not is_lost:
        _raise_what_ends()


def _is_followed() -> bool:
    """Whether this process is about to end: what was forked later has no timer that runs."""
    return signal.getitimer(signal.ITIMER_REAL)[0] > 0


def _is_within(frame: FrameType | None, code: CodeType) -> bool:
    """Whether this function is at work, from its first instruction on."""
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame is not None


def _raise_what_ends() -> None:
    if os.getpid() in _installed:
        raise KeyboardInterrupt
    raise SystemExit(_EXIT_CODE)


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt) and not _interrupted:
        sys.__excepthook__(kind, error, trace)
        return
    signal.setitimer(signal.ITIMER_REAL, 0)
    # else it would clear the sentence away
    end_display()
    with suppress(OSError):
        sys.stderr.write(_SENTENCE + "".join(tell() for tell in _going_on))
    # a terminal may be gone by now
    write_or_drop(sys.stderr)
    if hasattr(sys, "ps1"):
        # an interactive session goes on
        return
    # what luigi has not come to end, and Python would wait for
    for process in multiprocessing.active_children():
        process.terminate()
    _told.append(True)
    # while Python takes itself apart, the signal would be the system's again
    end(_EXIT_CODE)


def _tell_unraised(found: sys.UnraisableHookArgs) -> None:
    """Python has dropped an exception in a place where none can be raised."""
    if not _interrupted:
        sys.__unraisablehook__(found)
    elif os.getpid() in _installed:
        signal.setitimer(signal.ITIMER_REAL, _AT_ONCE)


def _tell_at_exit() -> None:
    """The exception was lost in the last moments, or luigi has made an exit code of it."""
    if _interrupted and not _told and os.getpid() in _installed:
        _tell(KeyboardInterrupt, KeyboardInterrupt(), None)
