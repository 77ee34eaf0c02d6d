"""A store that can only be read, such as a snapshot or the disk of another group, is looked at."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Lab

    Run = Callable[..., subprocess.CompletedProcess[str]]

PROGRAMS = Path(sys.executable).parent
# what is mounted so is seen by this command alone
ALONE = ("unshare", "--map-root-user", "--mount")
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


@pytest.fixture
def run(command_line: Lab) -> Run:
    """Runs a command on the merged toy analysis, whose store it can only read."""
    lab = command_line.without_data()
    assert lab.run("MergeSample", sample="Sig")

    def alone(*command: str) -> subprocess.CompletedProcess[str]:
        program = str(PROGRAMS / command[0])
        return subprocess.run(
            [*ALONE, "sh", "-c", READ_ONLY, str(lab.store), program, *command[1:]],
            env=lab.environment(),
            cwd=lab.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    if shutil.which(ALONE[0]) is None or alone("python", "-c", "").returncode:
        pytest.skip("mounting needs rights that are not given here")
    written = alone("python", "-c", f"open({str(lab.store / 'a')!r}, 'w')")
    assert "Read-only file system" in written.stderr
    return alone


def test_its_status_is_told(command_line: Lab, run: Run) -> None:
    seen = run("higgsflow", "status", "--analysis", str(command_line.path), "--json")
    assert seen.stderr == ""
    (sample,) = json.loads(seen.stdout)["samples"]
    assert sample["state"] == "done"


def test_its_jobs_are_shown(command_line: Lab, run: Run) -> None:
    named = ("--analysis", str(command_line.path), "--sample", "Sig")
    seen = run("law", "run", "MonitorJobs", *named, "--show")
    assert (seen.returncode, seen.stderr) == (0, "")
    assert "Sig (2017): complete" in seen.stdout


def test_its_merged_files_are_verified(command_line: Lab, run: Run) -> None:
    seen = run("law", "run", "VerifyStore", "--analysis", str(command_line.path))
    assert (seen.returncode, seen.stderr) == (0, "")
    assert "1 merged file" in seen.stdout
