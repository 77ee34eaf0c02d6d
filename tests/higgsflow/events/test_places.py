from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.events.baskets import Place
from higgsflow.events.places import ColumnPlaces, FilePlaces, PlaceBook, find_places

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLACES = FilePlaces(
    uuid="u",
    end=900,
    n_entries=5,
    edges=((0, 3, 5),),
    columns={
        "x": ColumnPlaces(
            dtype=">f4", is_list=False, edges=0, seeks=(7, 60), sizes=(40, 30), n_bytes=90
        )
    },
    others={"v": "of type std::vector<float>"},
    absent=("z",),
)


def test_baskets_are_in_their_order() -> None:
    assert PLACES.baskets("x", 0, 5) == [Place(7, 40, 0, 3), Place(60, 30, 3, 5)]


@given(
    sizes=st.lists(st.integers(0, 4), max_size=8), start=st.integers(0, 20), n=st.integers(0, 20)
)
def test_baskets_are_those_with_some_of_the_entries(sizes: list[int], start: int, n: int) -> None:
    edges = tuple(np.cumsum([0, *sizes]).tolist())
    many = tuple(range(len(sizes)))
    column = ColumnPlaces(dtype=">f4", is_list=False, edges=0, seeks=many, sizes=many, n_bytes=0)
    places = FilePlaces(uuid="u", end=0, n_entries=edges[-1], edges=(edges,), columns={"x": column})
    found = places.baskets("x", start, start + n)
    entries = set(range(start, start + n))
    expected = [i for i in many if entries & set(range(edges[i], edges[i + 1]))]
    assert [one.seek for one in found if one.stop > one.start] == expected
    assert all(one == Place(i, i, edges[i], edges[i + 1]) for one in found for i in [one.seek])


def test_knows_what_was_looked_for() -> None:
    assert PLACES.names == {"x", "v"}
    assert PLACES.knows(["x", "v", "z"])
    assert not PLACES.knows(["x", "y"])


def test_is_kept_by_uuid_and_length(tmp_path: Path) -> None:
    book = PlaceBook(tmp_path / "new")
    assert book.get("u", 900) is None
    book.put(PLACES)
    assert book.get("u", 900) == PLACES
    assert book.get("u", 901) is None
    assert book.get("w", 900) is None
    book.forget(PLACES)
    book.forget(PLACES)
    assert book.get("u", 900) is None


@pytest.mark.parametrize("change", ["format", "uuid", "end", "cut", "empty", "unknown key"])
def test_what_cannot_be_used_is_as_if_it_were_not_there(tmp_path: Path, change: str) -> None:
    book = PlaceBook(tmp_path)
    book.put(PLACES)
    (path,) = tmp_path.rglob("*.json")
    text = path.read_text("utf-8")
    changed = {
        "format": text.replace('"format":2', '"format":99'),
        "uuid": text.replace('"uuid":"u"', '"uuid":"w"'),
        "end": text.replace('"end":900', '"end":901'),
        "cut": text[:50],
        "empty": "",
        "unknown key": text.replace('"end"', '"finish"'),
    }[change]
    assert changed != text
    path.write_text(changed, "utf-8")
    assert book.get("u", 900) is None


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    book = PlaceBook(tmp_path / "file")
    book.put(PLACES)
    book.forget(PLACES)
    assert book.get("u", 900) is None


def test_columns_that_share_baskets_share_their_edges(
    write_root: Callable[..., Path], events: dict[str, Any]
) -> None:
    with uproot.open(write_root(Events=events)) as file:
        found = find_places(file["Events"], ["run", "genWeight", "Photon_pt", "absent"])
    assert found["edges"] == ((0, 6),)
    assert found["n_entries"] == 6
    assert found["absent"] == ["absent"]
    assert {n: (c.dtype, c.is_list) for n, c in found["columns"].items()} == {
        "genWeight": (">f4", False), "run": (">u4", False), "Photon_pt": (">f4", True),
    }  # fmt: skip


def test_what_only_uproot_can_read_is_left_to_it_with_a_reason(tmp_path: Path) -> None:
    fixed = np.ones((4, 3), np.float32)
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mktree("Events", {"text": "string", "fixed": np.dtype((np.float32, (3,))), "x": "f4"})
        file["Events"].extend({"text": ["a", "b", "c", "d"], "fixed": fixed, "x": fixed[:, 0]})
    with uproot.open(tmp_path / "a.root") as file:
        found = find_places(file["Events"], ["text", "fixed", "x"])
    assert found["others"] == {"text": "of type char*", "fixed": "of type float[3]"}
    assert set(found["columns"]) == {"x"}


def test_rntuple_is_left_to_uproot(tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mkrntuple("Events", {"x": np.arange(4), "l": ak.Array([[1.0], [], [2.0], []])})
    with uproot.open(tmp_path / "a.root") as file:
        found = find_places(file["Events"], ["x", "l", "absent"])
    assert found["others"] == {"x": "RNTuple", "l": "RNTuple"}
    assert (found["columns"], found["absent"], found["n_entries"]) == ({}, ["absent"], 4)


def test_baskets_in_the_head_of_the_tree_are_left_to_uproot(
    write_root: Callable[..., Path], events: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with uproot.open(write_root(Events=events)) as file:
        tree = file["Events"]
        embedded = property(lambda branch: [branch] if branch.name == "run" else [])
        monkeypatch.setattr(uproot.behaviors.TBranch.TBranch, "embedded_baskets", embedded)
        found = find_places(tree, ["run", "genWeight"])
    assert found["others"] == {"run": "has baskets in the head of the tree"}
    assert set(found["columns"]) == {"genWeight"}
