from __future__ import annotations

import pkgutil
import subprocess
import sys
from typing import TYPE_CHECKING

import tasks
from tasks import session

if TYPE_CHECKING:
    import pytest
    from conftest import Lab


def test_its_output_is_the_summary(lab: Lab) -> None:
    task = lab.task()
    assert type(task.requires()).__name__ == "SummarizeAnalysis"
    assert task.output().path == str(lab.output("summary", "summary.json"))
    assert session.current.all_samples is True


def test_says_when_there_is_nothing_to_do(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    lab.without_data()
    assert lab.run()
    capfd.readouterr()
    assert lab.run()
    told = capfd.readouterr().out
    assert told == f"nothing to do, everything is current: {lab.output('summary')}\n"


def test_asking_for_help_of_any_stage_imports_nothing_that_takes_long() -> None:
    heavy = (
        "awkward", "correctionlib", "filelock", "matplotlib", "numpy", "pebble",
        "pyarrow", "pydantic", "rich", "uproot", "yaml",
    )  # fmt: skip
    stages = [f"tasks.{module.name}" for module in pkgutil.iter_modules(tasks.__path__)]
    code = f"import sys, workflows.run_analysis, {', '.join(stages)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert {"workflows.run_analysis", "tasks.merge_sample"} <= set(done.stdout.split())
    assert sorted(set(heavy) & set(done.stdout.split())) == []
