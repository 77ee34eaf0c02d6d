from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasks.execution.parent import follow, note

ROOT = Path(__file__).resolve().parents[3]


def test_who_has_its_parent_goes_on() -> None:
    follow()
    note()
    follow()


def follow_until_told(folder: Path) -> None:
    note()
    parent = os.getppid()
    (folder / "noted").touch()
    while os.getppid() == parent:
        time.sleep(0.01)
    with pytest.raises(SystemExit, match="the process that started this one has ended"):
        follow()
    (folder / "ended").touch()


def begin(folder: Path) -> None:
    multiprocessing.get_context("fork").Process(target=follow_until_told, args=(folder,)).start()
    while not (folder / "noted").exists():
        time.sleep(0.01)
    os._exit(0)


def test_who_has_lost_it_ends(tmp_path: Path) -> None:
    process = multiprocessing.get_context("fork").Process(target=begin, args=(tmp_path,))
    process.start()
    process.join()
    deadline = time.monotonic() + 60
    while not (tmp_path / "ended").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


PROGRAM = """
import os, signal, time
from tasks.execution.parent import end_with_parent
"""


def run(body: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + body],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_worker_ends_when_its_parent_is_gone() -> None:
    """Also one that was told nothing, since its parent was killed."""
    body = (
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    end_with_parent(); print(os.getpid(), flush=True); time.sleep(300)\n"
        "time.sleep(1); os.kill(os.getpid(), signal.SIGKILL)"
    )
    # returns when the last holder of the pipe is gone
    done = run(body)
    assert done.returncode == -signal.SIGKILL
    # its descriptors are closed a moment before it is gone
    deadline = time.monotonic() + 30
    while is_alive(int(done.stdout)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_worker_ends_whose_parent_is_gone_before_it_begins() -> None:
    """It took whoever has orphans for its parent, and stayed."""
    body = (
        "import multiprocessing\n"
        "parent = os.getpid()\n"
        "def begins():\n"
        "    while os.getppid() == parent: time.sleep(0.01)\n"
        "    end_with_parent(); print('begins', flush=True); time.sleep(300)\n"
        "multiprocessing.get_context('fork').Process(target=begins).start()\n"
        "os.kill(parent, signal.SIGKILL)"
    )
    # returns when the last holder of the pipe is gone
    assert run(body).returncode == -signal.SIGKILL


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
