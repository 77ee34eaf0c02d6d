"""What paths name. The store is one that the toy analysis has filled."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot
import yaml

from higgsflow.diff.column_map import ColumnMap
from higgsflow.diff.pairing import pair_up
from higgsflow.diff.sides import open_side
from higgsflow.errors import StoreError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Lab


def test_a_store_has_all_its_merged_files_nominal_first(store: Path) -> None:
    side = open_side(str(store))
    assert list(side.events) == [
        ("Data", "2017", "nominal"), ("Sig", "2017", "nominal"), ("Sig", "2017", "met_up"),
        ("Sig", "2018", "nominal"),
    ]  # fmt: skip
    source = side.events["Sig", "2017", "nominal"]
    assert (source.tags, source.blinding) == (("high_met", "rest"), None)
    blinding = side.events["Data", "2017", "nominal"].blinding
    assert blinding is not None
    assert blinding.window == (115.0, 135.0)
    # by its name below the store of the environment
    assert list(open_side("toy/v1").events) == list(side.events)


def test_what_somebody_puts_beside_merged_files_is_not_one(store: Path) -> None:
    folder = store / "merged" / "Sig" / "2017"
    before = open_side(str(store)).events.keys()
    shutil.copy(folder / "nominal.parquet", folder / "mine.parquet")
    (folder / "more.parquet").mkdir()
    assert open_side(str(store)).events.keys() == before


def test_a_copy_of_merged_files_needs_no_snapshot(
    lab: Lab, tmp_path: Path, make_columns: Any, merged: Callable[..., Path]
) -> None:
    for year in ("2017", "2018"):
        path = lab.store / "toy" / "v1" / "merged" / "Sig" / year / "nominal.parquet"
        merged(path, make_columns(2))
    names = [("Sig", year, "nominal") for year in ("2017", "2018")]
    assert list(open_side("toy/v1").events) == names
    assert list(open_side(str(lab.store / "toy" / "v1")).events) == names
    # files of others in a folder of that name are one set of events with the rest
    for name in ("merged/a/b/c.parquet", "d.parquet"):
        (tmp_path / "theirs" / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(make_columns(2)), tmp_path / "theirs" / name)
    assert len(open_side(str(tmp_path / "theirs")).paths) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nowhere/at/all", "nothing to compare at"),
        ("toy.yml", "nearest there is: .*toy.yaml"),
        ("toy.yaml", "is neither .parquet nor .root"),
        ("code", "nothing to compare at"),
    ],
)
def test_what_cannot_be_compared_is_told(lab: Lab, text: str, message: str) -> None:
    lab.write()
    with pytest.raises(UserError, match=message) as caught:
        open_side(str(lab.folder / text))
    assert len(str(caught.value).splitlines()) <= 3


def test_a_version_that_is_misspelt_is_looked_for_in_the_store(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(store.parents[1])
    (store.parents[1] / "v3").touch()
    for text in ("toy/v2", "toy/v11"):
        with pytest.raises(UserError, match=r"nearest there is: toy/v1$"):
            open_side(text)


def test_a_folder_of_versions_is_told(store: Path) -> None:
    for folder in (store.parent, store.parents[1]):
        with pytest.raises(UserError, match=r"not one analysis and version\n.*\n.* toy/v1|v1"):
            open_side(str(folder))


def test_a_store_in_which_nothing_is_merged_is_told(store: Path) -> None:
    shutil.rmtree(store / "merged")
    with pytest.raises(UserError, match="nothing is merged in"):
        open_side(str(store))
    assert yaml.safe_load((store / "analysis.yaml").read_text())["name"] == "toy"


def test_a_copy_of_a_merged_file_may_lie_near_the_root(
    make_columns: Any, merged: Callable[..., Path]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = merged(Path(folder, "copy.parquet"), make_columns(2), sample="Sig", mode="data")
        ((key, source),) = open_side(str(path)).events.items()
    assert key[0] == "Sig"
    assert source.blinding is not None
    assert source.blinding.window == (115, 135)


def test_a_merged_file_knows_what_it_is(lab: Lab) -> None:
    """Blinded as its analysis says, or as the default does where it lies elsewhere."""
    lab.content["blinding"] = {"window": [100, 110]}
    assert lab.run("MergeSample", sample="Data", year="2017")
    path = lab.output("merged", "Data", "2017", "nominal.parquet")
    side = open_side(str(path))
    ((key, source),) = side.events.items()
    assert (key, source.tags) == (("Data", "2017", "nominal"), ("high_met", "rest"))
    assert source.blinding is not None
    assert source.blinding.window == (100, 110)
    copy = lab.folder / "copy.parquet"
    shutil.copy(path, copy)
    other = open_side(str(copy))
    (blinding,) = (s.blinding for s in other.events.values())
    assert blinding is not None
    assert blinding.window == (115, 135)
    assert list(pair_up(side, other, ColumnMap(), ("", "", "")).found) == [key]


def test_a_folder_of_several_kinds_is_told(
    tmp_path: Path,
    make_parquet: Callable[..., Path],
    make_columns: Any,
    merged: Callable[..., Path],
) -> None:
    for year in ("2017", "2018"):
        merged(tmp_path / "all" / "Sig" / year / "nominal.parquet", make_columns(2))
    folder = tmp_path / "all"
    make_parquet("all/theirs.parquet", make_columns(2))
    with pytest.raises(UserError, match=r"merged files and others\n  such as .*theirs.parquet"):
        open_side(str(folder))
    shutil.copy(folder / "Sig" / "2017" / "nominal.parquet", folder / "theirs.parquet")
    with pytest.raises(UserError, match=r"two files of .* are Sig 2017 nominal"):
        open_side(str(folder))


@pytest.mark.parametrize(
    "told", ["{", "[1]", '{"sample": "Sig"}', json.dumps({"sample": "Sig", "year": "2017",
     "variation": "nominal", "mode": "data", "tags": None})],
)  # fmt: skip
def test_a_merged_file_that_does_not_know_what_it_is_is_refused(
    tmp_path: Path, make_columns: Any, told: str, merged: Callable[..., Path]
) -> None:
    """Nobody would know that its events are blinded."""
    path = merged(tmp_path / "Data" / "2017" / "nominal.parquet", make_columns(2))
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({"higgsflow": told}), path)
    with pytest.raises(StoreError, match=f"what {path} says of itself is damaged|cannot read"):
        open_side(str(path))


def test_trees_for_finalfit_are_no_side(lab: Lab) -> None:
    lab.content["outputs"] = {"finalfit": {"processes": {"Sig": "tth"}}}
    assert lab.run("MergeSample", sample="Sig", year="2017")
    path = lab.output("finalfit", "Sig", "2017", "finalfit.root")
    with pytest.raises(UserError, match="holds the trees for FinalFit\n  whose events have no num"):
        open_side(str(path))


def test_merged_files_in_one_are_no_side(lab: Lab) -> None:
    """What is blinded in one part of it would be compared as if it were of the other."""
    lab.content["output_format"] = "root"
    assert lab.run("MergeSample", sample="Data", year="2017")
    path = lab.output("merged", "Data", "2017", "nominal.root")
    with uproot.update(path) as file:
        file["_higgsflow/provenance"] = json.dumps({"sample": "Sig", "mode": "whole"})
    with pytest.raises(StoreError, match="is several merged files in one"):
        open_side(str(path))
