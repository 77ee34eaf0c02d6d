from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot

from higgsflow.demo import padded, root_file
from higgsflow.events.file_head import head_of_opened

if TYPE_CHECKING:
    from pathlib import Path

TREES = {"Runs": {"run": np.array([1], dtype=np.uint32)}}


def make_events(n: int, offset: float = 0.0) -> dict[str, Any]:
    exists = np.arange(3) < (np.arange(n) % 4)[:, None]
    pt = (np.arange(3 * n).reshape(n, 3) + offset).astype(np.float32)
    jets = padded.jagged(exists, {"pt": pt, "jetId": np.ones((n, 3), dtype=np.int32)})
    return {
        "event": np.arange(n, dtype=np.uint64),
        "flag": np.arange(n) % 2 == 0,
        "Jet": jets,
        "PSWeight": padded.fixed(np.ones((n, 4), dtype=np.float32)),
    }


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    written = make_events(9000)
    root_file.write_root_file(tmp_path / "a.root", written, TREES)
    with uproot.open(tmp_path / "a.root") as file:
        events = file["Events"].arrays()
        assert file["Runs"]["run"].array().tolist() == [1]
    assert ak.array_equal(events.Jet_pt, written["Jet"].pt)
    assert events.event.tolist() == written["event"].tolist()
    assert events.flag.tolist() == written["flag"].tolist()


def test_a_collection_has_one_counter(tmp_path: Path) -> None:
    root_file.write_root_file(tmp_path / "a.root", make_events(10), TREES)
    with uproot.open(tmp_path / "a.root") as file:
        types = {name: column.typename for name, column in file["Events"].items()}
    assert types == {
        "event": "uint64_t",
        "flag": "bool",
        "nJet": "int32_t",
        "Jet_pt": "float[]",
        "Jet_jetId": "int32_t[]",
        "nPSWeight": "int32_t",
        "PSWeight": "float[]",
    }


def test_files_of_one_schema_do_not_share_content(tmp_path: Path) -> None:
    for name, offset in (("a", 0.0), ("b", 500.0)):
        root_file.write_root_file(tmp_path / f"{name}.root", make_events(50, offset), TREES)
    with uproot.open(tmp_path / "a.root") as a, uproot.open(tmp_path / "b.root") as b:
        assert a.file.uuid != b.file.uuid
        assert a.file.uuid != root_file.TEMPLATE_UUID
        difference = b["Events"]["Jet_pt"].array() - a["Events"]["Jet_pt"].array()
    assert set(ak.flatten(difference).tolist()) == {500.0}


def test_equal_content_is_the_same_file_whenever_it_is_made(tmp_path: Path) -> None:
    uuids = []
    for folder in ("one", "two"):
        # times in a file are whole seconds
        time.sleep(1.0 if uuids else 0.0)
        root_file._template.cache_clear()
        path = tmp_path / folder / "a.root"
        root_file.write_root_file(path, make_events(50), TREES)
        with uproot.open(path) as file:
            uuids.append(head_of_opened(file).uuid)
    assert uuids[0] == uuids[1]


def test_a_file_has_several_clusters(tmp_path: Path) -> None:
    root_file.write_root_file(tmp_path / "a.root", make_events(2000), TREES)
    with uproot.open(tmp_path / "a.root") as file:
        offsets = [int(offset) for offset in file["Events"].common_entry_offsets()]
    assert offsets == [0, 700, 1400, 2000]


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.root").mkdir()
    with pytest.raises(OSError, match=r"a\.root"):
        root_file.write_atomically(tmp_path / "a.root", b"")
    assert [path.name for path in tmp_path.iterdir()] == ["a.root"]


@pytest.mark.parametrize("codec", root_file.CODECS)
def test_any_codec_and_basket_size_holds_the_same(tmp_path: Path, codec: str) -> None:
    layout = root_file.Layout(codec, 0 if codec == "none" else 2, 30)
    written = make_events(100)
    root_file.write_root_file(tmp_path / "a.root", written, TREES, layout)
    with uproot.open(tmp_path / "a.root") as file:
        tree = file["Events"]
        assert ak.array_equal(tree["Jet_pt"].array(), written["Jet"].pt)
        assert tree["Jet_pt"].num_baskets == 4
        # what a branch says of itself is not what uproot wrote
        blocks = tree["PSWeight"].basket(0).block_compression_info or []
    assert [block[0].lower() for block in blocks] == ([] if codec == "none" else [codec])
