from __future__ import annotations

import fcntl
import io
import json
import multiprocessing
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import pytest

from tasks.execution import display
from tasks.execution.display import Channel, Reader, say

ROOT = Path(__file__).resolve().parents[3]
ROW: dict[str, Any] = {
    "name": "Sig (2017)", "done": 3, "chunks": 8, "running": 2, "failed": 1, "entries": 8000,
    "entries_done": 3000, "entries_read": 3000, "rate": 250.0, "memory_mb": 512.0,
    "last_failure": "input: cannot be opened",
}  # fmt: skip
FORK = multiprocessing.get_context("fork")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def test_messages_of_any_length_arrive_whole_and_in_order() -> None:
    channel = Channel()
    texts = ["short", "", "x" * 5000, 'with "quotes"\nand lines \u03b3']
    for text in texts:
        assert channel.send("say", text)
    assert list(channel.received()) == [("say", text) for text in texts]
    assert list(channel.received()) == []


def test_what_stages_say_at_a_time_arrives_whole_however_often_somebody_reads() -> None:
    channel = Channel()
    texts = {letter * 3_000 for letter in "abc"}
    stages = [FORK.Process(target=say_often, args=(channel, text)) for text in texts]
    for stage in stages:
        stage.start()
    found: list[tuple[str, str]] = []
    while any(stage.is_alive() for stage in stages):
        found.extend(channel.received())
    found.extend(channel.received())
    # what does not fit into the pipe is said by other means: then it is not here at all
    assert found
    assert {text for _, text in found} <= texts


def test_what_cannot_be_told_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(full, write_through=True))
        say("the disk of the log is full")


def say_often(channel: Channel, text: str) -> None:
    for _ in range(1000):
        channel.send("say", text)


@pytest.mark.parametrize("n", range(0, 4000, 200))
def test_what_did_not_fit_into_the_pipe_spoils_nothing_that_comes_later(n: int) -> None:
    channel = Channel()
    channel.send("say", "x" * n)
    # each letter takes twelve bytes there
    while channel.send("say", "\U0001f600" * 1000):
        pass
    assert len(list(channel.received())) > 1
    assert channel.send("say", "whole")
    assert list(channel.received()) == [("say", "whole")]


def test_writers_never_wait_for_a_display_that_reads_nothing() -> None:
    channel = Channel()
    sent = [channel.send("say", "x" * 500) for _ in range(1000)]
    assert sent[0]
    assert not sent[-1]


def test_what_is_said_cannot_drive_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("Sig failed: no column '\x1b[2J'\nTraceback")
    assert capsys.readouterr().err == "Sig failed: no column '\\x1b[2J'\nTraceback\n"


def test_stages_that_have_ended_are_not_shown() -> None:
    channel = Channel()
    reader = Reader.__new__(Reader)
    reader._channel, reader.stages = channel, {}
    for kind in ("begin", "begin", "end", "say"):
        channel.send(kind, "MergeSample Sig 2017" if kind != "say" else "hello")
    channel.send("begin", "IndexSample Sig 2017")
    assert list(reader.messages()) == ["hello"]
    assert list(reader.stages) == ["IndexSample Sig 2017"]


def test_reads_what_has_moved_since_it_started(tmp_path: Path) -> None:
    path = tmp_path / "jobs" / "Sig" / "2017" / "progress.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(ROW), encoding="utf-8")
    os.utime(path, (1, 1))
    reader = Reader(tmp_path, Channel())
    assert reader.rows() == []
    os.utime(path, (time.time() + 60, time.time() + 60))
    assert reader.rows() == [ROW]
    path.write_text("{", encoding="utf-8")
    os.utime(path, (time.time() + 60, time.time() + 60))
    assert reader.rows() == []


def test_there_is_none_where_nobody_looks(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither in a file nor in a pipe, which tests have for a screen."""
    display.start_display(tmp_path, "demo v1")
    assert not display.is_shown()
    say("a line")
    display.end_display()
    assert capfd.readouterr().err == "a line\n"


CHILD = """
import sys, time
from pathlib import Path
from tasks.execution import display

display.start_display(Path(sys.argv[1]), "demo v1")
display.say("something was said")
display.tell_stage("MergeSample Sig 2017", begins=True)
sys.stdin.readline()
display.end_display()
print("the end", flush=True)
"""


class Terminal:
    """A pseudo-terminal, and what a program has written to it."""

    def __init__(self, *command: str) -> None:
        self._here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
        self.process = subprocess.Popen(
            command, stdin=there, stdout=there, stderr=there, cwd=ROOT, env=environment
        )
        os.close(there)
        self._written = b""

    @property
    def text(self) -> str:
        """What it has written, without colours and movements."""
        return _ESCAPES.sub("", self._written.decode(errors="ignore"))

    def wait_for(self, *words: str) -> None:
        """Reads until all words were there."""
        deadline = time.monotonic() + 60
        while missing := [word for word in words if word not in self.text]:
            assert time.monotonic() < deadline, (missing, self.text)
            if select.select([self._here], [], [], 1.0)[0]:
                try:
                    self._written += os.read(self._here, 65536)
                except OSError:
                    pytest.fail(f"ended without {missing}: {self.text}")

    def type(self, line: str) -> None:
        """As from a keyboard."""
        os.write(self._here, line.encode())

    def close(self) -> None:
        """The program has ended, or ends."""
        self.process.terminate()
        self.process.wait(timeout=60)
        os.close(self._here)


def test_a_terminal_shows_every_sample_and_what_is_said(tmp_path: Path) -> None:
    path = tmp_path / "jobs" / "Sig" / "2017" / "progress.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**ROW, "began": time.time() - 12}), encoding="utf-8")
    os.utime(path, (time.time() + 600, time.time() + 600))
    terminal = Terminal(sys.executable, "-c", CHILD, str(tmp_path))
    try:
        terminal.wait_for("demo v1", "37%  0/1 samples  3,000 of 8,000 events", "events/s  ends")
        terminal.wait_for("Sig (2017)", "3/8", " 250 ", " 0:20", "512 MB")
        terminal.wait_for("Sig (2017): input: cannot be opened", "now: MergeSample Sig 2017")
        terminal.type("\n")
        terminal.wait_for("the end")
        assert terminal.process.wait(timeout=60) == 0
    finally:
        terminal.close()
    # said once, above the table, which is drawn again and again below it
    assert terminal.text.count("something was said") == 1
