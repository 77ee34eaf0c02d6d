"""What a job reads of a file: by position where baskets are known, by uproot else, all the same."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot

from higgsflow.errors import InputFileError, MissingColumn
from higgsflow.events import reader as reader_module
from higgsflow.events.chunks import Range
from higgsflow.events.columns import assemble
from higgsflow.events.file_head import HEAD, head_of_opened
from higgsflow.events.reader import Request, open_events
from higgsflow.model.columns import optional, required

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]

NAMES = ("run", "luminosityBlock", "genWeight", "Photon_pt")
REMADE = {"rntuple": "RNTuple", "text": "of type char*"}


def request_of(path: Path, book: Path | None = None, **changes: Any) -> Request:
    """For all entries of a file."""
    with uproot.open(path) as file:
        uuid, n = str(file.file.uuid), file["Events"].num_entries
    part = Range(url=str(path), uuid=changes.pop("uuid", uuid), start=0, stop=n)
    names = changes.pop("names", NAMES)
    needs = (
        *required(*(n for n in names if not n.endswith("?"))),
        *optional(*(n[:-1] for n in names if n.endswith("?"))),
    )
    given = {"needed_by": {"run": "me"}, "is_data": False, "replicas": {}, **changes}
    return Request(part=part, needs=needs, book=book, **given)


def read(
    request: Request, start: int = 0, stop: int | None = None, rows: Any = None
) -> tuple[Any, dict[str, str]]:
    """The events, and what uproot had to do."""
    with open_events(request) as reader:
        stop = request.part.stop if stop is None else stop
        return reader.read(request.needs, start, stop, rows).view, reader.by_uproot


def expected(path: Path, names: tuple[str, ...] = NAMES, start: int = 0, stop: int = 6) -> Any:
    with uproot.open(path, array_cache=None) as file:
        arrays = {n: file["Events"][n].array(entry_start=start, entry_stop=stop) for n in names}
    return assemble(arrays, stop - start)


def assert_same(found: Any, wanted: Any) -> None:
    assert sorted(found.fields) == sorted(wanted.fields)
    for name in wanted.fields:
        assert ak.array_equal(found[name], wanted[name], equal_nan=True)
        assert str(found[name].type) == str(wanted[name].type)


def test_columns_are_those_of_uproot_also_when_the_places_are_known(
    write_root: Write, events: dict[str, Any], tmp_path: Path
) -> None:
    path = write_root(Events=events)
    for book in (None, tmp_path / "book", tmp_path / "book"):
        for start, stop in ((0, 6), (2, 5), (3, 3)):
            found, by_uproot = read(request_of(path, book), start, stop)
            assert_same(found, expected(path, start=start, stop=stop))
            assert by_uproot == {}


def test_a_known_file_is_opened_without_its_trees(
    write_root: Write, events: dict[str, Any], tmp_path: Path
) -> None:
    request = request_of(write_root(Events=events), tmp_path / "book")
    read_bytes = []
    for _ in range(2):
        with open_events(request) as reader:
            reader.read(request.needs, 0, 6)
            needed = reader.bytes_needed(0, 6)
            read_bytes.append(reader.bytes_read)
    assert read_bytes[0] > 2 * read_bytes[1]
    # the head of the file, and what is needed
    assert needed < read_bytes[1] <= needed + HEAD


def test_more_columns_are_looked_for_and_kept_with_those_known_before(
    write_root: Write, events: dict[str, Any], tmp_path: Path
) -> None:
    path = write_root(Events=events)
    for names in (("run",), ("genWeight", "Photon_pt"), ("run", "Photon_pt")):
        request = request_of(path, tmp_path / "book", names=names)
        assert_same(read(request)[0], expected(path, names))
    (known,) = (tmp_path / "book").rglob("*.json")
    assert all(f'"{name}":' in known.read_text() for name in ("run", "genWeight", "Photon_pt"))


def test_optional_columns_that_are_absent_are_known_to_be(
    write_root: Write, events: dict[str, Any], tmp_path: Path
) -> None:
    request = request_of(write_root(Events=events), tmp_path / "book", names=("run", "nothing?"))
    for _ in range(2):
        found, _ = read(request)
        assert found.fields == ["run"]
    with open_events(request) as reader:
        assert reader.bytes_read == HEAD


@pytest.mark.parametrize("known", [False, True])
def test_missing_column_is_told_with_the_nearest_of_all(
    write_root: Write, events: dict[str, Any], tmp_path: Path, known: bool
) -> None:
    path = write_root(Events=events)
    if known:
        read(request_of(path, tmp_path / "book", names=("genWeight", "runs?")))
    with pytest.raises(MissingColumn, match="nearest names there: run"):
        read(request_of(path, tmp_path / "book", names=("runs",)))


@pytest.mark.parametrize("known", [False, True])
def test_another_file_of_that_name_is_refused(
    write_root: Write, events: dict[str, Any], tmp_path: Path, known: bool
) -> None:
    path = write_root(Events=events)
    if known:
        read(request_of(path, tmp_path / "book"))
    with pytest.raises(InputFileError, match="was replaced since it was indexed"):
        read(request_of(path, tmp_path / "book", uuid="0"))


def write_anew(path: Path, **changes: Any) -> None:
    """The events of a file with other values, in place: it keeps its UUID."""
    with uproot.open(path) as file:
        columns = {**file["Events"].arrays(library="np"), **changes}
    # the time in a file is one of whole seconds
    time.sleep(1.0)
    with uproot.update(path) as file:
        file.mktree("Events", {name: values.dtype for name, values in columns.items()})
        file["Events"].extend(columns)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("by_bytes", [False, True])
def test_a_file_that_was_changed_in_place_is_another(
    write_root: Write, tmp_path: Path, known: bool, by_bytes: bool, monkeypatch: Any
) -> None:
    if not by_bytes:
        monkeypatch.setattr(reader_module._OpenFile, "_open_bytes", lambda _: None)
    path = write_root(Events={"run": np.arange(6.0)})
    with uproot.open(path) as file:
        uuid = head_of_opened(file).uuid
    request = request_of(path, tmp_path / "book", uuid=uuid, names=("run",))
    if known:
        assert read(request)[0].run.tolist() == [0, 1, 2, 3, 4, 5]
    write_anew(path, run=np.arange(6.0) + 1)
    with pytest.raises(InputFileError, match="was replaced since it was indexed"):
        read(request)
    # of an older index nothing but the UUID is known
    of_uuid = request_of(path, tmp_path / "book", names=("run",))
    assert read(of_uuid)[0].run.tolist() == [1, 2, 3, 4, 5, 6]


def test_more_entries_than_there_are_are_refused(write_root: Write, events: dict[str, Any]) -> None:
    with pytest.raises(InputFileError, match="has 6 entries, 7 were expected"):
        read(request_of(write_root(Events=events)), 0, 7)


@pytest.mark.parametrize("kind", list(REMADE))
def test_what_only_uproot_knows_is_read_by_it_and_told(tmp_path: Path, kind: str) -> None:
    path, x = tmp_path / "a.root", np.arange(4.0, dtype=np.float32)
    with uproot.recreate(path) as file:
        if kind == "rntuple":
            file.mkrntuple("Events", {"x": x, "odd": ak.Array([[1.0], [], [2.0], []])})
        else:
            file.mktree("Events", {"x": "f4", "odd": "string"}).extend({"x": x, "odd": [*"abcd"]})
    for _ in range(2):
        found, by_uproot = read(request_of(path, tmp_path / "book", names=("x", "odd")))
        assert_same(found, expected(path, ("x", "odd"), stop=4))
        some, _ = read(request_of(path, names=("x", "odd")), 0, 4, np.array([1, 3]))
        assert_same(some, expected(path, ("x", "odd"), stop=4)[[1, 3]])
        assert by_uproot["odd"] == REMADE[kind]
        assert ("x" in by_uproot) == (kind == "rntuple")


@pytest.mark.parametrize("known", [False, True])
def test_a_broken_basket_is_told_as_uproot_tells_it(
    write_root: Write, events: dict[str, Any], tmp_path: Path, known: bool
) -> None:
    path = write_root(Events=events)
    request = request_of(path, tmp_path / "book")
    if known:
        read(request)
    with uproot.open(path) as file:
        seek = int(file["Events"]["Photon_pt"].member("fBasketSeek")[0])
    content = bytearray(path.read_bytes())
    content[seek : seek + 60] = bytes(60)
    path.write_bytes(content)
    told = []
    for names in (NAMES, ("Photon_pt",)):
        with pytest.raises(InputFileError) as caught:
            read(request_of(path, tmp_path / "book" if names is NAMES else None, names=names))
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert told[0].startswith(f"cannot read {path}")


def test_a_broken_beginning_of_a_list_is_a_broken_file(tmp_path: Path) -> None:
    """Also where each column for itself reads well."""
    path, lists = tmp_path / "a.root", [[1.0, 2.0], [3.0], [4.0, 5.0]]
    with uproot.recreate(path, compression=None) as file:
        kinds = dict.fromkeys(("Photon_pt", "Photon_eta"), "var * float32")
        file.mktree("Events", kinds)
        file["Events"].extend({name: ak.values_astype(ak.Array(lists), "f4") for name in kinds})
        uuid = str(file.file.uuid)
    with uproot.open(path) as file:
        branch = file["Events"]["Photon_pt"]
        seek = int(branch.member("fBasketSeek")[0])
        last = int(branch.basket(0).member("fLast"))
    content = bytearray(path.read_bytes())
    # behind the numbers is how many beginnings follow: that of the second list is one later now
    at = seek + last + 4 * 2
    begins = int.from_bytes(content[at : at + 4], "big")
    content[at : at + 4] = (begins + 4).to_bytes(4, "big")
    path.write_bytes(content)
    request = request_of(path, names=("Photon_pt", "Photon_eta"), uuid=uuid)
    with pytest.raises(InputFileError, match="have different numbers of objects") as caught:
        read(request)
    assert str(caught.value).splitlines()[1] == f"  in {path}"


def test_a_boolean_of_any_byte_is_true_or_false(tmp_path: Path) -> None:
    path = tmp_path / "a.root"
    with uproot.recreate(path, compression=None) as file:
        file.mktree("Events", {"good": "bool"})
        file["Events"].extend({"good": np.array([True, False, True, True])})
    with uproot.open(path) as file:
        branch = file["Events"]["good"]
        begin = int(branch.member("fBasketSeek")[0]) + int(branch.basket(0).member("fKeylen"))
    content = bytearray(path.read_bytes())
    content[begin : begin + 4] = bytes([2, 0, 255, 1])
    path.write_bytes(content)
    found, by_uproot = read(request_of(path, names=("good",)))
    assert np.asarray(found.good).view(np.uint8).tolist() == [1, 0, 1, 1]
    assert by_uproot == {}


def test_places_that_are_no_longer_true_are_found_again(
    write_root: Write, events: dict[str, Any], tmp_path: Path
) -> None:
    """Another file of the same UUID and length, its baskets elsewhere."""
    path = write_root(Events=events)
    request = request_of(path, tmp_path / "book")
    read(request)
    (known,) = (tmp_path / "book").rglob("*.json")
    text = known.read_text("utf-8")
    seek = text.partition('"seeks":[')[2].partition("]")[0]
    known.write_text(text.replace(f"[{seek}]", "[70]"), "utf-8")
    found, by_uproot = read(request)
    assert_same(found, expected(path))
    assert len(by_uproot) == 1
    assert read(request)[1] == {}


@pytest.mark.parametrize("listed", [False, True])
def test_says_whether_data_list_their_lumisections(
    write_root: Write, events: dict[str, Any], tmp_path: Path, listed: bool
) -> None:
    sections = {name: events[name] for name in ("run", "luminosityBlock")}
    path = write_root(Events=events, **({"LuminosityBlocks": sections} if listed else {}))
    for is_data, answer in ((False, None), (True, listed), (True, listed)):
        with open_events(request_of(path, tmp_path / "book", is_data=is_data)) as reader:
            assert reader.lists_lumisections is answer


def test_a_truncated_file_is_told_before_it_is_read(
    write_root: Write, events: dict[str, Any], tmp_path: Path
) -> None:
    path = write_root(Events=events)
    request = request_of(path, tmp_path / "book")
    read(request)
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(InputFileError, match="is truncated"):
        read(request)


@pytest.mark.parametrize(
    "name", ["ttH_M125_2017", "ggH_M125_2022_v13", "EGamma_2022F_v11", "DY_v6"]
)
def test_real_files_read_as_uproot_reads_them(real_data: Path, tmp_path: Path, name: str) -> None:
    path = str(real_data / f"{name}.root")
    wanted = ("Photon_", "nJet", "Jet_", "GenPart_", "gen", "run", "event", "HLT_Di", "LHE", "PS")
    with uproot.open(path, array_cache=None) as file:
        tree, uuid = file["Events"], str(file.file.uuid)
        names = [n for n in tree.keys(recursive=False) if n.startswith(wanted)]
        n, arrays = tree.num_entries, {name: tree[name].array() for name in names}
    part = Range(url=path, uuid=uuid, start=0, stop=n)
    request = Request(part, required(*names), {}, False, {}, book=tmp_path / "book")
    for _ in range(2):
        found, by_uproot = read(request)
        assert by_uproot == {}
        assert_same(found, assemble(arrays, n))
        rows = np.flatnonzero(np.random.default_rng(n).random(n) < 0.2)
        assert_same(read(request, rows=rows)[0], assemble(arrays, n)[rows])
