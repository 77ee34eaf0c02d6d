from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from higgsflow.cli import main

if TYPE_CHECKING:
    import pytest
    from conftest import Lab


def test_ready_is_exit_code_0(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    sys.path.insert(0, str(lab.taggers.parent))
    assert main(["check", "--analysis", str(lab.write())]) == 0
    assert "toy is ready: 2 samples and years" in capsys.readouterr().out


def test_a_problem_is_exit_code_1(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    sys.path.insert(0, str(lab.taggers.parent))
    lab.content["variables_of_interest"] = ["m_g"]
    assert main(["check", "--analysis", str(lab.write()), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["problems"][0]["what"].startswith("no variable 'm_g'")


def test_all_findings_of_the_configuration_are_shown(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.jobs.update(attempts=0, batch="lsf", n_workers=-1)
    assert main(["check", "--analysis", str(lab.write())]) == 1
    text = capsys.readouterr().out
    assert all(f"jobs_manager.{key}: " in text for key in ("attempts", "batch", "n_workers"))
    assert "3 problems" in text


def test_names_stay_whole_in_a_pipe(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    name = "GluGluHToGG_M125_TuneCP5_13TeV_amcatnloFXFX_pythia8_storeWeights_ext1"
    sys.path.insert(0, str(lab.taggers.parent))
    lab.content["samples"]["samples"] = {name: lab.sig}
    lab.write()
    assert main(["check", "--analysis", str(lab.path)]) == 0
    assert name in capsys.readouterr().out
