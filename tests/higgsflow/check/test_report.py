from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from higgsflow.catalog.store import store_of
from higgsflow.check.first_file import list_files
from higgsflow.check.report import (
    check_analysis,
    check_first,
    cross_section,
)
from higgsflow.check.table import render
from higgsflow.compiled.choice import NUMPY, SWITCH
from higgsflow.demo.generate import generate_sample
from higgsflow.demo.names import file_paths
from higgsflow.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab

    from higgsflow.model.analysis import AnalysisModel

    Load = Callable[[], AnalysisModel]


@pytest.fixture(autouse=True)
def whatever_is_compiled_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, NUMPY)


def test_a_sound_analysis_is_ready(loaded: Load) -> None:
    report = check_analysis(loaded())
    assert report.is_ready
    assert report.problems == ()
    sig, data = report.pairs
    assert (sig.sample, sig.n_files, sig.n_entries, sig.xs) == ("Sig", 2, 40, 0.5)
    assert (sig.n_passes, sig.n_weights) == (1, 1)
    assert (data.golden_json, data.xs, data.luminosity) == ("golden.json", None, 40.0)


def test_printed_it_is_what_the_command_shows(loaded: Load) -> None:
    report = check_analysis(loaded())
    assert f"\n{report}\n" == render(report)


def test_problems_of_all_kinds_are_told_together(lab: Lab, loaded: Load) -> None:
    """One of configuration, one of a file that is gone, one of a column, one of duplicates."""
    lab.sig["xs"] = -1
    lab.content["variables_of_interest"].append("input:weather")
    samples = lab.content["samples"]["samples"]
    samples["Gone"] = {**lab.sig, "xs": 1, "files": {"2017": str(lab.folder / "none.root")}}
    samples["Again"] = {"kind": "data", "files": lab.data["files"]}
    report = check_analysis(loaded())
    assert not report.is_ready
    found = {problem.about: problem for problem in report.problems}
    assert sorted(found) == ["columns", "cross section", "duplicates", "files"]
    assert found["files"].subjects == ("Gone (2017)",)
    assert not any(pair.is_ready for pair in report.pairs)


def test_what_is_wrong_of_one_sample_leaves_others_ready(lab: Lab, loaded: Load) -> None:
    lab.sig["files"]["2017"] = str(lab.folder / "none.root")
    ready = {pair.sample: pair.is_ready for pair in check_analysis(loaded()).pairs}
    assert ready == {"Sig": False, "Data": True}


def test_the_first_file_is_held_against_the_plan(lab: Lab, loaded: Load, tmp_path: Path) -> None:
    pair = loaded().samples.pair("Sig", "2017")
    first, _ = lab.own_files()
    files = list_files(loaded().samples.pair("Sig", "2017"), tmp_path).files
    assert check_first(make_plan(loaded(), pair), files, tmp_path / "cache") == []
    first.write_bytes(b"")
    files = list_files(loaded().samples.pair("Sig", "2017"), tmp_path).files
    (found,) = check_first(make_plan(loaded(), pair), files, tmp_path / "cache")
    assert found.about == "files"


def test_columns_of_files_that_a_task_is_to_make_are_not_vouched_for(
    lab: Lab, loaded: Load
) -> None:
    samples = lab.content["samples"]["samples"]
    samples["GJet"] = {**lab.sig, "xs": 1, "files": {"2017": "task:GenerateDemoFiles"}}
    report = check_analysis(loaded())
    assert report.is_ready
    (note,) = report.problems
    assert (note.about, note.serious, note.subjects) == ("columns", False, ("GJet (2017)",))
    assert "not looked at" in note.what
    assert {pair.sample: pair.n_files for pair in report.pairs}["GJet"] is None


def test_columns_of_files_that_a_task_has_made_are_looked_at(lab: Lab, loaded: Load) -> None:
    samples = lab.content["samples"]["samples"]
    samples["GJet"] = {**lab.sig, "xs": 1, "files": {"2017": "task:GenerateDemoFiles"}}
    lab.content["variables_of_interest"].append("input:weather")
    generate_sample("GJet", "2017", file_paths(store_of(loaded()), "GJet", "2017")[0].parent)
    report = check_analysis(loaded())
    lacking = {subject for p in report.problems if p.about == "columns" for subject in p.subjects}
    assert "GJet (2017)" in lacking
    assert not report.is_ready


def test_the_cross_section_has_its_factors(lab: Lab, loaded: Load) -> None:
    lab.sig.update(xs=0.5071, bf=0.00227, k_factor={"2017": 2.0})
    assert cross_section(loaded().samples.pair("Sig", "2017")) == pytest.approx(0.002302234)
    assert cross_section(loaded().samples.pair("Data", "2017")) is None


def test_an_alternative_may_be_of_the_same_files(lab: Lab, loaded: Load) -> None:
    """It is added to nothing."""
    lab.content["samples"]["samples"]["Other"] = {**lab.sig, "process": "another mass"}
    assert "Sig (2017) and Other (2017) share a file" in [
        problem.what for problem in check_analysis(loaded()).problems
    ]
    lab.content["samples"]["samples"]["Other"]["alternative"] = True
    assert check_analysis(loaded()).problems == ()
