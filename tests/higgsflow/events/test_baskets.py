"""One basket, as uproot unpacks it, and what is odd about others."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.events.baskets import Basket, OddBasket, Place, unpack
from higgsflow.events.places import find_places

if TYPE_CHECKING:
    from pathlib import Path

FLOAT = np.dtype(">f4")


class Found:
    """The only basket of a column, with what uproot makes of it."""

    def __init__(self, path: Path, name: str) -> None:
        with uproot.open(path) as file:
            branch = file["Events"][name]
            (seek,), (size,) = (branch.member(f"fBasket{m}")[:1] for m in ("Seek", "Bytes"))
            self.expected = branch.basket(0)
            self.array = branch.array(library="np")
            column = find_places(file["Events"], [name])["columns"][name]
        self.name, self.dtype, self.is_list = name, np.dtype(column.dtype), column.is_list
        self.place = Place(int(seek), int(size), 0, len(self.array))
        self.raw = path.read_bytes()[seek : seek + size]

    def unpacked(self, raw: bytes | None = None, **changes: Any) -> Any:
        name = changes.pop("name", self.name)
        place = self.place._replace(**changes)
        return unpack(self.raw if raw is None else raw, name, place, self.dtype, self.is_list)


@pytest.fixture(params=["zstd", "none"], ids=["zstd", "uncompressed"])
def path(tmp_path: Path, events: dict[str, Any], request: pytest.FixtureRequest) -> Path:
    codec = uproot.ZSTD(1) if request.param == "zstd" else None
    longer = {name: np.repeat(v, 9) if v.ndim == 1 else v[[0, 1, 2, 3, 4, 5] * 9]
              for name, v in events.items()}  # fmt: skip
    with uproot.recreate(tmp_path / "a.root", compression=codec) as file:
        file.mktree("Events", {"run": "u4", "genWeight": "f4", "Photon_pt": "var * float32"})
        file["Events"].extend({name: longer[name] for name in ("run", "genWeight", "Photon_pt")})
    return tmp_path / "a.root"


@pytest.fixture
def lists(path: Path) -> Found:
    return Found(path, "Photon_pt")


@pytest.mark.parametrize("name", ["run", "genWeight"])
def test_numbers_are_those_of_uproot(path: Path, name: str) -> None:
    found = Found(path, name)
    basket = found.unpacked()
    assert basket.numbers.tolist() == found.array.tolist()
    assert basket.stored is None
    with pytest.raises(OddBasket, match="no lists"):
        basket.put_begins(slice(0, 1), np.zeros(1, np.int64), 0)


def test_lists_are_those_of_uproot(lists: Found) -> None:
    basket = lists.unpacked()
    assert basket.numbers.tobytes() == lists.expected.data.tobytes()
    expected = (lists.expected.byte_offsets // basket.numbers.itemsize).tolist()
    for first in (0, 7):
        found = np.zeros(len(expected) - 1 - first, np.int64)
        end = basket.put_begins(slice(first, len(expected) - 1), found, 10 + expected[first])
        assert [*found.tolist(), end] == [10 + n for n in expected[first:]]


@pytest.mark.parametrize(
    ("stored", "word"),
    [
        ([10, 14, 17], "begin where numbers"),
        ([10, 18, 14], "begin where numbers"),
        ([10, 14, 30], "end where"),
        ([6, 10, 14], "end where"),
        ([10, 14, 18, 21], "begin where numbers"),
    ],
)
def test_lists_that_cannot_be_are_odd(stored: list[int], word: str) -> None:
    basket = Basket(0, len(stored), np.zeros(4, ">f4"), np.array(stored, ">i4"), head=10)
    with pytest.raises(OddBasket, match=word):
        basket.put_begins(slice(0, 3), np.zeros(3, np.int64), 0)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"seek": 4}, "another place"),
        ({"size": 80}, "another place"),
        ({"stop": 53}, "has 54 entries"),
        ({"name": "Photon_px"}, "another name"),
        ({"name": "Photon_"}, "another name"),
        ({"name": "x" * 300}, "another name"),
    ],
)
def test_what_is_not_what_it_should_be_is_odd(
    lists: Found, changes: dict[str, Any], word: str
) -> None:
    with pytest.raises(OddBasket, match=word):
        lists.unpacked(**changes)


@pytest.mark.parametrize("path", ["none"], indirect=True)
def test_a_first_list_that_begins_elsewhere_is_odd(lists: Found) -> None:
    """Else the numbers before it would be left out."""
    n = lists.place.stop
    raw = bytearray(lists.raw)
    first = int.from_bytes(raw[-4 * (n + 1) : -4 * n], "big")
    raw[-4 * (n + 1) : -4 * n] = (first + 4).to_bytes(4, "big")
    with pytest.raises(OddBasket, match="does not begin at its beginning"):
        lists.unpacked(bytes(raw))


def test_lists_are_no_numbers_and_the_other_way_round(path: Path, lists: Found) -> None:
    numbers = Found(path, "run")
    lists.is_list, numbers.is_list = False, True
    for found, word in ((lists, "bytes of numbers"), (numbers, "beginnings of lists")):
        with pytest.raises(OddBasket, match=word):
            found.unpacked()


def test_numbers_of_another_width_are_odd(path: Path) -> None:
    found = Found(path, "run")
    found.dtype = np.dtype(">f8")
    with pytest.raises(OddBasket, match="bytes of numbers"):
        found.unpacked()


@given(data=st.data())
def test_a_broken_key_is_odd_or_does_not_matter(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any byte of it may be wrong: the basket is refused, or it is the same."""
    folder = tmp_path_factory.getbasetemp() / "keys"
    folder.mkdir(exist_ok=True)
    if not (folder / "a.root").exists():
        with uproot.recreate(folder / "a.root") as file:
            file.mktree("Events", {"x": "f4"}).extend({"x": np.arange(100, dtype=np.float32)})
    found = Found(folder / "a.root", "x")
    raw = bytearray(found.raw)
    key_length = int(found.expected.member("fKeylen"))
    raw[data.draw(st.integers(0, key_length - 1))] = data.draw(st.integers(0, 255))
    with suppress(OddBasket):
        assert found.unpacked(bytes(raw)).numbers.tolist() == found.array.tolist()


@pytest.mark.parametrize("kept", [0, 10, 40, 60, -1])
def test_a_basket_that_is_cut_off_is_odd(lists: Found, kept: int) -> None:
    with pytest.raises(OddBasket):
        lists.unpacked(lists.raw[:kept])
