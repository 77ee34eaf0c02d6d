"""A store that was moved or copied is whole: nothing in it is read from where it was made."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab


@pytest.fixture
def finished(lab: Lab) -> Lab:
    """Data in two samples that are added, and simulation with trees for FinalFit."""
    samples = lab.content["samples"]["samples"]
    for seed, name in enumerate(("Data", "More")):
        files = {"2017": str(lab.files / f"Data_2017_{seed}.root")}
        samples[name] = {"kind": "data", "process": "Data", "files": files}
    lab.content["outputs"] = {"finalfit": {"processes": {"Sig": "ggh"}}}
    assert lab.run()
    return lab


@pytest.fixture
def at(finished: Lab, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Lab]:
    """The same analysis with another store."""

    def changed(store: Path) -> Lab:
        finished.store = store
        monkeypatch.setenv("HIGGSFLOW_STORE", str(store))
        return finished

    return changed


def merged_of(lab: Lab) -> set[str]:
    found = lab.read("summary", "summary.json")["samples"]
    return {path for sample in found for path in sample["merged"].values()}


def files_in(lab: Lab) -> set[str]:
    return {str(path) for path in lab.output("merged").rglob("*.parquet")}


def name_the_folder(lab: Lab) -> None:
    """Manifests as they were once: with the whole path of their file."""
    for stage, end in (("merged", "parquet"), ("finalfit", "root")):
        for path in lab.output(stage).rglob("*.json"):
            content = json.loads(path.read_text("utf-8"))
            content["path"] = str(path.with_suffix(f".{end}"))
            path.write_text(json.dumps(content), encoding="utf-8")


def test_manifests_name_no_folder(finished: Lab) -> None:
    for stage in ("merged", "finalfit"):
        paths = sorted(finished.output(stage).rglob("*.json"))
        assert paths
        assert all(str(finished.folder) not in path.read_text("utf-8") for path in paths)


def test_a_moved_store_is_as_it_was(finished: Lab, at: Any) -> None:
    lab = at(finished.store.rename(finished.folder / "moved"))
    state = lab.state()
    assert lab.run()
    assert lab.changed_since(state) == set()
    assert len(Result(lab.output("summary", "summary.json")).events("More", "2017")) > 0
    lab.sig["process"] = "signal"
    lab.content["outputs"]["finalfit"]["processes"]["Sig"] = "vbf"
    assert lab.run()
    assert merged_of(lab) == files_in(lab) != set()
    assert lab.run("VerifyStore")
    made = {name.split("/")[0] for name in lab.changed_since(state)}
    assert made == {"analysis.yaml", "finalfit", "summary"}


def test_a_copy_does_not_look_at_the_original(finished: Lab, at: Any) -> None:
    # also where manifests still say where they were made
    name_the_folder(finished)
    copied = shutil.copytree(finished.store, finished.folder / "copy")
    n = {name: finished.table(name).num_rows for name in ("Sig", "Data", "More")}
    # from here on, the original holds fewer events
    sequence = finished.content["tag_sequence"]
    high = {"name": "pair", "tagger": "toy_taggers:pair", "options": {"low": 150.0}}
    finished.content["tag_sequence"] = [high, *sequence[1:]]
    assert finished.run()
    assert finished.table("Sig").num_rows < n["Sig"]
    finished.content["tag_sequence"] = sequence
    lab = at(copied)
    for _ in range(2):
        result = Result(lab.output("summary", "summary.json"))
        assert {name: len(result.events(name, "2017")) for name in n} == n
        assert set(result.sample("Sig", "2017").merged.values()) <= files_in(lab)
        assert result.summary.store == str(lab.output())
        assert lab.run("VerifyStore")
        lab.sig["process"] = "signal"
        assert lab.run()
    assert merged_of(lab) == files_in(lab)
