"""Remote reading: the needed baskets in a few vector reads, never the whole file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot

from higgsflow.demo.root_file import Layout, write_root_file
from higgsflow.errors import InputFileError
from higgsflow.events.chunks import Range
from higgsflow.events.file_head import HEAD
from higgsflow.events.ranges_of_bytes import open_bytes
from higgsflow.events.reader import Request, open_events
from higgsflow.events.tree import get_tree, open_file, read_arrays
from higgsflow.model.columns import required

if TYPE_CHECKING:
    from higgsflow.events.reader import EventReader

NEEDED = tuple(f"needed{i}" for i in range(4))
N, BASKET = 40_000, 2_000


def written(path: Path) -> Path:
    """Four columns that are needed among forty, in twenty baskets each."""
    rng = np.random.default_rng(3)
    columns = {f"other{i}": rng.random(N).astype(np.float32) for i in range(36)}
    for i, name in enumerate(NEEDED):
        columns = {**columns, name: rng.random(N), f"between{i}": rng.random(N)}
    write_root_file(path, columns, {}, Layout("none", 0, BASKET))
    return path


def read_by(server: Any) -> int:
    """Bytes that the process of the server has read, from wherever."""
    counters = Path(f"/proc/{server.pid}/io").read_text("ascii").splitlines()
    return int(next(line.split()[1] for line in counters if line.startswith("rchar:")))


def read_all(reader: EventReader, names: tuple[str, ...]) -> Any:
    return reader.read(required(*names), 0, N)


def test_needed_baskets_come_in_one_request_and_nothing_else_does(
    server: Any, tmp_path: Path
) -> None:
    path = written(tmp_path / "a.root")
    with uproot.open(path) as file:
        uuid = str(file.file.uuid)
    one = server()
    part = Range(url=one.put(path), uuid=uuid, start=0, stop=N)
    request = Request(part, required(*NEEDED), {}, False, {}, book=tmp_path / "book")
    with open_events(request) as reader:
        read_all(reader, NEEDED)
    before = read_by(one)
    with open_events(request) as reader:
        found = read_all(reader, NEEDED)
        needed = reader.bytes_needed(0, N)
        assert reader.bytes_read == needed + HEAD
    sent = read_by(one) - before
    assert 8 * N * len(NEEDED) < needed <= sent < 1.1 * needed
    assert sent < path.stat().st_size / 5
    with uproot.open(path) as file:
        expected = file["Events"].arrays(NEEDED, library="np")
    assert all(found.flat[name].tolist() == expected[name].tolist() for name in NEEDED)


def test_of_many_objects_only_baskets_that_are_looked_at_are_asked_for(
    server: Any, tmp_path: Path
) -> None:
    """One request for each column, however many of its baskets there are."""
    rng, counts = np.random.default_rng(4), np.full(N, 30)
    fields = {name: ak.unflatten(rng.random(30 * N), counts) for name in ("eta", "pt")}
    path, names = tmp_path / "a.root", ("x", "GenPart_eta", "GenPart_pt")
    columns = {"x": np.ones(N), "GenPart": ak.zip(fields)}
    write_root_file(path, columns, {}, Layout("none", 0, BASKET))
    with uproot.open(path) as file:
        uuid = str(file.file.uuid)
        sizes = {name: file["Events"][name].member("fBasketBytes") for name in names}
    one = server()
    part = Range(url=one.put(path), uuid=uuid, start=0, stop=N)
    request = Request(part, required(*names), {}, False, {}, book=tmp_path / "book")
    with open_events(request) as reader:
        reader.read(required(*names), 0, N)
    with open_events(request) as reader:
        events = reader.read(required(*names), 0, N, np.arange(0, N, 100))
        before, source = reader.bytes_read, reader._file.source
        assert source is not None
        # the head, how many objects there are, and what does not wait
        assert source.n_requests == 3
        some = events.collections["GenPart"].take(np.array([0, 1, 399]))
        assert (
            some.columns["pt"].tolist()
            == fields["pt"][[0, 100, 39_900]].to_numpy().ravel().tolist()
        )
        assert source.n_requests == 4
        assert reader.bytes_read - before == sizes["GenPart_pt"][0] + sizes["GenPart_pt"][19]
        assert reader.bytes_read < reader.bytes_needed(0, N) / 5


def test_many_ranges_are_one_vector_read(server: Any, tmp_path: Path) -> None:
    """Also pieces larger than a server sends at once, and more than one request may have."""
    content = np.random.default_rng(1).bytes(9_000_000)
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    ranges = [(0, 5_000_000), *((5_000_000 + 2 * i, 5_000_001 + 2 * i) for i in range(1500))]
    with open_bytes(server().put(path)) as source:
        assert source.size == len(content)
        assert source.read(ranges) == [content[a:b] for a, b in ranges]
        assert source.n_requests == 1


@pytest.mark.parametrize("n", [1, 1023, 1024, 1025, 2048])
def test_as_many_ranges_are_read_as_there_are(server: Any, tmp_path: Path, n: int) -> None:
    """Also where they fill the last vector: nothing is asked for beyond them."""
    content = np.random.default_rng(2).bytes(3 * n)
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    ranges = [(3 * i, 3 * i + 2) for i in range(n)]
    with open_bytes(server().put(path)) as source:
        assert source.read(ranges) == [content[a:b] for a, b in ranges]


def test_uproot_reads_what_lies_at_a_server(server: Any, tmp_path: Path) -> None:
    """What has a layout that is not known here, in one vector read, and of a file that is short."""
    path = written(tmp_path / "a.root")
    with open_file(server().put(path)) as file, uproot.open(path) as local:
        before = file.file.source.num_requests
        found = file["Events"].arrays(NEEDED, library="np")
        assert all(np.array_equal(found[n], local["Events"][n].array()) for n in NEEDED)
        assert file.file.source.num_requests - before < 10
        assert file.file.source.num_bytes == path.stat().st_size
    assert file.closed


def test_pieces_larger_than_a_server_sends_are_put_together(server: Any, tmp_path: Path) -> None:
    content = np.random.default_rng(1).bytes(5_000_000)
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    ranges = [(1, 2_097_137), (0, 0), (2, 4_999_999), (7, 8)]
    with open_bytes(server().put(path)) as source:
        assert source.read(ranges) == [content[a:b] for a, b in ranges]
        assert source.n_read == sum(b - a for a, b in ranges)


def test_what_an_rntuple_says_of_itself_is_asked_for_once(server: Any, real_data: Path) -> None:
    """It is held against its checksums before uproot reads the same."""
    url = server().put(real_data / "DY_v6_rntuple.root")
    with open_file(url) as file:
        tree, source = get_tree(file, url), file.file.source
        assert (tree.num_entries, len(tree.page_link_list)) == (40, 1)
        # head of the file, its folder and the key, then header, footer and list of pages
        assert source.num_requests == 6
        said = [int(tree.member(f"fNBytes{part}")) for part in ("Header", "Footer")]
        assert source.num_requested_bytes < 2 * sum(said)


def test_pages_of_an_rntuple_come_in_one_request_and_are_held_against_their_checksums(
    server: Any, real_data: Path, tmp_path: Path
) -> None:
    """uproot asks for one after the other, and does not look whether they are whole."""
    whole = real_data / "DY_v6_rntuple.root"
    columns = ["Photon_pt", "Photon_eta", "Jet_pt", "run"]
    one = server()
    url = one.put(whole)
    with open_file(url) as file, open_file(str(whole)) as local:
        tree, source = get_tree(file, url), file.file.source
        assert tree.page_link_list
        before = source.num_requests
        found = read_arrays(tree, columns, 0, 40, url)
        assert source.num_requests == before + 1
        expected = read_arrays(get_tree(local, str(whole)), columns, 0, 40, str(whole))
        assert all(ak.array_equal(found[name], expected[name]) for name in columns)
        form, _ = tree["Photon_pt"].to_akform()
        number = max(int(n) for n in re.findall(r"column-(\d+)", form.to_json()))
        (page, *_) = tree.page_link_list[0][number].pages
    content = bytearray(whole.read_bytes())
    content[page.locator.offset + page.locator.num_bytes // 2] ^= 0x01
    (tmp_path / whole.name).write_bytes(content)
    one.put(tmp_path / whole.name)
    with (
        open_file(url) as file,
        pytest.raises(InputFileError, match=r"'Photon_pt' of an RNTuple in .* is damaged"),
    ):
        read_arrays(get_tree(file, url), columns, 0, 40, url)
