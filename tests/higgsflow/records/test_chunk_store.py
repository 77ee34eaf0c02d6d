from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING

import pytest

from higgsflow.records.chunk_store import ChunkStore
from higgsflow.records.job_record import JobRecord, Product
from higgsflow.records.packed import unpack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from higgsflow.events.chunks import Chunk

    Finish = Callable[..., JobRecord]
    Chunks = tuple[Chunk, ...]


def product(digest: str = "p", **columns: str) -> Product:
    return Product(digest=digest, columns=columns)


NOMINAL = {"nominal": product()}
BOTH = {"nominal": product(), "jes_up": product()}


def test_absent_folder_has_nothing_done(tmp_path: Path, chunks: Chunks) -> None:
    store = ChunkStore(tmp_path / "absent")
    assert store.is_empty is True
    assert store.done(chunks, NOMINAL) == {}


def test_file_in_place_of_the_folder_has_nothing_done(tmp_path: Path, chunks: Chunks) -> None:
    (tmp_path / "jobs").write_text("")
    assert ChunkStore(tmp_path / "jobs").done(chunks, NOMINAL) == {}


def test_chunk_with_record_and_output_is_done(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    finish(chunks[1], NOMINAL)
    store = ChunkStore(tmp_path)
    assert store.done(chunks, NOMINAL) == {chunks[1].id: {"nominal": f"{chunks[1].id}.d1"}}


def test_of_the_rows_of_variations_the_most_are_known(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    """Of each they would fill the memory: two hundred numbers for each of ten thousand jobs."""
    record = finish(chunks[0], BOTH)
    path = tmp_path / f"{chunks[0].id}.d1.json"
    rows = record.output.model_copy(update={"rows": {"nominal": 3, "jes_up": 5}})
    path.write_text(record.model_copy(update={"output": rows}).model_dump_json())
    output = ChunkStore(tmp_path).seen(f"{chunks[0].id}.d1").output
    assert (output.name, output.size, output.most_rows) == (rows.name, rows.size, 5)


@pytest.mark.parametrize("content", [None, b"", b"d", b"longer than it was"])
def test_output_of_another_size_is_not_done(
    tmp_path: Path, chunks: Chunks, finish: Finish, content: bytes | None
) -> None:
    name = finish(chunks[0], NOMINAL).output.name
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    assert ChunkStore(tmp_path).done(chunks, NOMINAL) == {}


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: "",
        lambda text: text[: len(text) // 2],
        lambda text: text[:-1],
        lambda _: "[]",
        lambda _: "null",
        lambda _: "{}",
        lambda text: json.dumps({**json.loads(text), "format": 0}),
        lambda text: json.dumps({**json.loads(text), "products": [1]}),
        lambda text: json.dumps({**json.loads(text), "output": {}}),
    ],
)
def test_record_that_does_not_parse_is_not_done(
    tmp_path: Path, chunks: Chunks, finish: Finish, damage: Callable[[str], str]
) -> None:
    finish(chunks[0], NOMINAL)
    path = tmp_path / f"{chunks[0].id}.d1.json"
    path.write_text(damage(path.read_text()))
    assert ChunkStore(tmp_path).done(chunks, NOMINAL) == {}


def test_output_without_record_is_not_done(tmp_path: Path, chunks: Chunks, finish: Finish) -> None:
    finish(chunks[0], NOMINAL)
    (tmp_path / f"{chunks[0].id}.d1.json").unlink()
    assert ChunkStore(tmp_path).done(chunks, NOMINAL) == {}


def test_temporary_files_and_folders_are_passed_over(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    finish(chunks[0], NOMINAL)
    record = tmp_path / f"{chunks[0].id}.d1.json"
    record.rename(tmp_path / f".{chunks[0].id}.d1.json")
    (tmp_path / f".{chunks[0].id}.x.tmp").symlink_to(tmp_path / "gone")
    (tmp_path / f"{chunks[0].id}.d2.json").mkdir()
    (tmp_path / f"{chunks[0].id}.d3.json").symlink_to(tmp_path / "gone")
    assert ChunkStore(tmp_path).done(chunks, NOMINAL) == {}


def test_record_of_yesterday_is_not_today(tmp_path: Path, chunks: Chunks, finish: Finish) -> None:
    finish(chunks[0], NOMINAL)
    assert ChunkStore(tmp_path).done(chunks, {"nominal": product("other")}) == {}


def test_variations_may_come_from_several_jobs(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    finish(chunks[0], {"nominal": product()}, "d1")
    assert ChunkStore(tmp_path).done(chunks, BOTH) == {}
    finish(chunks[0], {"jes_up": product()}, "d2")
    found = ChunkStore(tmp_path).done(chunks, BOTH)
    assert found == {
        chunks[0].id: {"nominal": f"{chunks[0].id}.d1", "jes_up": f"{chunks[0].id}.d2"}
    }


def test_what_was_made_of_a_chunk_is_in_the_order_of_time(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    """From the latest a reason to run again is told; names of records are in no order of time."""
    for digest, made, seconds in (("d1", "new", 2000), ("d2", "old", 1000)):
        finish(chunks[0], {"nominal": product(made), made: product()}, digest)
        os.utime(tmp_path / f"{chunks[0].id}.{digest}.json", (seconds, seconds))
    found = [dict(made) for made in ChunkStore(tmp_path).made(chunks[0])]
    assert found == [{"nominal": product(n), n: product()} for n in ("old", "new")]


def test_remains_are_those_of_the_chunk_itself(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    finish(chunks[1], NOMINAL)
    (tmp_path / f"{chunks[0].id}.d1.parquet").write_bytes(b"cut off")
    store = ChunkStore(tmp_path)
    assert [store.has_remains(chunk) for chunk in chunks] == [True, True, False]


def test_a_record_that_is_not_there_says_nothing(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    record = finish(chunks[0], NOMINAL)
    store = ChunkStore(tmp_path)
    seen = store.said(f"{chunks[0].id}.d1")
    assert seen is not None
    assert seen.products == record.products
    assert store.said(f"{chunks[0].id}.d2") is None


def test_more_columns_than_asked_for_are_welcome(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    finish(chunks[0], {"nominal": product(a="1", b="2")})
    store = ChunkStore(tmp_path)
    assert store.done(chunks, {"nominal": product(a="1")})
    assert not store.done(chunks, {"nominal": product(a="1", c="3")})


def test_record_that_was_written_again_is_read_again(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    finish(chunks[0], {"nominal": product("old")})
    assert not ChunkStore(tmp_path).done(chunks, NOMINAL)
    finish(chunks[0], {"nominal": product()}, attempt=10)
    assert ChunkStore(tmp_path).done(chunks, NOMINAL)


def test_jobs_may_write_while_the_folder_is_looked_at(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    """Temporary files that vanish between listing and looking once ended the program."""
    finish(chunks[0], NOMINAL)
    stop = threading.Event()

    def come_and_go() -> None:
        while not stop.is_set():
            for name in (".x.tmp", "y.parquet", "y.json"):
                (tmp_path / name).write_text("")
            for name in (".x.tmp", "y.parquet", "y.json"):
                (tmp_path / name).unlink()

    writer = threading.Thread(target=come_and_go)
    writer.start()
    try:
        for _ in range(200):
            assert len(ChunkStore(tmp_path).done(chunks, NOMINAL)) == 1
    finally:
        stop.set()
        writer.join()


def test_jobs_that_made_the_same_share_what_is_known_of_it(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    for chunk in chunks:
        finish(chunk, BOTH)
    store = ChunkStore(tmp_path)
    assert store.is_empty is False
    first, *others = (store.seen(f"{chunk.id}.d1").products for chunk in chunks)
    assert first == BOTH
    assert all(other is first for other in others)


def test_record_can_be_read_as_rows_of_numbers(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    written = finish(chunks[0], BOTH)
    store = ChunkStore(tmp_path)
    record, packed = store.packed(f"{chunks[0].id}.d1")
    assert (record.ranges, record.ledgers, record.products) == (written.ranges, {}, {})
    assert unpack(packed) == written.ledgers


def test_record_of_another_format_is_not_done(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    finish(chunks[0], NOMINAL)
    (path,) = tmp_path.glob("*.json")
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "format": content["format"] - 1}))
    assert ChunkStore(tmp_path).done(chunks, NOMINAL) == {}
