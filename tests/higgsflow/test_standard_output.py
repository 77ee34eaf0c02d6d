from __future__ import annotations

import errno
import io
import os
import subprocess
import sys

import pytest

from higgsflow.standard_output import takes_any_text

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
