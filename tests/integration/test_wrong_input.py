"""Wrong input: what, where, what to do, in three lines, with exit code 1 and nothing half done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab

Captured = pytest.CaptureFixture[str]
Change = Callable[[Any], Any]


def entry(lab: Lab, name: str = "high_met") -> dict[str, Any]:
    return {"name": name, "tagger": f"toy_taggers:{name}"}


def add_code(lab: Lab, code: str) -> None:
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + code, encoding="utf-8")


def no_luminosity(lab: Lab) -> None:
    lab.sig["files"]["2019"] = str(lab.files / "Sig_2018_*.root")


def no_files_of_a_year(lab: Lab) -> None:
    lab.content["samples"]["selected_years"] = ["2018"]


def unknown_sample(lab: Lab) -> None:
    lab.content["samples"]["sample_list"] = ["Sig", "Dta"]


def unknown_key(lab: Lab) -> None:
    lab.content["samples"]["samples"]["Sig"]["flies"] = "x"


def unknown_key_of_jobs(lab: Lab) -> None:
    lab.jobs["n_event_per_output"] = 3


def nobody_makes_it(lab: Lab) -> None:
    lab.content["variables_of_interest"] = ["m_gg", "m_g"]


def two_of_one_name(lab: Lab) -> None:
    lab.content["tag_sequence"][1] = [entry(lab), entry(lab)]


def unknown_tagger(lab: Lab) -> None:
    lab.content["tag_sequence"][1] = ["tth_leptonc"]


def no_such_function(lab: Lab) -> None:
    lab.content["tag_sequence"][1] = ["toy_taggers:hihg_met"]


def no_cross_section(lab: Lab) -> None:
    del lab.sig["xs"]


def no_golden_json(lab: Lab) -> None:
    del lab.content["samples"]["years"]["2017"]["golden_json"]


def unknown_systematic_option(lab: Lab) -> None:
    lab.content["systematics"]["weights"]["pileup"]["branchs"] = {}


def unknown_tag_of_a_systematic(lab: Lab) -> None:
    lab.content["systematics"]["weights"]["pileup"]["modifies_taggers"] = ["hihg_met"]


def a_directory_twice(lab: Lab) -> None:
    lab.sig["files"]["2017"] = [str(lab.own_files()[0].parent)] * 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (unknown_sample, ["no sample 'Dta'", "Did you mean 'Data'?"]),
        (no_luminosity, ["no luminosity for year '2019'", "2018"]),
        (no_files_of_a_year, ["none of the samples has files in the selected years"]),
        (unknown_key, ["flies", "did you mean 'files'?"]),
        (unknown_key_of_jobs, ["n_event_per_output", "did you mean 'n_events_per_output'?"]),
        (nobody_makes_it, ["'m_g'", "Did you mean 'm_gg'?"]),
        (two_of_one_name, ["two taggers are named 'high_met'"]),
        (unknown_tagger, ["no tagger 'tth_leptonc'", "Did you mean 'tth_leptonic'?"]),
        (no_such_function, ["no name 'hihg_met' in toy_taggers", "Did you mean 'high_met'?"]),
        (no_cross_section, ["xs", "missing"]),
        (no_golden_json, ["no golden JSON for Data (2017)", "apply_golden_json: false"]),
        (unknown_systematic_option, ["branchs", "did you mean 'branches'?"]),
        (unknown_tag_of_a_systematic, ["no tag 'hihg_met'", "Did you mean 'high_met'?"]),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_known_before_anything_runs(
    lab: Lab, capfd: Captured, change: Change, words: list[str]
) -> None:
    change(lab)
    with pytest.raises(SystemExit) as ended:
        lab.task()
    assert ended.value.code == 1
    told = capfd.readouterr().err
    assert all(word in told for word in words), told
    assert len(told.splitlines()) <= 3, told
    assert not lab.store.exists()


def empty_glob(lab: Lab) -> None:
    lab.sig["files"]["2017"] = str(lab.folder / "Sgi_*.root")


def not_root(lab: Lab) -> None:
    lab.own_files()[0].write_bytes(b"this is no ROOT file, but long enough to be one" * 20)


def empty_file(lab: Lab) -> None:
    lab.own_files()[0].write_bytes(b"")


def truncated(lab: Lab) -> None:
    path = lab.own_files()[0]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def no_events_tree(lab: Lab) -> None:
    write(lab.own_files()[0], Event={"x": np.arange(3)})


def write(path: Path, **trees: dict[str, Any]) -> None:
    with uproot.recreate(path) as file:
        for name, columns in trees.items():
            file.mktree(name, {key: values.dtype for key, values in columns.items()})
            if len(next(iter(columns.values()))):
                file[name].extend(columns)


def no_events_at_all(lab: Lab) -> None:
    names = ("run", "luminosityBlock", "event", "mass", "MET_pt", "genWeight", "puWeight")
    for path in lab.own_files():
        columns = (*names, "puWeightUp", "puWeightDown")
        write(path, Events={name: np.array([], np.float32) for name in columns})


def missing_column(lab: Lab) -> None:
    for path in lab.own_files():
        with uproot.open(path) as file:
            columns = file["Events"].arrays(library="np")
            runs = file["Runs"].arrays(library="np")
        columns["MET_p"] = columns.pop("MET_pt")
        write(path, Events=columns, Runs=runs)


def fewer_events_than_generated(lab: Lab) -> None:
    path = lab.own_files()[0]
    with uproot.open(path) as file:
        columns = file["Events"].arrays(library="np", entry_stop=10)
        runs = file["Runs"].arrays(library="np")
    write(path, Events=columns, Runs=runs)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (empty_glob, ["no file matches", "Sgi_*.root", "Sig (2017)"]),
        (not_root, ["Sig_2017_0.root"]),
        (empty_file, ["Sig_2017_0.root is empty"]),
        (truncated, ["Sig_2017_0.root"]),
        (no_events_tree, ["no tree 'Events'", "Sig_2017_0.root", "Event"]),
        (no_events_at_all, ["no events in the files of Sig (2017)"]),
        (missing_column, ["no column 'MET_pt', which high_met needs", "MET_p", "Sig_2017_0.root"]),
        (fewer_events_than_generated, ["10 entries, 40 generated events", "partial: true"]),
        (a_directory_twice, ["twice", "Sig (2017)"]),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_known_when_the_files_are_looked_at(
    lab: Lab, capfd: Captured, change: Change, words: list[str]
) -> None:
    """No job of any sample has begun by then."""
    change(lab)
    assert not lab.run()
    told = capfd.readouterr().err
    assert all(word in told for word in words), told
    assert "Traceback" not in told
    assert len(told.splitlines()) <= 3, told
    assert told.count("failed: ") == 1
    assert not lab.output("chunks").exists()
    assert not lab.output("index", "Sig").exists()


MASKS = """

