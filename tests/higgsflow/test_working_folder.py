from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.cli.program import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_folder_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.setenv("PWD", str(gone))
    gone.rmdir()
    assert main(["check", "--analysis", "demo"]) == 1
    assert capsys.readouterr().err == (
        "the folder where this command is given is gone\n"
        f"  {gone}\n"
        "  change into a folder that exists, and give the command again\n"
    )
