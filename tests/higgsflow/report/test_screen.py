from __future__ import annotations

import os
import pty
import subprocess
import sys

from higgsflow.report.screen import width_of_output

ASK = "from higgsflow.report.screen import width_of_output; print(width_of_output())"


def test_a_pipe_has_room_for_any_name() -> None:
    assert width_of_output() >= 500


def test_a_terminal_says_how_wide_it_is() -> None:
    """`COLUMNS` stands for what a terminal says of itself."""
    ours, theirs = pty.openpty()
    try:
        environment = {**os.environ, "COLUMNS": "123"}
        subprocess.run([sys.executable, "-c", ASK], stdout=theirs, env=environment, check=True)
        assert os.read(ours, 100).split() == [b"123"]
    finally:
        os.close(ours)
        os.close(theirs)
