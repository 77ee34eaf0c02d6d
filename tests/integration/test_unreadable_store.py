"""A store of which something may not be read: that is told, and not taken for nothing."""

from __future__ import annotations

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
# a user who may do nothing but what the modes of files allow
NO_RIGHTS = ("unshare", "--map-user=1000", "--map-group=1000")


@pytest.fixture
def run(command_line: Lab) -> Iterator[Run]:
    """Runs a command where the folder that comes first may not be looked into."""
    lab = command_line.without_data()
    assert lab.run()
    hidden: list[Path] = []

    def without(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
        hidden.append(folder)
        folder.chmod(0)
        return lab.program(*NO_RIGHTS, str(PROGRAMS / command[0]), *command[1:])

    try:
        if shutil.which(NO_RIGHTS[0]) is None or without(lab.files, "python", "-c", "").returncode:
            pytest.skip("this needs rights that are not given here")
        lab.files.chmod(0o755)
        yield without
    finally:
        for folder in hidden:
            folder.chmod(0o755)


@pytest.mark.parametrize(
    ("stage", "command"),
    [
        ("", ("law", "run", "RunAnalysis", "--analysis", "toy.yaml")),
        ("merged", ("law", "run", "RunAnalysis", "--analysis", "toy.yaml")),
        ("merged", ("law", "run", "VerifyStore", "--analysis", "toy.yaml")),
        ("index", ("law", "run", "VerifyStore", "--analysis", "toy.yaml")),
        (
            "jobs",
            ("law", "run", "MonitorJobs", "--analysis", "toy.yaml", "--sample", "Sig", "--show"),
        ),
        ("jobs", ("law", "run", "MonitorJobs", "--analysis", "toy.yaml", "--sample", "Sig")),
        ("jobs", ("law", "run", "RunAnalysis", "--analysis", "toy.yaml")),
        ("chunks", ("law", "run", "RunAnalysis", "--analysis", "toy.yaml")),
        ("merged", ("higgsflow", "diff", "toy/v1", "toy/v1")),
        ("", ("higgsflow", "diff", "toy/v1", "toy/v1")),
    ],
)
def test_it_is_told_in_three_lines(
    command_line: Lab, run: Run, stage: str, command: tuple[str, ...]
) -> None:
    folder = command_line.output() / stage / ("Sig/2017" if stage else "")
    seen = run(folder, *command)
    assert seen.returncode == 1
    assert "Traceback" not in seen.stderr
    lines = seen.stderr.splitlines()
    (first,) = (n for n, line in enumerate(lines) if "cannot " in line and str(folder) in line)
    assert len(lines) - first <= 3


def test_failures_that_cannot_be_read_are_not_taken_for_none(command_line: Lab, run: Run) -> None:
    """What was lost for good would run again."""
    folder = command_line.output("jobs", "Sig", "2017", "failures")
    folder.mkdir()
    before = command_line.state()
    seen = run(folder, "law", "run", "MergeSample", "--analysis", "toy.yaml", "--sample", "Sig")
    assert seen.returncode == 1
    assert seen.stderr.splitlines() == [
        f"ProcessSample Sig 2017 failed: cannot read {folder}",
        "  Permission denied",
        "  ask whoever owns it",
    ]
    folder.chmod(0o755)
    assert command_line.state() == before


def test_why_and_status_say_it_of_each_stage(command_line: Lab, run: Run) -> None:
    folder = command_line.output("merged", "Sig", "2017")
    named = ("--analysis", str(command_line.path))
    seen = run(folder, "higgsflow", "why", "MergeSample", "--sample", "Sig", *named)
    assert "MergeSample Sig 2017: it cannot be read: Permission denied" in seen.stdout
    seen = run(folder, "higgsflow", "status", *named)
    assert "it cannot be read: Permission denied" in seen.stdout
