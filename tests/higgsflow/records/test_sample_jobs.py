from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.completeness import assess
from higgsflow.errors import DamagedRecord
from higgsflow.events.index import SampleIndex
from higgsflow.records.chunk_store import ChunkStore
from higgsflow.records.job_record import FailureRecord, JobRecord, Product
from higgsflow.records.ledger import Ledger
from higgsflow.records.sample_jobs import SampleJobs, collect, job_rows, missing_products
from higgsflow.selection.cutflow import Counter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from higgsflow.events.chunks import Chunk

    Finish = Callable[..., JobRecord]
    Chunks = tuple[Chunk, ...]

PRODUCT = Product(digest="p", columns={})
WANTED = {"nominal": PRODUCT, "jes_up": PRODUCT}
NO_SKIM = SampleIndex(files=(), schemas={})


def gather(folder: Path, chunks: Chunks, wanted: dict[str, Product] = WANTED) -> Any:
    store = ChunkStore(folder)
    sources = store.done(chunks, wanted)
    return sources, *collect(store, chunks, sources)


def test_ledgers_and_sums_of_all_done_chunks_add(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    for chunk in (chunks[2], chunks[0]):
        finish(chunk, WANTED)
    _, collected, _ = gather(tmp_path, chunks)
    assert collected.ledgers["nominal"].after["tag"].n == 40
    assert collected.ledgers["jes_up"].after["tag"].n == 40
    assert collected.factor_sums == {"weight_pu_up": 40.0}


def test_ranges_are_in_the_order_of_the_chunks(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    for chunk in reversed(chunks):
        finish(chunk, WANTED)
    _, collected, _ = gather(tmp_path, chunks)
    assert [part.start for part in collected.ranges] == [0, 10, 30]


@pytest.mark.parametrize("digest", ["d1", "d2"])
def test_row_counts_the_nominal_events_of_the_job_that_made_them(
    tmp_path: Path, chunks: Chunks, finish: Finish, digest: str
) -> None:
    for other in ("d1", "d2"):
        name = "nominal" if other == digest else "jes_up"
        assert finish(chunks[0], {name: PRODUCT}, other).output.rows
    sources, _, records = gather(tmp_path, chunks)
    (of_nominal,) = (r for r in records[chunks[0].id] if r.digest == digest)
    row = job_rows(chunks, sources, records, {})[0]
    assert row.n_selected == of_nominal.output.rows["nominal"]


def test_row_says_how_long_each_stage_took_and_with_what(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    effort = {"started": 1, "wall": 2, "cpu": 1, "peak_memory_mb": 1, "host": "h", "pid": 1}
    for digest, stages in (("d1", {"process": 2.0}), ("d2", {"process": 1.0, "write": 0.5})):
        made = {"nominal" if digest == "d1" else "jes_up": PRODUCT}
        more = {"effort": {**effort, "stages": stages}, "versions": {"higgsflow": "1"}}
        finish(chunks[0], made, digest, **more)
    sources, _, records = gather(tmp_path, chunks)
    row = job_rows(chunks, sources, records, {})[0]
    assert row.stages == {"process": 3.0, "write": 0.5}
    assert row.versions == {"higgsflow": "1"}


def test_order_in_which_jobs_end_does_not_matter(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    found = []
    for order in (chunks, chunks[::-1]):
        for chunk in order:
            finish(chunk, WANTED, factor_sums={"weight_pu_up": 0.1 * chunk.n_entries})
        found.append(gather(tmp_path, order)[1])
    assert found[0].ledgers == found[1].ledgers
    assert found[0].factor_sums == found[1].factor_sums


def test_entries_of_a_chunk_made_by_two_jobs_are_counted_once(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    finish(chunks[0], {"jes_up": PRODUCT}, "d1", factor_sums={"weight_pu_up": -1.0})
    finish(chunks[0], {"nominal": PRODUCT}, "d2")
    _, collected, _ = gather(tmp_path, chunks)
    assert [(part.start, part.stop) for part in collected.ranges] == [(0, 10)]
    # those of the nominal job, which are the ones before any shift
    assert collected.factor_sums == {"weight_pu_up": 10.0}
    assert collected.ledgers["jes_up"].after["tag"].n == 10


def test_factor_that_some_job_did_not_sum_has_no_sum(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    for number, chunk in enumerate(chunks):
        sums = {"weight_pu_up": 1.0, **({"weight_new_up": 1.0} if number != 1 else {})}
        finish(chunk, WANTED, factor_sums=sums)
    assert gather(tmp_path, chunks)[1].factor_sums == {"weight_pu_up": 3.0}


def test_nothing_done_is_nothing_collected(tmp_path: Path, chunks: Chunks) -> None:
    _, collected, records = gather(tmp_path, chunks)
    assert (collected.ranges, collected.ledgers, records) == ((), {}, {})


def _changed(content: dict[str, Any], **changes: Any) -> dict[str, Any]:
    group = content["ledgers"]["packed"][0]
    return {**content, "ledgers": {"packed": [{**group, **changes}]}}


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda c: {**c, "attempt": None}, "attempt: a whole number is needed"),
        (lambda c: _changed(c, rows=c["ledgers"]["packed"][0]["rows"][:-8]), "damaged counters"),
        (lambda c: _changed(c, rows=None), "damaged counters: TypeError"),
        (lambda c: _changed(c, layout=[]), "cannot reshape array"),
        (lambda c: _changed(c, variations=["nominal"]), "cannot reshape array"),
        (lambda c: _changed(c, variations=["nominal", "x"]), "it has no counters of jes_up"),
        (lambda c: {**c, "ledgers": {}}, "'packed'"),
        (lambda c: {**c, "ranges": []}, "it is of 0 entries, its chunk has 20"),
        (lambda c: {**c, "ranges": [{**c["ranges"][0], "stop": 29}]}, "it is of 19 entries"),
        (lambda c: {**c, "ranges": [{**c["ranges"][0], "uuid": "b"}]}, "it is of other entries"),
        (lambda c: {**c, "ledgers": None}, "NoneType"),
    ],
)
def test_a_record_that_is_damaged_below_its_head_is_named(
    tmp_path: Path, chunks: Chunks, finish: Finish, damage: Any, reason: str
) -> None:
    for chunk in chunks:
        finish(chunk, WANTED)
    path = tmp_path / f"{chunks[1].id}.d1.json"
    path.write_text(json.dumps(damage(json.loads(path.read_text()))))
    with pytest.raises(DamagedRecord) as told:
        gather(tmp_path, chunks)
    what, why, remedy = str(told.value).splitlines()
    assert what == f"{path} is damaged"
    assert reason in why
    assert remedy == "  remove it and run again"


def test_a_record_of_other_steps_than_the_others_is_named(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    for chunk, overlap in zip(chunks, ((), (), ((1,),)), strict=True):
        ledger = Ledger(before={"tag": Counter()}, overlap=overlap)
        finish(chunk, WANTED, ledgers=dict.fromkeys(WANTED, ledger))
    with pytest.raises(DamagedRecord, match=r"\.d1\.json is damaged\n  unlike ledgers"):
        gather(tmp_path, chunks)


def test_returned_records_do_not_keep_their_ledgers(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    finish(chunks[0], WANTED)
    (record,) = gather(tmp_path, chunks)[2][chunks[0].id]
    assert record.ledgers == {}
    assert record.attempt == 1


def failure(chunk: Chunk) -> FailureRecord:
    return FailureRecord(
        chunk_id=chunk.id,
        digest="d",
        attempt=3,
        error_class="input",
        message="cannot read /a.root",
        final=True,
        host="node7",
        started=5.0,
        wall=6.0,
    )


def test_table_has_a_row_for_every_chunk(tmp_path: Path, chunks: Chunks, finish: Finish) -> None:
    finish(chunks[0], WANTED)
    sources, _, records = gather(tmp_path, chunks)
    rows = job_rows(chunks, sources, records, {chunks[1].id: failure(chunks[1])})
    assert [(r.chunk_id, r.status, r.n_entries) for r in rows] == [
        (chunks[0].id, "done", 10),
        (chunks[1].id, "failed", 20),
        (chunks[2].id, "missing", 30),
    ]
    assert (rows[1].message, rows[1].host, rows[1].attempts) == ("cannot read /a.root", "node7", 3)
    assert rows[2].attempts == 0
    assert all(row.first_url == "/a.root" for row in rows)


def test_done_chunk_stays_done_whatever_failed_before(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    finish(chunks[0], WANTED)
    sources, _, records = gather(tmp_path, chunks)
    failures = {chunks[0].id: failure(chunks[0])}
    assert job_rows(chunks, sources, records, failures)[0].status == "done"


def test_effort_of_a_chunk_is_that_of_all_its_jobs(
    tmp_path: Path, chunks: Chunks, finish: Finish
) -> None:
    finish(chunks[0], {"nominal": PRODUCT}, "d1", attempt=2)
    finish(chunks[0], {"jes_up": PRODUCT}, "d2")
    sources, _, records = gather(tmp_path, chunks)
    row = job_rows(chunks, sources, records, {})[0]
    assert (row.wall, row.cpu, row.peak_memory_mb, row.attempts) == (4.0, 2.0, 10.0, 2)
    assert row.started == records[chunks[0].id][-1].effort.started > 0


def test_only_what_is_not_there_is_made(tmp_path: Path, chunks: Chunks, finish: Finish) -> None:
    finish(chunks[0], {"nominal": PRODUCT})
    store = ChunkStore(tmp_path)
    assert missing_products(store, chunks[0], WANTED) == {"jes_up": PRODUCT}
    assert missing_products(store, chunks[1], WANTED) == WANTED


@pytest.mark.parametrize("n_done", [0, 2, 3])
def test_jobs_of_a_sample_survive_being_written(
    tmp_path: Path, chunks: Chunks, finish: Finish, n_done: int
) -> None:
    for chunk in chunks[:n_done]:
        finish(chunk, WANTED)
    sources, collected, records = gather(tmp_path, chunks)
    jobs = SampleJobs(
        inputs="i",
        invocation="v",
        sample="ttH",
        year="2017",
        rows=job_rows(chunks, sources, records, {}),
        completeness=assess(NO_SKIM, chunks, set(sources), {}, 1.0),
        counted=tuple(chunk.id for chunk in chunks[:n_done]),
        ranges=collected.ranges,
        lost=tuple(r for c in chunks[n_done:] for r in c.ranges),
        factor_sums=collected.factor_sums,
        ledgers=collected.ledgers,
    )
    assert SampleJobs.model_validate_json(jobs.model_dump_json()) == jobs
    assert [row.chunk_id for row in jobs.done] == [chunk.id for chunk in chunks[:n_done]]
