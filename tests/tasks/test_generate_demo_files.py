from __future__ import annotations

from typing import TYPE_CHECKING, Any

import luigi
import pytest

from tasks.generate_demo_files import GenerateDemoFiles

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab


def test_files_are_the_same_for_all_versions(tmp_path: Path) -> None:
    paths = [
        [target.path for target in task.output()]
        for version in ("v1", "v2")
        for task in [GenerateDemoFiles(sample="GJet", year="2016", version=version)]
    ]
    assert paths[0] == paths[1]
    assert paths[0][0] == str(tmp_path / "store/demo_files/GJet/2016/GJet_2016_0.root")


def test_is_complete_when_all_files_are_there() -> None:
    task = GenerateDemoFiles(sample="GJet", year="2016")
    assert not task.complete()
    assert luigi.build([task], local_scheduler=True)
    assert task.complete()
    task.output()[1].remove()
    assert not task.complete()


@pytest.mark.parametrize(
    ("sample", "year", "message"),
    [("Sig", "2017", "no demo sample 'Sig'"), ("ttH_M125", "2019", "no demo year '2019'")],
)
def test_only_the_demo_can_be_made(
    lab: Lab, capfd: pytest.CaptureFixture[str], sample: str, year: str, message: str
) -> None:
    files: Any = {"2017": "x.root", "2019": "x.root"}
    entries = lab.content["samples"]["samples"]
    entries["ttH_M125"] = {"kind": "simulation", "xs": 1.0, "files": files}
    lab.content["samples"]["years"]["2019"] = {"luminosity": 1.0}
    with pytest.raises(SystemExit):
        lab.task("GenerateDemoFiles", sample=sample, year=year)
    assert capfd.readouterr().err.startswith(message)
