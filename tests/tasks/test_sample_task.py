from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Lab

Captured = pytest.CaptureFixture[str]


def two_years(lab: Lab) -> Lab:
    lab.sig["files"]["2018"] = str(lab.files / "Sig_2018_*.root")
    return lab


def test_without_a_year_a_stage_is_a_wrapper_over_its_years(lab: Lab) -> None:
    task = two_years(lab).task("UpdateScale1fb", sample="Sig")
    required = task.requires()
    assert sorted(required) == ["2017", "2018"]
    assert {type(task).__name__ for task in required.values()} == {"UpdateScale1fb"}
    assert [output.file.parent.name for output in task.output().values()] == ["2017", "2018"]


def test_is_complete_when_all_years_are(lab: Lab) -> None:
    assert two_years(lab).run("IndexSample", sample="Sig", year="2017")
    assert not lab.task("IndexSample", sample="Sig").complete()
    assert lab.run("IndexSample", sample="Sig")
    assert lab.task("IndexSample", sample="Sig").complete()


@pytest.mark.parametrize("year", ["", "2017"])
def test_stage_that_is_current_says_so(lab: Lab, capfd: Captured, year: str) -> None:
    chosen = {"sample": "Sig", **({"year": year} if year else {})}
    assert two_years(lab).run("IndexSample", **chosen)
    assert "nothing to do" not in capfd.readouterr().out
    assert lab.run("IndexSample", **chosen)
    name = f"IndexSample Sig {year}".strip()
    assert capfd.readouterr().out.startswith(f"nothing to do, {name} is current: ")


def test_names_become_objects_at_the_door(lab: Lab) -> None:
    task = lab.task("MergeSample", sample="Sig", year="2017")
    assert task.pair.sample.name == "Sig"
    assert task.pair.era.luminosity == 40.0
    assert task.short_name == "MergeSample Sig 2017"
    assert task.stage_folder("merged") == lab.output("merged", "Sig", "2017")
