from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from higgsflow.standard_output import takes_any_text

if TYPE_CHECKING:
    from pathlib import Path

HIGGSFLOW = "import sys; from higgsflow.cli import main; sys.exit(main(['matrix']))"


def test_an_output_takes_what_its_encoding_lacks() -> None:
    for encoding, written in (("ascii", b"-- H ? tt ? 1 ~"), ("latin-1", b"-- H ? tt \xb1 1 ~")):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        takes_any_text(stream)
        stream.write("── H → tt ± 1 …")
        stream.flush()
        assert stream.buffer.getvalue() == written
    # a notebook has an output of its own
    takes_any_text(io.StringIO())


def shell(command: str) -> subprocess.CompletedProcess[str]:
    words = ["sh", "-c", command, sys.executable, HIGGSFLOW]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_outputs_may_be_closed(closed: str) -> None:
    found = shell(f'"$0" -c "$1" {closed}')
    assert (found.returncode, found.stderr) == (0, "")


def test_an_answer_that_finds_no_room_is_an_error() -> None:
    found = shell('"$0" -c "$1" >/dev/full')
    assert found.returncode == 1
    assert found.stderr == (
        f"cannot write\n  {os.strerror(errno.ENOSPC)}\n  make room where the answer goes\n"
    )


WAITING = """
import os, sys
from higgsflow.standard_output import prepare, write_or_drop
prepare()
sys.{stream}.buffer.write(b"lost\\n")
{more}
"""


def waiting(stream: str, more: str = "") -> subprocess.Popen[bytes]:
    program = WAITING.format(stream=stream, more=more)
    return subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_nobody_reads_is_no_error_at_the_end(stream: str) -> None:
    with waiting(stream, "import time; time.sleep(0.5)") as program:
        getattr(program, stream).close()
        other = program.stderr if stream == "stdout" else program.stdout
        assert other is not None
        assert (other.read(), program.wait()) == (b"", 0)


def test_an_answer_without_room_is_an_error_at_the_end_but_what_is_told_beside_it_is_none() -> None:
    program = WAITING.format(stream="stdout", more="")
    found = shell(f"\"$0\" -c '{program}' >/dev/full")
    assert found.returncode == 120
    program = WAITING.format(stream="stderr", more="")
    assert shell(f"\"$0\" -c '{program}' 2>/dev/full").returncode == 0


def test_only_what_found_no_room_is_gone(tmp_path: Path) -> None:
    """A log goes on once there is room."""
    path = tmp_path / "log"
    there = f"os.dup2(os.open({str(path)!r}, os.O_WRONLY | os.O_CREAT), 2)"
    more = f"write_or_drop(sys.stderr)\n{there}\nsys.stderr.write('told')"
    program = WAITING.format(stream="stderr", more=more)
    found = subprocess.run(
        ["sh", "-c", '"$0" -c "$1" 2>/dev/full', sys.executable, program], check=False
    )
    assert (found.returncode, path.read_text("utf-8")) == (0, "told")
