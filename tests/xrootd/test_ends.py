"""Processes end, and files are closed, whatever servers do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.events.ranges_of_bytes import open_bytes
from higgsflow.events.tree import get_tree, open_file

if TYPE_CHECKING:
    from conftest import Lab

WAIT = 60.0
# what the client waits for a silent server: for ever, as far as a test is concerned [s]
PATIENCE = dict.fromkeys(
    ("XRD_CONNECTIONWINDOW", "XRD_STREAMTIMEOUT", "XRD_REQUESTTIMEOUT"), "100000"
)
# each says that it is ready, and goes on when it is told to; none of them ever imports awkward
READS = """
import sys
import higgsflow.events.tree
from higgsflow.events.ranges_of_bytes import open_bytes

url, n = sys.argv[1], int(sys.argv[2])
with open_bytes(url) as file, open_bytes(url) as left_open:
    file.read([(0, 10)])
    print("ready", flush=True)
    input()
    for _ in range(n):
        file.read([(10, 20), (30, 50)])
    kept = left_open, file
    left_open.close = file.close = lambda: None
"""
LISTS = """
import sys
import higgsflow.events.tree
from higgsflow.catalog.files import resolve_files

folder = sys.argv[1].rpartition("/")[0] + "/*.root"
resolve_files([folder], "Sig (2017)")
print("ready", flush=True)
input()
for _ in range(int(sys.argv[2])):
    resolve_files([folder], "Sig (2017)")
"""
PROGRAMS = [pytest.param(READS, id="reads"), pytest.param(LISTS, id="lists")]


def begun(program: str, url: str, n: int) -> subprocess.Popen[str]:
    """A process that has asked the server, and waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, url, str(n)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **PATIENCE},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What it says until it ends; it does not outlive the test."""
    try:
        return process.communicate(timeout=WAIT)
    finally:
        process.kill()


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.parametrize("end", ["stop", "pause"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_process_ends_at_once_and_says_nothing(
    lab: Lab, server: Any, program: str, end: str
) -> None:
    one = server()
    process = begun(program, one.put(lab.files / "Sig_2017_0.root"), 0)
    getattr(one, end)()
    go_on(process)
    out, err = ended(process)
    assert (out, err, process.returncode) == ("", "", 0)


@pytest.mark.parametrize("program", PROGRAMS)
def test_ctrl_c_is_heard_while_a_server_is_silent(lab: Lab, server: Any, program: str) -> None:
    one = server()
    process = begun(program, one.put(lab.files / "Sig_2017_0.root"), 1)
    one.pause()
    go_on(process)
    waits(process.pid)
    process.send_signal(signal.SIGINT)
    _, err = ended(process)
    assert err.splitlines()[-1] == "KeyboardInterrupt"
    assert "atexit" not in err


def waits(pid: int) -> None:
    """Returns once a process sleeps in all of its threads."""
    deadline = time.monotonic() + WAIT
    time.sleep(1)
    while not all(map(sleeps, Path(f"/proc/{pid}/task").iterdir())):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def sleeps(thread: Path) -> bool:
    try:
        return (thread / "stat").read_text("ascii").rpartition(")")[2].split()[0] == "S"
    except (FileNotFoundError, ProcessLookupError):
        # it has ended meanwhile
        return False


def open_at(server: Any) -> list[str]:
    """The files that a server has open."""
    found = []
    for descriptor in Path(f"/proc/{server.pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:
            continue
        if target.startswith(f"{server.root}/"):
            found.append(target)
    return found


def test_files_are_closed_once_they_are_read(lab: Lab, server: Any) -> None:
    """A worker reads thousands; each used to be open for a minute, and to leave a task."""
    one = server()
    url = one.put(lab.files / "Sig_2017_0.root")
    for _ in range(3):
        with open_bytes(url) as source, open_file(url) as file:
            source.read([(0, 10)])
            assert get_tree(file, url).num_entries == 40
            assert open_at(one)
    deadline = time.monotonic() + WAIT / 4
    while open_at(one) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert open_at(one) == []


def test_a_folder_is_listed_with_patience(server: Any, lab: Lab, monkeypatch: Any) -> None:
    """The client reads its settings once, whether it is first to list or to read."""
    one = server()
    for name in [name for name in os.environ if name.startswith("XRD_")]:
        monkeypatch.delenv(name)
    url = one.put(lab.files / "Sig_2017_0.root")
    told = "from XRootD.client.env import EnvGetInt\nprint(EnvGetInt('ConnectionWindow'))"
    command = [sys.executable, "-c", f"{LISTS}{told}", url, "0"]
    done = subprocess.run(command, input="\n", capture_output=True, text=True, check=True)
    assert done.stdout == "ready\n15\n"
