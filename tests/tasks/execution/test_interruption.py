from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import os, signal, sys, time
from tasks.execution.interruption import end_with_parent, prepare_interruption
{setup}
prepare_interruption()
{body}
"""


def run(body: str, setup: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(body=body, setup=setup)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_ctrl_c_is_told_in_one_sentence() -> None:
    done = run("os.kill(os.getpid(), signal.SIGINT); time.sleep(10)")
    assert done.returncode in (-signal.SIGINT, 130)
    assert done.stderr.startswith("interrupted: what is done is kept")
    assert len(done.stderr.splitlines()) == 1


def test_what_was_forked_ends_without_a_word() -> None:
    done = run(
        "pid = os.fork()\n"
        "if pid == 0: os.kill(os.getpid(), signal.SIGINT); time.sleep(10)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"
    )
    assert done.stderr == ""
    assert done.stdout == "130\n"


def test_other_errors_keep_their_traceback() -> None:
    done = run("1 / 0")
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError" in done.stderr


def test_what_somebody_else_decided_about_ctrl_c_stays() -> None:
    setup = "signal.signal(signal.SIGINT, signal.SIG_IGN)"
    done = run("os.kill(os.getpid(), signal.SIGINT); print('alive')", setup)
    assert (done.returncode, done.stdout) == (0, "alive\n")


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


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
