"""What is compared with what. The store is one that the toy analysis has filled."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from higgsflow.diff.column_map import ColumnMap
from higgsflow.diff.pairing import pair_up
from higgsflow.diff.sides import open_side
from higgsflow.errors import UserError
from higgsflow.model.analysis import Blinding

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ALL = ("", "", "")


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


def test_merged_files_in_any_folder_are_what_they_say(
    tmp_path: Path, make_columns: Any, merged: Callable[..., Path]
) -> None:
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


def test_two_merged_files_may_be_of_other_things(
    tmp_path: Path, make_columns: Any, merged: Callable[..., Path]
) -> None:
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
