from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import Any

import luigi.cmdline_parser
import pytest

from tasks.execution import scheduler
from tasks.execution.scheduler_client import TrackedScheduler

Captured = pytest.CaptureFixture[str]


class Command:
    """What a command with one stage asks the scheduler."""

    def __init__(self, url: str, name: str, pid: int | None = None) -> None:
        self.client, self.name = TrackedScheduler(url), name
        info = {"pid": pid or os.getpid(), "host": socket.gethostname(), "workers": 1}
        self.client.add_worker(name, info)

    def tells(self, status: str, stage: str = "MergeSample_x") -> None:
        self.client.add_task(worker=self.name, task_id=stage, status=status, params={})

    def asks(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get_work(
            worker=self.name, host=socket.gethostname(), assistant=False, current_tasks=[]
        )
        return found

    def status(self, stage: str) -> str:
        (found,) = self.client.task_search(task_str=stage)
        return str(found)


def two(url: str) -> tuple[Command, Command]:
    """One that makes a stage, and another that needs it too."""
    first, second = Command(url, "first"), Command(url, "second")
    for command in (first, second):
        command.tells("PENDING")
    assert first.asks()["task_id"] == "MergeSample_x"
    return first, second


def test_what_another_command_makes_is_waited_for(
    scheduler_page: str, capfd: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two(scheduler_page)
    for _ in range(2):
        found = second.asks()
        assert (found["task_id"], found["n_pending_last_scheduled"]) == (None, 1)
        # luigi would take it for the end
        assert found["running_tasks"] == []
    told = capfd.readouterr().err
    assert told.count("another command") == 1
    assert f"process {os.getpid()} on {socket.gethostname()}" in told
    first.tells("DONE")
    assert second.asks()["n_pending_last_scheduled"] == 0
    monkeypatch.setattr(luigi.cmdline_parser.CmdlineParser, "get_instance", object)
    with pytest.raises(SystemExit) as ended:
        second.asks()
    assert ended.value.code == 0
    assert capfd.readouterr().err == ""


def test_one_that_fails_leaves_it_to_the_next_command(scheduler_page: str, capfd: Captured) -> None:
    first, second = two(scheduler_page)
    second.asks()
    first.tells("FAILED")
    assert second.asks()["n_pending_last_scheduled"] == 0
    assert "did not get to its end" in capfd.readouterr().err


def test_killed_commands_of_this_machine_are_not_waited_for(scheduler_page: str) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    killed = Command(scheduler_page, "killed", dead.pid)
    alive = Command(scheduler_page, "alive")
    for command, stage in ((killed, "MergeSample_x"), (alive, "MergeSample_y")):
        command.tells("PENDING", stage)
        assert command.asks()["task_id"] == stage
    scheduler.bury(scheduler_page)
    assert alive.status("MergeSample_x") == "FAILED"
    assert alive.status("MergeSample_y") == "RUNNING"
    after = Command(scheduler_page, "after")
    after.tells("PENDING")
    assert after.asks()["task_id"] == "MergeSample_x"


def test_a_scheduler_that_ends_is_told(capfd: Captured) -> None:
    client = TrackedScheduler("http://127.0.0.1:1")
    with pytest.raises(SystemExit) as ended:
        client.ping(worker="mine")
    assert ended.value.code == 1
    assert "the scheduler at http://127.0.0.1:1 has ended" in capfd.readouterr().err
