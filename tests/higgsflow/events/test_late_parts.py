"""Baskets of many objects, of which few are looked at."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot

from higgsflow.demo.root_file import Layout, write_root_file
from higgsflow.errors import InputFileError
from higgsflow.events.chunks import Range
from higgsflow.events.file_head import HEAD
from higgsflow.events.objects import Chosen
from higgsflow.events.raw_numbers import RawColumn, StoredColumn
from higgsflow.events.reader import Request, open_events
from higgsflow.model.columns import required

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from higgsflow.events.reader import EventReader

N, BASKET, MANY = 200, 20, 30
FIELDS = ("pdgId", "pt")
NAMES = ("run", *(f"GenPart_{field}" for field in FIELDS))
# in the third basket and in the last one
ROWS = np.array([41, 43, 199])


def columns_of(n_objects: int = MANY) -> dict[str, Any]:
    rng = np.random.default_rng(5)
    counts = rng.poisson(n_objects, N)
    objects = {
        "pt": rng.random(counts.sum()).astype(np.float32),
        "pdgId": rng.integers(-25, 25, counts.sum()).astype(np.int32),
    }
    return {"run": np.arange(N, dtype=np.uint32), "GenPart": ak.unflatten(ak.zip(objects), counts)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_root_file(tmp_path / "a.root", columns_of(), {}, Layout("zstd", 1, BASKET))
    return tmp_path / "a.root"


@contextmanager
def opened(path: Path, book: Path | None = None) -> Iterator[EventReader]:
    with uproot.open(path) as file:
        uuid = str(file.file.uuid)
    part = Range(url=str(path), uuid=uuid, start=0, stop=N)
    with open_events(Request(part, required(*NAMES), {}, False, {}, book=book)) as reader:
        yield reader


def basket_of(path: Path, name: str, number: int) -> tuple[int, int]:
    """Where it begins, and its bytes."""
    with uproot.open(path) as file:
        branch = file["Events"][name]
        return branch.member("fBasketSeek")[number], branch.member("fBasketBytes")[number]


def looked_at(reader: EventReader, rows: Any = ROWS, field: str = "pt") -> list[Any]:
    """A field of events whose others go on, too."""
    kept = np.union1d(rows, [0, 100])
    events = reader.read(required(*NAMES), 0, N, kept)
    return list(events.take(np.searchsorted(kept, rows)).collections["GenPart"].columns[field])


def expected(rows: Any = ROWS, field: str = "pt") -> list[Any]:
    return list(ak.to_numpy(ak.flatten(columns_of()["GenPart"][rows][field])))


def test_only_baskets_that_are_looked_at_are_read(path: Path, tmp_path: Path) -> None:
    with opened(path, tmp_path / "book") as reader:
        looked_at(reader)
    with opened(path, tmp_path / "book") as reader:
        assert looked_at(reader) == expected()
        wanted = [basket_of(path, "GenPart_pt", number)[1] for number in (2, 9)]
        counted = [basket_of(path, "nGenPart", number)[1] for number in range(N // BASKET)]
        runs = [basket_of(path, "run", number)[1] for number in range(N // BASKET)]
        assert reader.bytes_read == HEAD + sum(wanted) + sum(counted) + sum(runs)
        assert reader.bytes_read < reader.bytes_needed(0, N)
        before = reader.bytes_read
        assert looked_at(reader, field="pdgId") == expected(field="pdgId")
        assert reader.bytes_read > before


def test_what_was_looked_at_is_not_read_again(path: Path) -> None:
    with opened(path) as reader:
        events = reader.read(required(*NAMES), 0, N, np.arange(0, N, 2))
        objects = events.collections["GenPart"]
        objects.take(np.array([20])).columns["pt"]
        before = reader.bytes_read
        objects.take(np.array([21, 22])).columns["pt"]
        assert reader.bytes_read == before


def test_a_basket_in_which_ranges_meet_is_read_once(path: Path) -> None:
    with opened(path) as reader:
        first = reader.read(required(*NAMES), 0, 50, np.array([0, 49]))
        assert first.collections["GenPart"].columns["pt"].tolist() == expected(np.array([0, 49]))
        second = reader.read(required(*NAMES), 50, 100, np.array([0, 49]))
        before = reader.bytes_read
        assert second.collections["GenPart"].columns["pt"].tolist() == expected(np.array([50, 99]))
        assert reader.bytes_read - before == basket_of(path, "GenPart_pt", 4)[1]


def test_few_objects_and_all_entries_do_not_wait(tmp_path: Path, path: Path) -> None:
    with opened(path) as reader:
        assert reader._raw is not None
        found, odd = reader._raw.read(NAMES, 0, N)
        assert odd == {}
        assert all(isinstance(column, RawColumn) for column in found.values())
    write_root_file(tmp_path / "b.root", columns_of(n_objects=2), {}, Layout("zstd", 1, BASKET))
    with opened(tmp_path / "b.root") as reader:
        assert reader._raw is not None
        found, odd = reader._raw.read(NAMES, 0, N, ROWS)
        assert odd == {}
        assert all(isinstance(column, RawColumn) for column in found.values())


def test_as_many_as_there_are_jets_are_read_at_once(tmp_path: Path) -> None:
    """They are turned late, but a server is asked for all of their columns in one request."""
    write_root_file(tmp_path / "a.root", columns_of(n_objects=10), {}, Layout("zstd", 1, BASKET))
    with opened(tmp_path / "a.root") as reader:
        events = reader.read(required(*NAMES), 0, N, ROWS)
        before = reader.bytes_read
        assert before > sum(basket_of(tmp_path / "a.root", "GenPart_pt", i)[1] for i in range(10))
        assert isinstance(events.collections["GenPart"].columns, Chosen)
        assert len(events.collections["GenPart"].columns["pt"])
        assert reader.bytes_read == before


def test_of_what_the_file_does_not_count_the_first_column_does(tmp_path: Path) -> None:
    """As skims have it that uproot wrote."""
    columns = columns_of()["GenPart"]
    names = {name: f"var * {ak.flatten(columns[name]).type.content}" for name in FIELDS}
    with uproot.recreate(tmp_path / "a.root", compression=uproot.ZSTD(1)) as file:
        kinds = {"run": "uint32", **{f"GenPart_{name}": kind for name, kind in names.items()}}
        file.mktree("Events", kinds, counter_name=lambda name: f"n{name}")
        for start in range(0, N, BASKET):
            part = columns[start : start + BASKET]
            run = np.arange(start, start + BASKET, dtype=np.uint32)
            file["Events"].extend({"run": run, **{f"GenPart_{n}": part[n] for n in FIELDS}})
    with opened(tmp_path / "a.root") as reader:
        assert looked_at(reader) == expected()
        assert looked_at(reader, field="pdgId") == expected(field="pdgId")
        assert reader.by_uproot == {}


def spoil(path: Path, at: int, content: bytes) -> None:
    whole = bytearray(path.read_bytes())
    whole[at : at + len(content)] = content
    path.write_bytes(whole)


def test_an_odd_basket_is_left_to_uproot_when_it_is_looked_at(path: Path, tmp_path: Path) -> None:
    """One whose name is wrong, which uproot does not mind."""
    seek, size = basket_of(path, "GenPart_pt", 2)
    whole = path.read_bytes()
    spoil(path, seek + whole[seek : seek + size].index(b"GenPart_pt"), b"GenPart_xx")
    with opened(path, tmp_path / "book") as reader:
        assert looked_at(reader, np.array([0, 199])) == expected(np.array([0, 199]))
        assert reader.by_uproot == {}
        assert list((tmp_path / "book").rglob("*.json"))
        assert looked_at(reader) == expected()
        assert "from entry 40" in reader.by_uproot["GenPart_pt"]
        assert not list((tmp_path / "book").rglob("*.json"))


def test_a_damaged_basket_is_an_error_of_the_file_when_it_is_looked_at(path: Path) -> None:
    spoil(path, basket_of(path, "GenPart_pt", 2)[0], bytes(60))
    with opened(path) as reader:
        assert looked_at(reader, np.array([0, 199])) == expected(np.array([0, 199]))
        with pytest.raises(InputFileError, match=f"cannot read {path}"):
            looked_at(reader)


def test_bytes_that_are_gone_are_an_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.root"
    # uproot is asked, too, and still has what Python read ahead: 128 kB from 3.14 on
    write_root_file(path, columns_of(20 * MANY), {}, Layout("zstd", 1, BASKET))
    assert path.stat().st_size > 4 * io.DEFAULT_BUFFER_SIZE
    with opened(path) as reader:
        events = reader.read(required(*NAMES), 0, N, ROWS)
        path.write_bytes(path.read_bytes()[: basket_of(path, "GenPart_pt", 2)[0] + 10])
        with pytest.raises(InputFileError, match=f"{path}"):
            events.collections["GenPart"].columns["pt"]


@pytest.mark.parametrize("field", FIELDS)
def test_lists_that_are_not_as_they_are_counted_are_told(tmp_path: Path, field: str) -> None:
    """A field with a counter of its own, whose lists are others in one event."""
    columns = columns_of()["GenPart"]
    other = next(name for name in FIELDS if name != field)
    kinds = {"run": "uint32", **{f"GenPart_{name}": "var * int32" for name in FIELDS}}
    with uproot.recreate(tmp_path / "a.root", compression=uproot.ZSTD(1)) as file:

        def counter(name: str) -> str:
            return "nGenPart" if name == f"GenPart_{other}" else f"n{name}"

        file.mktree("Events", kinds, counter_name=counter)
        for start in range(0, N, BASKET):
            part = ak.values_astype(columns["pdgId"][start : start + BASKET], np.int32)
            moved = ak.concatenate([part[1:], part[:1]]) if start == 2 * BASKET else part
            run = np.arange(start, start + BASKET, dtype=np.uint32)
            file["Events"].extend({"run": run, f"GenPart_{other}": part, f"GenPart_{field}": moved})
    with opened(tmp_path / "a.root") as reader:
        events = reader.read(required(*NAMES), 0, N, ROWS)
        assert isinstance(events.collections["GenPart"].columns[other], np.ndarray)
        with pytest.raises(InputFileError, match="different numbers of objects") as told:
            events.collections["GenPart"].columns[field]
    assert str(tmp_path / "a.root") in str(told.value)


@pytest.mark.parametrize(("counted", "where"), [(10**6, slice(None)), (-1, slice(None)), (-1, 7)])
def test_a_counter_that_cannot_be_is_not_believed(
    tmp_path: Path, counted: int, where: slice | int
) -> None:
    """Of all events, or of one at which nobody looks."""
    columns = columns_of()["GenPart"]
    kinds = {"run": "uint32", "nGenPart": "int32"}
    kinds |= {"GenPart_pt": "var * float32", "GenPart_pdgId": "var * int32"}
    with uproot.recreate(tmp_path / "a.root", compression=uproot.ZSTD(1)) as file:
        file.mktree("Events", kinds, counter_name=lambda name: f"n{name}")
        run, number = np.arange(N, dtype=np.uint32), ak.to_numpy(ak.num(columns)).astype(np.int32)
        number[where] = counted
        lists = {f"GenPart_{name}": columns[name] for name in FIELDS}
        file["Events"].extend({"run": run, "nGenPart": number, **lists})
    with opened(tmp_path / "a.root") as reader:
        assert looked_at(reader) == expected()
        assert reader.by_uproot == {}


def test_columns_that_wait_are_told_apart_from_others(path: Path) -> None:
    with opened(path) as reader:
        assert reader._raw is not None
        found, _ = reader._raw.read(NAMES, 0, N, ROWS)
        assert {n for n, c in found.items() if isinstance(c, StoredColumn)} == set(NAMES) - {"run"}
        assert list(found) == list(NAMES)
