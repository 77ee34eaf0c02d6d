from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from higgsflow.cli import main
from higgsflow.how_far import one_by_one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Lab

EMPTY = "\r\x1b[2K"
END = "<end>"


@contextmanager
def terminal(columns: int = 60) -> Iterator[Callable[[], str]]:
    """Standard error is a terminal; gives what reads from it what was written since."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 20, columns, 0, 0))

    def written() -> str:
        # what is written comes piece by piece
        stream.write(END)
        stream.flush()
        text = ""
        while not text.endswith(END):
            text += os.read(ours, 65536).decode()
        return text.removesuffix(END)

    with pytest.MonkeyPatch.context() as patch, os.fdopen(theirs, "w", encoding="utf-8") as stream:
        patch.setattr(sys, "stderr", stream)
        yield written
    os.close(ours)


def test_a_terminal_shows_what_is_at_work_and_forgets_it() -> None:
    with terminal() as written:
        things = one_by_one("probing", [("ttH (2017)", 1), ("Data (2017)", 2)])
        assert next(things) == 1
        assert written() == f"{EMPTY}probing ttH (2017) (1 of 2)"
        assert list(things) == [2]
        assert written().endswith(EMPTY)


def test_it_is_gone_before_an_error_is_told() -> None:
    with terminal() as written:
        with pytest.raises(ZeroDivisionError):
            _ = [1 / number for number in one_by_one("probing", [("ttH", 0)])]
        assert written() == f"{EMPTY}probing ttH (1 of 1){EMPTY}"


def test_a_long_name_stays_on_its_line_and_moves_nothing() -> None:
    with terminal(30) as written:
        assert list(one_by_one("at", [(f"\x1b[2J{'long' * 20}", 1)])) == [1]
        assert written() == f"{EMPTY}at \\x1b[2J{'long' * 4}lon{EMPTY}"


def test_of_many_that_take_no_time_few_are_told() -> None:
    numbers = list(range(1000))
    with terminal() as written:
        assert list(one_by_one("at", [(f"number {n}", n) for n in numbers])) == numbers
        assert 0 < written().count("number") < len(numbers)


def test_a_pipe_gets_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert list(one_by_one("probing", [("ttH (2017)", 1)])) == [1]
    assert capfd.readouterr() == ("", "")


def test_a_forecast_says_which_sample_it_is_at(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.content["python_path"] = [str(lab.taggers.parent)]
    asked = ["forecast", "--analysis", str(lab.write()), "--events", "60", "--sample", "Sig"]
    with terminal() as written:
        assert main([*asked, "--year", "2017"]) == 0
        assert written() == f"{EMPTY}probing Sig (2017) (1 of 1){EMPTY}"
    assert "probing" not in capsys.readouterr().out


def test_a_comparison_says_what_it_is_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.parquet"
    content = {"run": np.ones(3, int), "lumi": np.ones(3, int), "event": np.arange(3)}
    pq.write_table(pa.table({**content, "m_gg": 120.0 + np.arange(3)}), path)
    with terminal() as written:
        assert main(["diff", str(path), str(path)]) == 0
        assert written() == f"{EMPTY}comparing events (1 of 1){EMPTY}"
    assert "comparing" not in capsys.readouterr().out
