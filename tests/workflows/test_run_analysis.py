from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tasks import session

if TYPE_CHECKING:
    import pytest
    from conftest import Lab


def test_its_output_is_the_summary(lab: Lab) -> None:
    task = lab.task()
    assert type(task.requires()).__name__ == "SummarizeAnalysis"
    assert task.output().path == str(lab.output("summary", "summary.json"))
    assert session.current.scope == task.analysis


def test_says_when_there_is_nothing_to_do(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    lab.without_data()
    assert lab.run()
    capfd.readouterr()
    assert lab.run()
    told = capfd.readouterr().out
    assert told == f"nothing to do, everything is current: {lab.output('summary')}\n"


def test_asking_for_help_imports_nothing_that_takes_long() -> None:
    heavy = ("awkward", "correctionlib", "numpy", "pyarrow", "pydantic", "uproot", "yaml")
    code = "import sys, workflows.run_analysis; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "workflows.run_analysis" in done.stdout.split()
    assert not set(heavy) & set(done.stdout.split())
