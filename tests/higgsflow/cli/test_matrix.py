from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


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
    assert "Did you mean 'demo'?" in said.err


def test_configuration_that_is_wrong_is_said_in_three_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("samples: {catalog: none}\n")
    assert main(["matrix", "--analysis", str(path)]) == 1
    assert "no catalogue 'none'" in capsys.readouterr().err
