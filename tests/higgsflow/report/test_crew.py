"""Work that several processes share."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from higgsflow.report import crew
from higgsflow.report.crew import made_together

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "_processors", lambda: 3)
    monkeypatch.setattr(crew, "_LEAST", 2)


@pytest.mark.parametrize("n", [0, 1, 3, 4, 6, 7, 11, 40])
def test_all_are_made_in_their_order(n: int) -> None:
    assert made_together(range(n), lambda k: k * k) == [k * k for k in range(n)]


def test_several_processes_make_them() -> None:
    assert len(set(made_together(range(9), lambda _: os.getpid()))) == 3
    # a few are not worth a process
    assert set(made_together(range(3), lambda _: os.getpid())) == {os.getpid()}


def test_an_error_is_told_as_if_there_were_one_process() -> None:
    def make(k: int) -> int:
        return 1 // (k - 5)

    with pytest.raises(ZeroDivisionError):
        made_together(range(9), make)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_is_ended_costs_nothing_but_time(number: signal.Signals) -> None:
    here = os.getpid()

    def make(k: int) -> int:
        if os.getpid() != here and k == 4:
            os.kill(os.getpid(), number)
        return k

    assert made_together(range(9), make) == list(range(9))


def test_no_process_is_left_and_no_handler_is_run_twice(tmp_path: Path) -> None:
    def make(k: int) -> int:
        (tmp_path / str(k)).write_text(str(os.getpid()), encoding="utf-8")
        return k

    made_together(range(9), make)
    helpers = {int(path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()} - {os.getpid()}
    assert len(helpers) == 2
    for pid in helpers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
