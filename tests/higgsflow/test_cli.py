from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from higgsflow.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def test_matrix_of_an_analysis(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", "--analysis", "demo"]) == 0
    said = capsys.readouterr()
    assert "photon_pt_scale" in said.out
    assert said.err == ""


def test_unknown_analysis_is_said_in_three_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", "--analysis", "dmo"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) <= 3
    assert "no analysis 'dmo'" in said.err


def test_configuration_that_is_wrong_is_said_in_three_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("samples: {catalog: none}\n")
    assert main(["matrix", "--analysis", str(path)]) == 1
    assert "no catalogue 'none'" in capsys.readouterr().err


def test_no_command_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "matrix" in capsys.readouterr().err


def test_help_imports_no_physics() -> None:
    code = "import sys, higgsflow.cli as c; c._parser(); print('awkward' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
