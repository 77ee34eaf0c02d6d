"""The client of XRootD, by which files at servers are read and folders there listed.

It is asked in a thread of its own. So Ctrl-C, and the signal of a batch system, are heard while a
server is silent; and no thread of the client needs Python, which a fork holds while it waits for
them. A fork waits for what the client does here and now, the end of a process for what it closes,
but neither of them for a server that does not answer.
"""

from __future__ import annotations

import atexit
import concurrent.futures
import functools
import gc
import importlib
import os
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
# what the client does by default waits for minutes for a server that is gone, and looks at the
# clock each 15 s [s]
PATIENCE = {
    "XRD_CONNECTIONWINDOW": "15",
    "XRD_CONNECTIONRETRY": "2",
    "XRD_STREAMTIMEOUT": "60",
    "XRD_REQUESTTIMEOUT": "300",
    "XRD_STREAMERRORWINDOW": "10",
    "XRD_TIMEOUTRESOLUTION": "1",
}
# how long a fork, and the end of a process, wait for what the client does; a server that is silent
# for longer is waited for in a way that harms neither [s]
_MOMENT = 0.5
# a wait that is told of [s]
_LONG = 30.0
# what the client still does with an answer after it has told it is microseconds: a fork would wait
# for ever for the one of its threads that takes a file away [s]
_AFTERWARDS = 0.02
# when the last answer was there
_answered = [-_AFTERWARDS]
# threads in which the client works, and what none may begin without: a fork must not meet one
_working: set[threading.Thread] = set()
# what is waited for
_answers: set[concurrent.futures.Future[Any]] = set()
# who is told of waits
_listeners: list[Callable[[float], object]] = []
_gate, _loading = threading.Lock(), threading.Lock()
# a code of the protocol
NOT_FOUND = 3011


class ServerError(OSError):
    """A server does not answer, or not with what it was asked for."""


def client() -> Any:
    """The client, loaded with its patience.

    Raises:
        ModuleNotFoundError: when it is not installed.
    """
    # several threads may be the first to look into files
    with _loading:
        return _loaded()


@functools.cache
def _loaded() -> Any:
    # read when it is loaded
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    loaded = importlib.import_module("XRootD.client")
    # it asks all that is in memory for its class, and so imports whatever waits to be imported
    atexit.unregister(importlib.import_module("XRootD.client.finalize").finalize)
    atexit.register(_end, loaded.File)
    return loaded


def asked(call: Callable[..., T], *arguments: Any) -> T:
    """What a call of the client returns."""
    answer: concurrent.futures.Future[T] = concurrent.futures.Future()

    def ask() -> None:
        try:
            result = call(*arguments)
        # whatever it is, it is raised where it is waited for
        except Exception as error:  # noqa: BLE001
            _tell(answer.set_exception, error)
        else:
            _tell(answer.set_result, result)

    _answers.add(answer)
    try:
        _beside(ask)
        return _awaited(answer)
    finally:
        _answers.discard(answer)


def _awaited(answer: concurrent.futures.Future[T]) -> T:
    """What is answered; whoever listens hears each time that it has taken long."""
    began = time.monotonic()
    while _listeners and not concurrent.futures.wait((answer,), _LONG).done:
        for listener in _listeners:
            listener(time.monotonic() - began)
    return answer.result()


@contextmanager
def waits_told(listener: Callable[[float], object]) -> Iterator[None]:
    """Tells, each time that a server has not answered for long, how many seconds it is by now."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def give_up() -> None:
    """Interrupts all threads that wait for an answer: only the first one hears of Ctrl-C."""
    for answer in tuple(_answers):
        _tell(answer.set_exception, KeyboardInterrupt())


def _tell(how: Callable[[Any], None], what: object) -> None:
    # an answer to who has given up comes too late
    with suppress(concurrent.futures.InvalidStateError):
        how(what)


def answer_of(call: Callable[..., tuple[Any, T]], *arguments: Any) -> T:
    """What a server answers.

    Raises:
        OSError: when it does not, or refuses.
    """
    status, answer = asked(call, *arguments)
    if status.ok:
        return answer
    message = " ".join(status.message.split())
    if status.errno == NOT_FOUND:
        raise FileNotFoundError(message)
    raise ServerError(message)


def let_go(file: Any) -> None:
    """Closes a file of the client, and does not wait for it."""
    _beside(file.close)


def _beside(call: Callable[[], object]) -> None:
    """Does something in a thread, for which nobody waits at the end of the process."""

    def work() -> None:
        try:
            call()
        finally:
            _answered[0] = time.monotonic()
            _working.discard(threading.current_thread())

    thread = threading.Thread(target=work, daemon=True)
    with _gate:
        _working.add(thread)
        try:
            thread.start()
        except RuntimeError:
            # at the end of a process, from Python 3.12 on
            _working.discard(thread)
            raise


def _settle() -> None:
    """Waits until all that goes on is done, or waits for a server itself."""
    last = time.monotonic() + _MOMENT
    for thread in tuple(_working):
        thread.join(max(0.0, last - time.monotonic()))


def _before_fork() -> None:
    # a child would wait for ever for what a thread holds that it has not
    _loading.acquire()
    _gate.acquire()
    _settle()
    time.sleep(max(0.0, _answered[0] + _AFTERWARDS - time.monotonic()))


def _after_fork() -> None:
    _gate.release()
    _loading.release()


def _after_fork_in_child() -> None:
    _working.clear()
    _after_fork()


def _end(kind: Any) -> None:
    """Closes what is open, since nothing could any more, and ends the threads of the client."""
    for one in gc.get_objects():
        if type(one) is kind and one.is_open():
            try:
                let_go(one)
            except RuntimeError:
                # where no thread begins any more
                one.close(timeout=1)
    _settle()
    vars(importlib.import_module("pyxrootd.client"))["__XrdCl_Stop_Threads"]()


os.register_at_fork(
    before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child
)
