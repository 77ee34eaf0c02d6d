"""Columns by position are those of uproot, however the file is laid out."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import uproot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from higgsflow.demo.root_file import CODECS, Layout, write_root_file
from higgsflow.events import raw_numbers
from higgsflow.events.late_parts import LateBytes
from higgsflow.events.lists import Lists
from higgsflow.events.objects import Objects
from higgsflow.events.places import FilePlaces, find_places
from higgsflow.events.ranges_of_bytes import open_bytes
from higgsflow.events.raw_columns import RawColumns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

TYPES = ("float32", "float64", "int32", "uint32", "int16", "uint8", "bool", "int64", "uint64")


def never(*_: Any) -> Any:
    raise AssertionError("uproot was asked")


@contextmanager
def raw_columns(path: Path, names: list[str]) -> Iterator[tuple[RawColumns, Any]]:
    """The columns of a file, and those that uproot gives."""
    with uproot.open(path, array_cache=None) as file, open_bytes(str(path)) as source:
        tree = file["Events"]
        places = FilePlaces(uuid="u", end=0, **find_places(tree, names))
        assert set(places.columns) == set(names)
        yield RawColumns(LateBytes(source, str(path), nullcontext()), places, never), tree


def check(raw: RawColumns, tree: Any, names: list[str], span: tuple[int, int]) -> None:
    """Compares values, lists and types."""
    found, odd = raw.read(names, *span)
    assert odd == {}
    for name in names:
        expected = tree[name].array(entry_start=span[0], entry_stop=span[1])
        flat, kind = ak.to_numpy(ak.flatten(expected, axis=None)), found[name].numbers.dtype
        assert kind == (np.float64 if flat.dtype == np.float32 else flat.dtype)
        assert found[name].numbers.tolist() == flat.tolist()
        offsets = found[name].offsets
        assert (offsets is None) == (expected.ndim == 1)
        if offsets is not None:
            assert np.diff(offsets).tolist() == ak.num(expected).tolist()
            assert offsets[0] == 0
    rng = np.random.default_rng(span[1])
    for share in (0.0, 0.1, 0.7, 1.0):
        check_some(raw, found, span, np.flatnonzero(rng.random(span[1] - span[0]) < share))


def check_some(raw: RawColumns, whole: dict[str, Any], span: tuple[int, int], rows: Any) -> None:
    """Some of the entries are what they are among all of them; what shares its lists still does."""
    found, odd = raw.read(list(whole), *span, rows)
    assert odd == {}
    for name, column in whole.items():
        numbers, offsets = found[name].numbers, found[name].offsets
        if column.offsets is None:
            expected = column.numbers[rows]
        else:
            expected = Objects(Lists(column.offsets), {"x": column.numbers}).take(rows)
            assert offsets is not None
            assert offsets.tolist() == expected.lists.offsets.tolist()
            expected = expected.x
        np.testing.assert_array_equal(numbers, expected, strict=True)
    shared = [{name: id(c.offsets) for name, c in columns.items()} for columns in (whole, found)]
    for one in whole:
        for other in whole:
            assert (shared[0][one] == shared[0][other]) == (shared[1][one] == shared[1][other])


@st.composite
def layouts(draw: st.DrawFn) -> dict[str, Any]:
    n = draw(st.integers(1, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    counts = rng.poisson(draw(st.sampled_from([0.0, 0.3, 2.0, 20.0, 40.0])), n)
    kinds = draw(st.lists(st.sampled_from(TYPES), min_size=2, max_size=3))
    flat = {f"flat{i}": rng.integers(0, 100, n).astype(kind) for i, kind in enumerate(kinds)}
    fields = {
        f"f{i}": rng.integers(0, 2, counts.sum()).astype(kind) for i, kind in enumerate(kinds)
    }
    lists = ak.unflatten(ak.zip(fields), counts)
    layout = Layout(draw(st.sampled_from(CODECS)), 1, draw(st.integers(1, 70)))
    cuts = draw(st.lists(st.integers(0, n), min_size=1, max_size=3))
    return {"columns": {**flat, "Obj": lists}, "layout": layout, "cuts": sorted({0, n, *cuts})}


@given(case=layouts())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_layout_and_range_gives_what_uproot_gives(
    case: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every codec, type and size of baskets; ranges one after the other, and in any order."""
    path = tmp_path_factory.getbasetemp() / "laid_out.root"
    write_root_file(path, case["columns"], {}, case["layout"])
    names = [n for n in case["columns"] if n != "Obj"]
    names += [f"Obj_{field}" for field in case["columns"]["Obj"].fields] + ["nObj"]
    with raw_columns(path, names) as (raw, tree):
        spans = list(zip(case["cuts"][:-1], case["cuts"][1:], strict=True))
        for span in (*spans, (0, case["cuts"][-1]), *reversed(spans), (0, 0)):
            check(raw, tree, names, span)


