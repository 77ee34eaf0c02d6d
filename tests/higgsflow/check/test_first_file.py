from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from higgsflow.catalog.files import InputFile
from higgsflow.check.first_file import check_first_file, list_files, look_into_all
from higgsflow.demo.names import file_paths
from higgsflow.errors import InputFileError
from higgsflow.events.places import FOLDER, PlaceBook
from higgsflow.events.sample_index import look_into
from higgsflow.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.sample import SampleYear

    Load = Callable[[], AnalysisModel]


OTHER_MET = """
from higgsflow import tagger


@tagger(adds={"MET_pt": "float64"})
def other_met(events):
    raise NotImplementedError
"""


def input_file(path: Path) -> InputFile:
    return InputFile(url=str(path), size=path.stat().st_size, mtime_ns=path.stat().st_mtime_ns)


def test_files_are_listed_with_their_sizes(loaded: Load, tmp_path: Path) -> None:
    found = list_files(loaded().samples.pair("Sig", "2017"), tmp_path)
    assert [file.url[-8:] for file in found.files] == ["7_0.root", "7_1.root"]
    assert not found.is_produced


def demo_pair(lab: Lab, loaded: Load) -> SampleYear:
    samples = lab.content["samples"]["samples"]
    samples["GJet"] = {**lab.sig, "xs": 1, "files": {"2017": "task:GenerateDemoFiles"}}
    return loaded().samples.pair("GJet", "2017")


def test_files_that_a_task_will_make_are_no_problem(lab: Lab, loaded: Load, tmp_path: Path) -> None:
    pair = demo_pair(lab, loaded)
    found = list_files(pair, tmp_path)
    assert (found.files, found.is_produced, found.problem) == ((), True, None)
    paths = file_paths(tmp_path, "GJet", "2017")
    paths[0].parent.mkdir(parents=True)
    paths[0].touch()
    assert list_files(pair, tmp_path).is_produced


def test_files_that_a_task_has_made_are_listed(lab: Lab, loaded: Load, tmp_path: Path) -> None:
    pair = demo_pair(lab, loaded)
    paths = file_paths(tmp_path, "GJet", "2017")
    paths[0].parent.mkdir(parents=True)
    for path in paths:
        path.touch()
    found = list_files(pair, tmp_path)
    assert [file.url for file in found.files] == [str(path) for path in paths]
    assert not found.is_produced


def test_a_sample_that_no_task_makes_is_a_problem(lab: Lab, loaded: Load, tmp_path: Path) -> None:
    lab.sig["files"]["2017"] = "task:GenerateDemoFiles"
    found = list_files(loaded().samples.pair("Sig", "2017"), tmp_path).problem
    assert found is not None
    assert found.what.startswith("no sample 'Sig' in the demo")


def test_an_address_that_leads_nowhere_is_a_problem(lab: Lab, loaded: Load, tmp_path: Path) -> None:
    lab.sig["files"]["2017"] = str(lab.folder / "Sgi_*.root")
    found = list_files(loaded().samples.pair("Sig", "2017"), tmp_path).problem
    assert found is not None
    assert found.what.startswith("no file matches")
    assert found.subjects == ("Sig (2017)",)


def test_files_are_looked_at_once(lab: Lab, loaded: Load, tmp_path: Path) -> None:
    pair = loaded().samples.pair("Sig", "2017")
    first, second = lab.own_files()
    second.write_bytes(b"no ROOT file")
    asked = [(input_file(path), pair) for path in (first, second)]
    entry, error = look_into_all(asked, tmp_path / "cache", {"Sig (2017)": ["run", "absent"]})
    assert isinstance(entry, dict)
    assert entry["n_entries"] == 40
    assert isinstance(error, InputFileError)
    first.write_bytes(b"")
    (again,) = look_into_all([asked[0]], tmp_path / "cache")
    assert again == json.loads(json.dumps(entry))
    known = PlaceBook(tmp_path / "cache" / FOLDER).get(entry["uuid"], entry["size"])
    assert known is not None
    assert known.looked_for == {"run", "absent"}