@tagger(reads=["MET_pt"])
def short(events):
    return (events.MET_pt > 60)[:-1]


@tagger(reads=["MET_pt"], adds={"x": "float64"})
def forgetful(events):
    return events.MET_pt > 60, {}


@tagger(reads=["MET_pt"])
def numbers(events):
    return events.MET_pt


@tagger(reads=["MET_pt"])
def raising(events):
    return events.MET_pt > {}["threshold"]


@tagger(reads=["MET_pt"])
def undeclared(events):
    return events.no_such_column > 1
"""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("short", ["'short' returned a mask with 3", " entries for 3", " events"]),
        ("forgetful", ["'forgetful'", "'x'"]),
        ("numbers", ["'numbers'", "float"]),
    ],
)
def test_a_tagger_that_breaks_its_contract(
    lab: Lab, capfd: Captured, name: str, words: list[str]
) -> None:
    lab.without_data()
    add_code(lab, MASKS)
    lab.content["tag_sequence"][1].append(entry(lab, name))
    assert not lab.run("MergeSample", sample="Sig")
    told = capfd.readouterr().err
    assert all(word in told for word in words), told
    assert "Traceback" not in told
    assert not lab.output("merged").exists()


def test_a_tagger_that_raises_shows_where(lab: Lab, capfd: Captured) -> None:
    lab.without_data()
    add_code(lab, MASKS)
    lab.content["tag_sequence"][1].append(entry(lab, "raising"))
    assert not lab.run("MergeSample", sample="Sig")
    told = capfd.readouterr().err
    assert told.count("Traceback") == 1
    assert told.split("Traceback (most recent call last):\n")[1].startswith(
        f'  File "{lab.taggers}"'
    )
    assert "log: " in told


def test_a_column_that_a_tagger_does_not_declare_is_told_without_traceback(
    lab: Lab, capfd: Captured
) -> None:
    lab.without_data()
    add_code(lab, MASKS)
    lab.content["tag_sequence"][1].append(entry(lab, "undeclared"))
    assert not lab.run("MergeSample", sample="Sig")
    told = capfd.readouterr().err
    assert "the array has no column 'no_such_column'\n" in told
    assert f"\n  {lab.taggers}, line " in told
    assert "Traceback" not in told


def test_a_store_that_cannot_be_written(command_line: Lab) -> None:
    """A folder below a file, at the door of the command line."""
    lab = command_line
    (lab.folder / "file").write_text("", encoding="utf-8")
    store = str(lab.folder / "file" / "store")
    done = lab.law_run("RunAnalysis", HIGGSFLOW_STORE=store)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0] == f"cannot write to {lab.folder / 'file'}"
    assert len(lines) <= 3
    assert "HIGGSFLOW_STORE" in lines[-1]


def test_the_exit_code_of_a_failure_is_one(command_line: Lab) -> None:
    lab = command_line
    empty_glob(lab)
    done = lab.law_run("RunAnalysis")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 3
