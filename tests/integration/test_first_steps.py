"""What `higgsflow new` writes runs as it stands, as a user runs it: in a folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from conftest import Lab

BIN = Path(sys.executable).parent


def test_a_new_analysis_runs_and_its_test_passes(command_line: Lab) -> None:
    folder, environment = command_line.folder, command_line.environment()
    environment["PYTHONPATH"] = os.pathsep.join(environment["PYTHONPATH"].split(os.pathsep)[:1])

    def run(*command: str) -> str:
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    run("higgsflow", "new", "my_analysis")
    assert "5 passed" in run("pytest", "-q", "-p", "no:cacheprovider", "my_analysis")
    path = "my_analysis/my_analysis.yaml"
    assert "high_met" in run("law", "run", "RunAnalysis", "--analysis", path)
    merged = folder / "store" / "my_analysis" / "v1" / "merged" / "ttH_M125" / "2017"
    tagged = {
        variation: sum(tag == 0 for tag in tags_of(merged / f"{variation}.parquet"))
        for variation in ("met_scale_down", "nominal", "met_scale_up")
    }
    assert 0 < tagged["met_scale_down"] < tagged["nominal"] < tagged["met_scale_up"]


def tags_of(path: Path) -> list[int]:
    found: list[int] = pq.read_table(path, columns=["tag_idx"])["tag_idx"].to_pylist()
    return found