def test_threads_do_not_import_at_the_same_time(lab: Lab, tmp_path: Path) -> None:
    path = lab.write()
    program = f"""
import os
from pathlib import Path
from higgsflow.catalog.load import load_analysis
from higgsflow.check.first_file import list_files, look_into_all
os.sched_getaffinity = lambda _: {{0}}
pair = load_analysis(Path({str(path)!r})).samples.pair("Sig", "2017")
asked = [(file, pair) for file in list_files(pair, Path()).files * 8]
found = look_into_all(asked, Path({str(tmp_path / "cache")!r}))
assert all(isinstance(entry, dict) for entry in found), found
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_missing_column_is_named_with_who_needs_it(
    lab: Lab, loaded: Load, tmp_path: Path
) -> None:
    lab.content["variables_of_interest"].append("input:weather")
    plan = make_plan(loaded(), loaded().samples.pair("Sig", "2017"))
    entry = look_into(input_file(lab.own_files()[0]), plan.pair, tmp_path / "cache")
    assert [p.what for p in check_first_file(plan, entry)] == [
        "no column 'weather', which variables_of_interest needs"
    ]
    del entry["columns"]["puWeightUp"]
    del entry["columns"]["MET_pt"]
    found = [p.what for p in check_first_file(plan, entry)]
    assert found == [
        "no column 'puWeightUp', which systematic pileup needs",
        "no column 'MET_pt', which high_met needs",
        "no column 'weather', which variables_of_interest needs",
    ]


def test_missing_columns_of_one_source_are_told_together(
    lab: Lab, loaded: Load, tmp_path: Path
) -> None:
    plan = make_plan(loaded(), loaded().samples.pair("Sig", "2017"))
    entry = look_into(input_file(lab.own_files()[0]), plan.pair, tmp_path / "cache")
    for name in ("puWeight", "puWeightUp", "puWeightDown"):
        del entry["columns"][name]
    (found,) = check_first_file(plan, entry)
    assert found.what == (
        "no columns 'puWeight', 'puWeightUp', 'puWeightDown', which systematic pileup needs"
    )


def test_file_of_another_kind_is_told_once(lab: Lab, loaded: Load, tmp_path: Path) -> None:
    plan = make_plan(loaded(), loaded().samples.pair("Sig", "2017"))
    entry = look_into(input_file(lab.own_files()[0]), plan.pair, tmp_path / "cache")
    entry["columns"] = {"tau": "float"}
    told = [p for p in check_first_file(plan, entry) if "not there" in p.what]
    (found,) = told
    assert found.what.startswith(f"{len(plan.first_needs) + len(plan.rest_needs) - 1} columns")
    assert found.remedy == "is it another file, or of another format? It has tau"


def test_column_of_a_tagger_that_the_file_has_too_is_told(
    lab: Lab, loaded: Load, tmp_path: Path
) -> None:
    lab.taggers.with_name("met_of_mine.py").write_text(OTHER_MET)
    lab.content["tag_sequence"].insert(1, "met_of_mine:other_met")
    plan = make_plan(loaded(), loaded().samples.pair("Sig", "2017"))
    entry = look_into(input_file(lab.own_files()[0]), plan.pair, tmp_path / "cache")
    (problem,) = check_first_file(plan, entry)
    assert problem.what.startswith("tagger 'other_met' adds 'MET_pt', which ")
    assert "high_met needs MET_pt" in problem.where
    del entry["columns"]["MET_pt"]
    assert not list(check_first_file(plan, entry))


def test_fewer_entries_than_generated_and_columns_are_told_both(
    lab: Lab, loaded: Load, tmp_path: Path
) -> None:
    plan = make_plan(loaded(), loaded().samples.pair("Sig", "2017"))
    entry = look_into(input_file(lab.own_files()[0]), plan.pair, tmp_path / "cache")
    entry["n_entries"] = 10
    del entry["columns"]["MET_pt"]
    assert [p.about for p in check_first_file(plan, entry)] == ["files", "columns"]


def test_the_golden_json_of_another_year_is_a_note(lab: Lab, loaded: Load, tmp_path: Path) -> None:
    other = lab.folder / "other.json"
    other.write_text('{"5": [[1, 3]]}', encoding="utf-8")
    lab.content["samples"]["years"]["2017"]["golden_json"] = str(other)
    plan = make_plan(loaded(), loaded().samples.pair("Data", "2017"))
    entry = look_into(input_file(lab.own_files("Data")[0]), plan.pair, tmp_path / "cache")
    (found,) = check_first_file(plan, entry)
    assert found.about == "golden JSON"
    assert not found.serious


def test_a_golden_json_that_cannot_be_read_is_told_once(
    lab: Lab, loaded: Load, tmp_path: Path
) -> None:
    """By what looks at the configuration."""
    lab.content["samples"]["years"]["2017"]["golden_json"] = str(lab.folder / "absent.json")
    plan = make_plan(loaded(), loaded().samples.pair("Data", "2017"))
    entry = look_into(input_file(lab.own_files("Data")[0]), plan.pair, tmp_path / "cache")
    assert not list(check_first_file(plan, entry))


def test_a_systematic_of_other_objects_is_told(lab: Lab, loaded: Load, tmp_path: Path) -> None:
    lab.content["systematics"]["weights"]["pileup"]["branches"]["up"] = "Jet_weight"
    plan = make_plan(loaded(), loaded().samples.pair("Sig", "2017"))
    entry = look_into(input_file(lab.own_files()[0]), plan.pair, tmp_path / "cache")
    entry["columns"] |= {"Jet_weight": "float[]"}
    (found,) = check_first_file(plan, entry)
    assert found.what == (
        "'Jet_weight' has one per object of Jet, but 'pileup' needs one number per event"
    )


def test_a_branch_with_several_leaves_is_told_where_it_is_read(
    lab: Lab, loaded: Load, tmp_path: Path
) -> None:
    lab.content["variables_of_interest"] += ["input:pair"]
    plan = make_plan(loaded(), loaded().samples.pair("Sig", "2017"))
    entry = look_into(input_file(lab.own_files()[0]), plan.pair, tmp_path / "cache")
    entry["columns"] |= dict.fromkeys(("pair", "other"), "struct {float x; float y;}")
    (found,) = check_first_file(plan, entry)
    assert found.what == "'pair' is not a number, nor a list of numbers"


def test_a_variable_of_objects_is_told(lab: Lab, loaded: Load, tmp_path: Path) -> None:
    """Jobs would find it, after all of it was indexed."""
    lab.content["variables_of_interest"] += ["input:weather", "gen:sky"]
    plan = make_plan(loaded(), loaded().samples.pair("Sig", "2017"))
    entry = look_into(input_file(lab.own_files()[0]), plan.pair, tmp_path / "cache")
    entry["columns"] |= {"weather": "float", "sky": "float[]"}
    assert [p.what for p in check_first_file(plan, entry)] == ["'sky' has several values per event"]


def test_bins_of_objects_are_told(lab: Lab, loaded: Load, tmp_path: Path) -> None:
    lab.content["generator_bins"] = {"stars": {"column": "sky", "edges": [0, 1]}}
    plan = make_plan(loaded(), loaded().samples.pair("Sig", "2017"))
    entry = look_into(input_file(lab.own_files()[0]), plan.pair, tmp_path / "cache")
    entry["columns"] |= {"sky": "float[]"}
    (found,) = check_first_file(plan, entry)
    assert found.what == "'sky' has several values per event"
    assert found.where.startswith("generator_bins, in ")
