"""What luigi and law say about their own work: kept in a file of the store, not on the screen."""

from __future__ import annotations

import logging
import logging.handlers
import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from higgsflow.visible import visible

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = ("luigi", "luigi-interface", "law")
_FORMAT = "%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"
_MANY, _KEPT = 10_000, 20
_current: list[logging.Handler] = []
_path: list[Path] = []


class LogFile(logging.FileHandler):
    """A log that ends when the disk is full: the stage that cannot write tells the user."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Lets go of the file when it cannot be written; other errors are defects."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)
            return
        self.addFilter(lambda _: False)
        with suppress(OSError):
            # which tries once more to write what is left
            self.close()


class _Visible(logging.Formatter):
    """Who looks at a log does so in a terminal, and exceptions quote names in files of others."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or that of an exception with its traceback."""
        return visible(super().format(record))


def hold() -> None:
    """Holds what is said from now on, until it is known that something has to be made."""
    forget()
    _current.append(logging.handlers.MemoryHandler(_MANY, logging.CRITICAL + 1))
    for name in _NAMES:
        logger = logging.getLogger(name)
        if name != "law" and not logger.handlers:
            # a notebook reads no law.cfg, which gives luigi one
            logger.addHandler(logging.StreamHandler())
        for handler in logger.handlers:
            # what was for the screen stays so: warnings
            handler.setLevel(max(handler.level, logging.WARNING))
            handler.addFilter(quiet)
        logger.addHandler(_current[-1])
        logger.setLevel(logging.INFO)


def forget() -> None:
    """Lets go of the invocation before."""
    for handler in _current:
        for name in _NAMES:
            logging.getLogger(name).removeHandler(handler)
        file = getattr(handler, "target", None)
        handler.close()
        if file is not None:
            file.close()
    _current.clear()
    _path.clear()


def keep(folder: Path) -> None:
    """Writes what was held, and all that follows, to a file of this invocation."""
    held = _current[-1] if _current else None
    if not isinstance(held, logging.handlers.MemoryHandler) or held.target is not None:
        return
    place = folder / f"run_{time.strftime('%Y%m%d_%H%M%S')}_{os.getpid()}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in sorted(folder.glob("run_*.log"))[: -_KEPT + 1]:
            old.unlink(missing_ok=True)
        # a new one: a link of this name may lead anywhere
        file = LogFile(place, "x", encoding="utf-8")
    except OSError:
        # the stage that has to write next tells why that cannot be
        return
    _path.append(place)
    file.setFormatter(_Visible(_FORMAT))
    held.setTarget(file)
    # from now on line by line: processes that luigi forks hold nothing back
    held.capacity = 0
    held.flush()


def path() -> Path | None:
    """The file of this invocation, where one was made."""
    return _path[-1] if _path else None


def quiet(record: logging.LogRecord) -> bool:
    """Keeps off the screen what the user is told by others.

    luigi's traceback of a failed stage is one, that of a Ctrl-C which luigi catches another.
    """
    if record.exc_info and isinstance(record.exc_info[1], KeyboardInterrupt):
        return False
    return "failed" not in record.msg if isinstance(record.msg, str) else True
