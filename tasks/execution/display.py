"""One live display of all samples while they run, and the one way to tell the user something.

In a terminal it is a process of its own: a thread would hold locks while luigi forks. What stages
have to say goes to it through a pipe, so that no line is written across the table.
"""

from __future__ import annotations

import atexit
import json
import multiprocessing
import os
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from higgsflow.standard_output import write_or_drop
from higgsflow.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.execution.notebook import NotebookDisplay

_INTERVAL = 0.4
# letters of a message in one write; with escapes, of up to 12 bytes each, still less than what a
# pipe takes whole
_PIECE = 300
_CONTEXT = multiprocessing.get_context("fork")


class Channel:
    """A pipe from every stage to the display; writers never wait."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._rest = b""
        # messages of which some pieces are to come, by what their pieces have in common
        self._begun: dict[str, str] = {}

    def send(self, kind: str, text: str) -> bool:
        """Whether all of it was taken."""
        pieces = [text[i : i + _PIECE] for i in range(0, len(text), _PIECE)] or [""]
        # those of other stages may come in between
        message = os.urandom(4).hex()
        for i, piece in enumerate(pieces):
            more = i + 1 < len(pieces)
            entry = {"message": message, "kind": kind, "text": piece, "more": more}
            try:
                os.write(self._write, json.dumps(entry).encode() + b"\n")
            except OSError:
                return False
        return True

    def received(self) -> Iterator[tuple[str, str]]:
        """What has come to its end since the last call, as kind and text."""
        with suppress(BlockingIOError):
            while found := os.read(self._read, 65536):
                self._rest += found
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            entry = json.loads(line)
            text = self._begun.pop(entry["message"], "") + entry["text"]
            if entry["more"]:
                self._begun[entry["message"]] = text
            else:
                yield entry["kind"], text


class _Shown:
    """What belongs to one display; processes that luigi forks share it."""

    def __init__(self) -> None:
        self.channel = Channel()
        # set to end the display, and by the display when it has cleared the screen
        self.end, self.ended = _CONTEXT.Event(), _CONTEXT.Event()
        self.notebook: NotebookDisplay | None = None
        self.owner = os.getpid()

    def is_ended_here(self) -> bool:
        """An output of a notebook belongs to the process of the kernel, and covers nothing."""
        return self.notebook is None or os.getpid() == self.owner


_current: list[_Shown] = []


def is_shown() -> bool:
    """Whether there is a display now."""
    return bool(_current) and not _current[-1].end.is_set()


def start_display(folder: Path, title: str) -> None:
    """Starts the display of an analysis in a terminal or notebook; elsewhere there are lines."""
    from tasks.execution import notebook

    if is_shown():
        return
    if notebook.in_notebook():
        _current[:] = [_Shown()]
        shown = _current[-1]
        shown.notebook = notebook.NotebookDisplay(Reader(folder, shown.channel), title)
    elif sys.stderr.isatty():
        _current[:] = [_Shown()]
        arguments = (_current[-1], Reader(folder, _current[-1].channel), title)
        _CONTEXT.Process(target=_show, args=arguments, daemon=True).start()
        atexit.register(end_display)


def end_display() -> None:
    """Ends the display, so that something else can be printed."""
    if not is_shown() or not _current[-1].is_ended_here():
        return
    shown = _current[-1]
    shown.end.set()
    if shown.notebook is not None:
        shown.notebook.end()
    else:
        shown.ended.wait(timeout=2)
    # what it was too late for, or did not live to say
    for kind, text in shown.channel.received():
        if kind == "say":
            _write(text)


def say(text: str) -> None:
    """Tells the user something: above the display where there is one, else on standard error."""
    seen = visible(text)
    if not (is_shown() and _current[-1].channel.send("say", seen)):
        _write(seen)


def tell_stage(name: str, begins: bool) -> None:
    """Tells the display that a stage begins or has ended."""
    if is_shown():
        _current[-1].channel.send("begin" if begins else "end", name)


def _write(text: str) -> None:
    # a run goes on where its terminal is gone, or the disk of its log is full
    with suppress(OSError):
        sys.stderr.write(text + "\n")
    write_or_drop(sys.stderr)


class Reader:
    """What the display knows: the progress of samples, and which stages run."""

    def __init__(self, folder: Path, channel: Channel) -> None:
        self._folder, self._channel = folder, channel
        self._since = time.time()
        self.stages: dict[str, int] = {}

    def rows(self) -> list[dict[str, Any]]:
        """The progress of every sample and year that has moved since the start."""
        found = []
        for path in sorted(self._folder.glob("jobs/*/*/progress.json")):
            with suppress(OSError, ValueError):
                if path.stat().st_mtime >= self._since:
                    found.append(json.loads(path.read_bytes()))
        return found

    def messages(self) -> Iterator[str]:
        """What is to be told; keeps account of the stages on the way."""
        for kind, text in self._channel.received():
            if kind == "say":
                yield text
            elif kind == "begin":
                self.stages[text] = self.stages.get(text, 0) + 1
            else:
                self.stages.pop(text, None)


def _show(shown: _Shown, reader: Reader, title: str) -> None:
    """Draws the table until told to end, or the process that wanted it is gone."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from tasks.execution.board import board

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent, console, began = os.getppid(), Console(stderr=True), time.time()
    with Live(console=console, transient=True, auto_refresh=False) as live:
        while True:
            last = shown.end.wait(_INTERVAL) or os.getppid() != parent
            for text in reader.messages():
                console.print(Text(text), soft_wrap=True)
            if last:
                break
            size = (console.width, console.height)
            rows, stages = reader.rows(), tuple(reader.stages)
            live.update(board(title, rows, stages, size, time.time() - began), refresh=True)
    shown.ended.set()
