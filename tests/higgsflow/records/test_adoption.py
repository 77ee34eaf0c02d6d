from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.events.chunks import Chunk, Range
from higgsflow.events.file_head import NO_UUID
from higgsflow.records.adoption import adopt, find, link, relatives
from higgsflow.records.chunk_store import ChunkStore
from higgsflow.records.job_record import Product

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from higgsflow.records.job_record import JobRecord

    Finish = Callable[..., JobRecord]
    Chunks = tuple[Chunk, ...]

PRODUCT = Product(digest="p", columns={})
WANTED = {"nominal": PRODUCT, "jes_up": Product(digest="u", columns={})}


@pytest.fixture
def old(tmp_path: Path, finish: Finish, chunks: Chunks) -> Path:
    """The folder of a sample with the first two chunks, the second made by two jobs."""
    finish(chunks[0], WANTED)
    finish(chunks[1], {"nominal": PRODUCT}, "d2")
    finish(chunks[1], {"jes_up": WANTED["jes_up"]}, "d3")
    folder = tmp_path / "chunks" / "Old" / "2017"
    folder.mkdir(parents=True)
    for path in [path for path in tmp_path.iterdir() if path.is_file()]:
        path.rename(folder / path.name)
    return folder


def test_outputs_are_found_by_what_they_are(old: Path, chunks: Chunks) -> None:
    new = old.parents[1] / "New" / "2017"
    found = find(new, chunks, WANTED)
    assert [(one.chunk_id, one.sample, len(one.stems)) for one in found] == [
        (chunks[0].id, "Old", 1),
        (chunks[1].id, "Old", 2),
    ]
    assert adopt(found, new) == {"Old": 2}
    assert set(ChunkStore(new).done(chunks, WANTED)) == {chunks[0].id, chunks[1].id}
    assert find(new, chunks, WANTED) == ()


def test_nothing_is_copied_and_the_old_folder_stays(old: Path, chunks: Chunks) -> None:
    before = {path.name: path.read_bytes() for path in old.iterdir()}
    new = old.parents[1] / "New" / "2017"
    adopt(find(new, chunks, WANTED), new)
    assert {path.name: path.read_bytes() for path in old.iterdir()} == before
    assert {path.name for path in new.iterdir()} == set(before)
    assert all((old / name).samefile(new / name) for name in before)


def test_what_is_not_wanted_today_is_not_found(old: Path, chunks: Chunks) -> None:
    new = old.parents[1] / "New" / "2017"
    other = {**WANTED, "jes_up": Product(digest="another", columns={})}
    assert find(new, chunks, other) == ()
    assert find(old.parents[1] / "New" / "2018", chunks, WANTED) == ()


def test_damaged_outputs_are_not_found_and_replaced(old: Path, chunks: Chunks) -> None:
    new = old.parents[1] / "New" / "2017"
    adopt(find(new, chunks, WANTED), new)
    stem = next(new.glob(f"{chunks[0].id}.*.parquet"))
    stem.unlink()
    stem.write_bytes(b"damaged, and a file of its own")
    (one,) = find(new, chunks, WANTED)
    assert adopt([one], new) == {"Old": 1}
    assert len(ChunkStore(new).done(chunks, WANTED)) == 2
    next(old.glob(f"{chunks[1].id}.d2.parquet")).unlink()
    assert len(find(old.parents[1] / "Third" / "2017", chunks[1:], WANTED)) == 1


def test_a_folder_alone_finds_nothing(tmp_path: Path, chunks: Chunks) -> None:
    assert find(tmp_path / "chunks" / "New" / "2017", chunks, WANTED) == ()


def test_where_there_are_no_hard_links_files_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError("no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "a").write_text("content")
    link(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "content"
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def test_what_vanishes_meanwhile_is_not_adopted(old: Path, chunks: Chunks) -> None:
    new = old.parents[1] / "New" / "2017"
    found = find(new, chunks, WANTED)
    next(old.glob(f"{chunks[1].id}.d3.json")).unlink()
    assert adopt(found, new) == {"Old": 1}
    assert set(ChunkStore(new).done(chunks, WANTED)) == {chunks[0].id}


def test_outputs_of_files_without_a_uuid_are_not_found(tmp_path: Path, finish: Finish) -> None:
    chunk = Chunk(ranges=(Range(url="/a.root", uuid=NO_UUID, start=0, stop=10),))
    finish(chunk, WANTED)
    folder = tmp_path / "chunks" / "Old" / "2017"
    folder.mkdir(parents=True)
    for path in [path for path in tmp_path.iterdir() if path.is_file()]:
        path.rename(folder / path.name)
    assert set(ChunkStore(folder).done((chunk,), WANTED)) == {chunk.id}
    assert find(folder.parents[1] / "New" / "2017", (chunk,), WANTED) == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_has_nothing(old: Path, chunks: Chunks) -> None:
    old.chmod(0)
    try:
        assert find(old.parents[1] / "New" / "2017", chunks, WANTED) == ()
    finally:
        old.chmod(0o755)


def test_relatives_are_other_samples_with_outputs_of_the_same_chunks(
    old: Path, chunks: Chunks
) -> None:
    new = old.parents[1] / "New" / "2017"
    assert relatives(new, chunks) == {"Old": chunks[:2]}
    assert relatives(new, chunks[2:]) == {}
    assert relatives(old, chunks) == {}
