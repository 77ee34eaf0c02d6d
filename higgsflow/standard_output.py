"""Standard output: programs are started with one that is closed, or that lacks signs of tables."""

from __future__ import annotations

import atexit
import codecs
import io
import os
import sys
from contextlib import suppress
from typing import Any

# of what tables are made of, where a screen has none of these signs
_PLAIN = {"─": "-", "…": "~"}
_LACKING = "higgsflow.plain"


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding lacks, and where to go on."""
    assert isinstance(error, UnicodeEncodeError)
    signs = error.object[error.start : error.end]
    return "".join(_PLAIN.get(sign, "?") for sign in signs), error.end


codecs.register_error(_LACKING, _plain)


def prepare() -> None:
    """Lets this program write whatever it has to say."""
    for name in ("stdout", "stderr"):
        # Python has None for one that is closed, and its number is for the next file
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    takes_any_text(sys.stdout)
    # once, however often this is called
    atexit.unregister(_at_exit)
    atexit.register(_at_exit)


def takes_any_text(stream: Any) -> None:
    """Lets an output, such as one of Latin-1, take characters that it lacks; it would raise."""
    if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
        stream.reconfigure(errors=_LACKING)


def write_no_more() -> None:
    """Lets what is still to be written, also at exit, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_or_drop(stream: Any, lost: type[OSError] = OSError) -> None:
    """Writes what waits in a stream; where nobody reads it, or it finds no room, it is gone.

    Else it would wait on, and be an error of whatever writes next: to begin a process, or to end
    this one.
    """
    # one that is closed, or that a notebook has put there, holds nothing
    with suppress(ValueError, AttributeError):
        try:
            stream.flush()
        except lost:
            _drop(stream)


def write_what_waits() -> None:
    """The same of both outputs."""
    write_or_drop(sys.stdout)
    write_or_drop(sys.stderr)


def _drop(stream: Any) -> None:
    number = stream.fileno()
    kept, nowhere = os.dup(number), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, number)
        stream.flush()
    finally:
        os.dup2(kept, number)
        os.close(kept)
        os.close(nowhere)


def _at_exit() -> None:
    """Python would end with code 120, though all is done; an answer without room is an error."""
    write_or_drop(sys.stdout, BrokenPipeError)
    write_or_drop(sys.stderr)
