from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest
    from conftest import Lab


def test_it_is_about_all_samples_or_one(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    assert lab.run()
    capfd.readouterr()
    assert lab.run("VerifyStore")
    told = capfd.readouterr().out
    assert "Sig" in told
    assert "Data" in told
    assert lab.run("VerifyStore", sample="Data", year="2017")
    told = capfd.readouterr().out
    assert "Sig" not in told
    assert "1 merged files" in told


def test_nothing_merged_is_told(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    assert not lab.run("VerifyStore", sample="Sig")
    assert "nothing is merged" in capfd.readouterr().err