def write(path: Path, counter: str = "int32", n_baskets: int = 3) -> Path:
    """Lists with a counter each, of this type."""
    rng = np.random.default_rng(1)
    kinds = {"Jet_pt": "var * float32", "Jet_id": "var * uint8", "x": "float32"}
    with uproot.recreate(path, compression=uproot.ZSTD(1)) as file:
        file.mktree("Events", kinds, counter_name=lambda name: f"n{name}")
        for _ in range(n_baskets):
            counts = rng.integers(0, 4, 20)
            pt = ak.unflatten(rng.random(counts.sum()).astype(np.float32), counts)
            file["Events"].extend(
                {"Jet_pt": pt, "Jet_id": ak.values_astype(pt * 9, np.uint8), "x": np.ones(20, "f4")}
            )
    return path


def test_lists_with_a_counter_each(tmp_path: Path) -> None:
    names = ["Jet_pt", "Jet_id", "nJet_pt", "x"]
    with raw_columns(write(tmp_path / "a.root"), names) as (raw, tree):
        check(raw, tree, names, (0, 60))
        check(raw, tree, names, (7, 43))


def test_columns_of_one_collection_share_their_lists(tmp_path: Path) -> None:
    with raw_columns(write(tmp_path / "a.root"), ["Jet_pt", "Jet_id"]) as (raw, _):
        found, _ = raw.read(["Jet_pt", "Jet_id"], 5, 50)
        assert found["Jet_id"].offsets is found["Jet_pt"].offsets


def test_what_is_kept_is_found_once_for_columns_that_share_their_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found_in: list[int] = []
    find = raw_numbers.runs_of

    def noted(offsets: Any, rows: Any) -> Any:
        found_in.append(len(offsets) - 1)
        return find(offsets, rows)

    monkeypatch.setattr(raw_numbers, "runs_of", noted)
    with raw_columns(write(tmp_path / "a.root"), ["Jet_pt", "Jet_id"]) as (raw, _):
        raw.read(["Jet_pt", "Jet_id"], 0, 60, np.array([3, 4, 25, 59]))
    # three baskets, of which the last lists may be empty and stand with the next
    assert len(found_in) == 3
    assert sum(found_in) == 60


def test_columns_with_other_lists_keep_their_own(tmp_path: Path) -> None:
    one, two = ak.Array([[1.0, 2.0], [], [3.0]]), ak.Array([[1.0], [2.0], [3.0]])
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mktree("Events", {"Jet_a": one.type.content, "Jet_b": two.type.content})
        file["Events"].extend({"Jet_a": one, "Jet_b": two})
    with raw_columns(tmp_path / "a.root", ["Jet_a", "Jet_b"]) as (raw, tree):
        check(raw, tree, ["Jet_a", "Jet_b"], (0, 3))


def test_columns_whose_lists_differ_late_are_read_from_kept_baskets(tmp_path: Path) -> None:
    """The second column is begun as one like the first, and begun again."""
    one, two = ak.Array([[1.0, 2.0], [], [3.0], []] * 9), ak.Array([[1.0, 2.0], [], [], [3.0]] * 9)
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mktree("Events", {"Jet_a": one.type.content, "Jet_b": two.type.content})
        file["Events"].extend({"Jet_a": one, "Jet_b": two})
        file["Events"].extend({"Jet_a": one, "Jet_b": one})
    with raw_columns(tmp_path / "a.root", ["Jet_a", "Jet_b"]) as (raw, tree):
        for span in ((0, 2), (2, 3), (3, 35), (35, 50), (50, 72)):
            check(raw, tree, ["Jet_a", "Jet_b"], span)


def test_a_basket_is_read_once_where_ranges_meet_in_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.root")
    with raw_columns(path, ["Jet_pt"]) as (raw, _), open_bytes(str(path)) as source:
        raw._source = source
        for start in range(0, 60, 6):
            raw.read(["Jet_pt"], start, start + 6)
        assert source.n_read == raw.bytes_of(["Jet_pt"], 0, 60)
        assert source.n_requests == 3


def test_bytes_are_those_of_whole_baskets(tmp_path: Path) -> None:
    with raw_columns(write(tmp_path / "a.root"), ["x"]) as (raw, tree):
        sizes = [tree["x"].basket_compressed_bytes(i) for i in range(3)]
        assert raw.bytes_of(["x"], 0, 60) == sum(sizes)
        assert raw.bytes_of(["x"], 19, 21) == sum(sizes[:2])
        assert raw.bytes_of(["x"], 20, 20) == raw.bytes_of(["unknown"], 0, 60) == 0


def test_an_odd_basket_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.root")
    with raw_columns(path, ["Jet_pt", "x"]) as (raw, tree):
        content = bytearray(path.read_bytes())
        seek = tree["Jet_pt"].member("fBasketSeek")[1]
        content[seek : seek + 8] = b"\xff" * 8
        path.write_bytes(content)
        found, odd = raw.read(["Jet_pt", "x"], 0, 60)
        assert "from entry 20" in odd["Jet_pt"]
        assert set(found) == {"x"}
        check(raw, tree, ["Jet_pt"], (0, 20))


def test_entries_without_a_basket_are_odd(tmp_path: Path) -> None:
    with raw_columns(write(tmp_path / "a.root"), ["x"]) as (raw, _):
        _, odd = raw.read(["x"], 50, 61)
    assert "no baskets" in odd["x"]
