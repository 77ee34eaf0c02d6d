from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from higgsflow.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_says_what_was_written_and_what_is_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "mine", "--folder", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert f"wrote {tmp_path / 'mine' / 'mine.yaml'}\n" in said
    assert f"law run RunAnalysis --analysis {tmp_path / 'mine' / 'mine.yaml'}\n" in said


def test_outputs_of_another_analysis_of_that_name_are_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGGSFLOW_STORE", str(tmp_path / "store"))
    assert main(["new", "mine", "--folder", str(tmp_path)]) == 0
    assert "note:" not in capsys.readouterr().out
    (tmp_path / "store" / "mine").mkdir(parents=True)
    assert main(["new", "mine", "--folder", str(tmp_path / "other")]) == 0
    assert f"note: {tmp_path / 'store' / 'mine'} holds outputs" in capsys.readouterr().out


def test_a_wrong_name_is_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "my-analysis"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_commands_can_be_copied_whatever_the_folder_is_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a b's"
    assert main(["new", "mine", "--folder", str(folder)]) == 0
    check, law, test = map(shlex.split, capsys.readouterr().out.splitlines()[-3:])
    configuration = str(folder / "mine" / "mine.yaml")
    assert check == ["higgsflow", "check", "--analysis", configuration]
    assert law == ["law", "run", "RunAnalysis", "--analysis", configuration]
    assert test == ["pytest", str(folder / "mine")]
