"""A store that can only be read, such as a snapshot or the disk of another group, is looked at."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from conftest import Lab

    Run = Callable[..., subprocess.CompletedProcess[str]]

PROGRAMS = Path(sys.executable).parent
# what is mounted so is seen by this command alone
MOUNTED = ("unshare", "--map-root-user", "--mount")
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
# a user who may do nothing but what the modes of files allow
NO_RIGHTS = ("unshare", "--map-user=1000", "--map-group=1000")
WAYS = {
    "mounted": (*MOUNTED, "sh", "-c", READ_ONLY),
    "no rights": (*NO_RIGHTS, "sh", "-c", 'exec "$@"'),
}


def _set_modes(folder: Path, added: int, removed: int = 0) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~removed | added)


def _everything(store: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in (store, *store.rglob("*"))}


@pytest.fixture(params=list(WAYS))
def run(command_line: Lab, request: pytest.FixtureRequest) -> Iterator[Run]:
    """Runs a command on the finished toy analysis, whose store it can only read."""
    lab = command_line.without_data()
    assert lab.run()
    prefix = (*WAYS[request.param], str(lab.store))
    if request.param == "no rights":
        _set_modes(lab.store, 0, 0o222)

    def alone(*command: str) -> subprocess.CompletedProcess[str]:
        program = str(PROGRAMS / command[0])
        return lab.program(*prefix, program, *command[1:])

    try:
        if shutil.which(prefix[0]) is None or alone("python", "-c", "").returncode:
            pytest.skip("this needs rights that are not given here")
        written = alone("python", "-c", f"open({str(lab.store / 'a')!r}, 'w')")
        assert "Read-only file system" in written.stderr or "Permission denied" in written.stderr
        before = _everything(lab.store)
        yield alone
        assert _everything(lab.store) == before
    finally:
        _set_modes(lab.store, 0o200)


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


def test_a_run_with_nothing_to_do_shows_the_tables(command_line: Lab, run: Run) -> None:
    """Also where the configuration of whoever looks says something else of where jobs run."""
    command_line.jobs["attempts"] = 5
    seen = run("law", "run", "RunAnalysis", "--analysis", str(command_line.write()))
    assert (seen.returncode, seen.stderr) == (0, "")
    assert "Yields" in seen.stdout
    assert seen.stdout.splitlines()[-1].startswith("nothing to do, everything is current: ")


@pytest.mark.parametrize("stage", ["MergeSample", "ProcessSample", "IndexSample"])
def test_a_stage_with_nothing_to_do_ends_well(command_line: Lab, run: Run, stage: str) -> None:
    named = ("--analysis", str(command_line.path), "--sample", "Sig")
    seen = run("law", "run", stage, *named)
    assert (seen.returncode, seen.stderr) == (0, "")


def test_what_has_to_be_made_or_removed_is_refused(command_line: Lab, run: Run) -> None:
    named = ("--analysis", str(command_line.path))
    new = ("--version", "v2", "--retry-failed")
    for command in (
        ("RunAnalysis", *named, *new),
        ("MergeSample", *named, "--remove-output", "0,a"),
    ):
        seen = run("law", "run", *command, *(("--sample", "Sig") if "Merge" in command[0] else ()))
        assert (seen.returncode, seen.stdout) == (1, "")
        assert seen.stderr.startswith(f"cannot write to {command_line.store}")
        assert len(seen.stderr.splitlines()) <= 3


def test_what_would_be_made_is_told(command_line: Lab, run: Run) -> None:
    named = ("--analysis", str(command_line.path), "--version", "v2")
    seen = run("higgsflow", "why", "MergeSample", "--sample", "Sig", *named)
    assert (seen.returncode, seen.stderr) == (0, "")
    assert "MergeSample, of Sig 2017: was never made" in seen.stdout
    seen = run("law", "run", "RunAnalysis", *named, "--print-status", "1")
    assert (seen.returncode, seen.stderr) == (0, "")
    assert "absent" in seen.stdout
