"""What is compared with what. The store is one that the toy analysis has filled."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from higgsflow.diff.column_map import ColumnMap
from higgsflow.diff.sides import open_side, pair_up
from higgsflow.errors import UserError
from higgsflow.model.analysis import Blinding

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Lab

ALL = ("", "", "")


@pytest.fixture
def store(lab: Lab, make_parquet: Callable[..., Path], make_columns: Any) -> Path:
    """A folder as an analysis leaves it: two samples, of which Data are blinded."""
    from higgsflow.catalog.load import load_analysis
    from higgsflow.catalog.snapshot import write_snapshot

    folder = lab.folder / "store" / "toy" / "v1"
    lab.content["systematics"]["independent_collections"] = {"met": lab.met_scale()}
    folder.mkdir(parents=True)
    write_snapshot(load_analysis(lab.write()), folder)
    for name in ("Sig/2017/nominal", "Sig/2017/met_up", "Sig/2018/nominal", "Data/2017/nominal"):
        make_parquet(f"store/toy/v1/merged/{name}.parquet", make_columns(3))
    return folder


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
    lab: Lab, tmp_path: Path, make_columns: Any
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


def test_stores_are_compared_where_both_have_something(store: Path) -> None:
    other = store.parent / "v2"
    shutil.copytree(store, other)
    shutil.rmtree(other / "merged" / "Sig" / "2018")
    shutil.rmtree(store / "merged" / "Data")
    pairing = pair_up(open_side(str(store)), open_side(str(other)), ColumnMap(), ALL)
    assert list(pairing.found) == [("Sig", "2017", "nominal"), ("Sig", "2017", "met_up")]
    assert pairing.only_a == (("Sig", "2018", "nominal"),)
    assert pairing.only_b == (("Data", "2017", "nominal"),)
    asked = pair_up(
        open_side(str(store)), open_side(str(other)), ColumnMap(), ("Sig", "2017", "met_up")
    )
    assert list(asked.found) == [("Sig", "2017", "met_up")]
    with pytest.raises(UserError, match="no sample 'Sgi'"):
        pair_up(open_side(str(store)), open_side(str(other)), ColumnMap(), ("Sgi", "", ""))


def test_files_of_others_are_one_set_of_nominal_events(
    store: Path, make_parquet: Callable[..., Path], make_columns: Any
) -> None:
    path = make_parquet("theirs/a.parquet", make_columns(2))
    make_parquet("theirs/b.parquet", make_columns(2))
    ours, theirs = open_side(str(store)), open_side(str(path.parent))
    assert [p.name for p in theirs.paths] == ["a.parquet", "b.parquet"]
    with pytest.raises(UserError, match=r"is one set of events, .* has 3\n  such as Data 2017"):
        pair_up(ours, theirs, ColumnMap(), ALL)
    for one, other, position in ((ours, theirs, 1), (theirs, ours, 0)):
        pairing = pair_up(one, other, ColumnMap(), ("Data", "", ""))
        ((key, sources),) = pairing.found.items()
        assert key == ("Data", "2017", "nominal")
        # blinded as ours are
        assert sources[position].paths == theirs.paths
        assert sources[position].blinding == sources[1 - position].blinding != None  # noqa: E711


def test_a_pattern_says_where_the_files_of_others_are(
    store: Path, make_parquet: Callable[..., Path], make_columns: Any
) -> None:
    path = make_parquet("theirs/Sig_2017/part_0.parquet", make_columns(2))
    make_parquet("theirs/Sig_2017/part_1.parquet", make_columns(2))
    theirs = open_side(str(path.parents[1]))
    known = ColumnMap(files="{sample}_{year}/part_*.parquet")
    pairing = pair_up(open_side(str(store)), theirs, known, ALL)
    assert list(pairing.found) == [("Sig", "2017", "nominal")]
    assert len(pairing.found["Sig", "2017", "nominal"][1].paths) == 2
    assert pairing.only_a == (("Data", "2017", "nominal"), ("Sig", "2018", "nominal"))
    for files, message in (("{file}.root", "cannot be filled in"), ("{year}.root", "none of")):
        with pytest.raises(UserError, match=message):
            pair_up(open_side(str(store)), theirs, ColumnMap(files=files), ALL)


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


def merged(path: Path, content: dict[str, Any], *, mode: str = "whole", **about: str) -> Path:
    """A file that says of itself what merged files do, under the names of its path."""
    sample, year = path.parent.parent.name, path.parent.name
    names = {"sample": sample, "year": year, "variation": path.stem}
    origin = {**names, "mode": mode, "tags": ["rest"]}
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(content).replace_schema_metadata(
        {"higgsflow": json.dumps({**origin, **about})}
    )
    pq.write_table(table, path)
    return path


def test_a_copy_of_a_merged_file_may_lie_near_the_root(make_columns: Any) -> None:
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
    assert list(pair_up(side, other, ColumnMap(), ALL).found) == [key]


def test_stores_may_have_other_names(store: Path, make_parquet: Callable[..., Path]) -> None:
    other = store.parent / "v2"
    shutil.copytree(store, other)
    (other / "merged" / "Sig" / "2018").rename(other / "merged" / "Sig" / "2018UL")
    (other / "merged" / "Sig").rename(other / "merged" / "Signal")
    a, b = open_side(str(store)), open_side(str(other))
    known = ColumnMap(columns={"m_gg": "mass"}, samples={"Sig": "Signal"}, years={"2018": "2018UL"})
    pairing = pair_up(a, b, known, ALL)
    assert (list(pairing.found), pairing.only_a, pairing.only_b) == (list(a.events), (), ())
    one, their = pairing.found["Sig", "2018", "nominal"]
    assert (one.paths[0].parts[-3:-1], one.map) == (("Sig", "2018"), ColumnMap())
    assert (their.paths[0].parts[-3:-1], their.map) == (("Signal", "2018UL"), known)
    # hidden by what they call the mass
    _, their = pairing.found["Data", "2017", "nominal"]
    assert their.blinding == Blinding(column="m_gg")
    (key,) = pair_up(a, b, known, ("Sig", "2018", "")).found
    assert key == ("Sig", "2018", "nominal")
    for names, message in (
        ({"samples": {"Sgi": "Signal"}}, r"no sample 'Sgi' in .*v1\. Did you mean 'Sig'"),
        ({"samples": {"Sig": "Sgnal"}}, r"no sample 'Sgnal' in .*v2\. Did you mean 'Signal'"),
        ({"variations": {"met_up": "met"}}, "no variation 'met' in"),
        ({"files": "{sample}.root"}, "names files of others, and .* is of this program"),
    ):
        with pytest.raises(UserError, match=message) as caught:
            pair_up(a, b, ColumnMap.model_validate(names), ALL)
        assert len(str(caught.value).splitlines()) <= 3


def test_a_blinded_column_has_their_name_and_unit(store: Path) -> None:
    other = store.parent / "v2"
    shutil.copytree(store, other)
    content = yaml.safe_load((other / "analysis.yaml").read_text())
    content["blinding"] = {"column": "mass", "window": [1000, 2000]}
    (other / "analysis.yaml").write_text(yaml.safe_dump(content))
    known = ColumnMap(columns={"m_gg": "mass"}, factors={"m_gg": 0.1})
    pairing = pair_up(open_side(str(store)), open_side(str(other)), known, ALL)
    _, their = pairing.found["Data", "2017", "nominal"]
    assert their.blinding == Blinding(window=(100, 200))


def test_merged_files_in_any_folder_are_what_they_say(tmp_path: Path, make_columns: Any) -> None:
    names = [("Sig", "2018", "nominal"), ("Sig", "2017", "met_up"), ("Sig", "2017", "nominal")]
    for number, (sample, year, variation) in enumerate(names):
        told = {"sample": sample, "year": year, "variation": variation}
        for side in "ab":
            merged(tmp_path / side / f"{number}.parquet", make_columns(2), **told)
    a, b = (open_side(str(tmp_path / side)) for side in "ab")
    assert list(a.events) == [names[2], names[1], names[0]]
    pairing = pair_up(a, b, ColumnMap(), ALL)
    found = {key: [s.paths[0].name for s in pair] for key, pair in pairing.found.items()}
    assert found == {key: [f"{n}.parquet"] * 2 for n, key in enumerate(names)}
    assert list(pair_up(a, b, ColumnMap(), ("", "2018", "")).found) == [names[0]]
    (tmp_path / "b" / "0.json").write_text("{}")
    assert open_side(str(tmp_path / "b" / "*")).events.keys() == b.events.keys()
    file = open_side(str(tmp_path / "b" / "1.parquet"))
    # of a folder or store only what the file is
    pairing = pair_up(a, file, ColumnMap(), ALL)
    assert (list(pairing.found), pairing.only_a) == ([names[1]], ())


def test_two_merged_files_may_be_of_other_things(tmp_path: Path, make_columns: Any) -> None:
    paths = [tmp_path / "Sig" / year / "nominal.parquet" for year in ("2017", "2018")]
    sides = [open_side(str(merged(path, make_columns(2)))) for path in paths]
    assert list(pair_up(*sides, ColumnMap(), ALL).found) == [("Sig", "2017 and 2018", "nominal")]
    assert list(pair_up(*sides, ColumnMap(), ("Sig", "", "")).found)
    with pytest.raises(UserError, match=r"no year '2017' in .*2018"):
        pair_up(*sides, ColumnMap(), ("", "2017", ""))
    known = ColumnMap(columns={"m_gg": "mass"}, years={"2017": "2018"})
    ((key, (one, other)),) = pair_up(*sides, known, ("", "2017", "")).found.items()
    assert key == ("Sig", "2017", "nominal")
    assert (one.map, other.map) == (ColumnMap(), known)


def test_a_folder_of_several_kinds_is_told(
    tmp_path: Path, make_parquet: Callable[..., Path], make_columns: Any
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
    tmp_path: Path, make_columns: Any, told: str
) -> None:
    """Nobody would know that its events are blinded."""
    path = merged(tmp_path / "Data" / "2017" / "nominal.parquet", make_columns(2))
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({"higgsflow": told}), path)
    with pytest.raises(UserError, match=f"what {path} says of itself is damaged"):
        open_side(str(path))
