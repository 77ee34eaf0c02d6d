from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from higgsflow.errors import StoreError
from higgsflow.records.job_record import FailureRecord, JobRecord, Product
from higgsflow.records.job_state import JobsHead, JobState
from higgsflow.records.journal import Journal, done_state, first_state, read_journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from higgsflow.events.chunks import Chunk

Chunks = tuple["Chunk", ...]
HEAD = JobsHead(
    sample="Sig", year="2017", engine="local", host="h", pid=7, began=1.0, min_completion=0.9
)


def failure(chunk: Chunk, error_class: str = "lost", **changes: Any) -> FailureRecord:
    facts = {"digest": "d", "attempt": 1, "message": "gone", "host": "n1", "started": 5.0}
    return FailureRecord(
        **{"chunk_id": chunk.id, "error_class": error_class, "wall": 2.0, **facts, **changes}
    )


@pytest.fixture
def journal(tmp_path: Path, chunks: Chunks) -> Journal:
    """Three chunks are waiting."""
    found = Journal(tmp_path)
    found.begin(HEAD, [first_state(i, chunk) for i, chunk in enumerate(chunks)])
    return found


def states(folder: Path) -> tuple[JobState, ...]:
    found = read_journal(folder)
    assert found is not None
    return found[1]


def test_knows_all_chunks_before_anything_runs(
    journal: Journal, tmp_path: Path, chunks: Chunks
) -> None:
    found = read_journal(tmp_path)
    assert found is not None
    assert found[0] == HEAD
    assert [(s.chunk_id, s.branch, s.n_entries, s.start, s.status) for s in found[1]] == [
        (chunk.id, i, chunk.n_entries, chunk.ranges[0].start, "waiting")
        for i, chunk in enumerate(chunks)
    ]


def test_tells_the_life_of_a_job(
    journal: Journal, tmp_path: Path, chunks: Chunks, finish: Callable[..., JobRecord]
) -> None:
    first = chunks[0]
    record = finish(first, {"nominal": Product(digest="d", columns={})}, attempt=3)
    journal.note(first.id, status="running", attempts=1, started=4.0)
    assert states(tmp_path)[0].status == "running"
    journal.failed(failure(first))
    journal.failed(failure(first, "time", attempt=2))
    found = states(tmp_path)[0]
    assert (found.status, found.error_class, found.message) == ("waiting", "time", "gone")
    journal.done(record)
    found = states(tmp_path)[0]
    assert (found.status, found.attempts) == ("done", 3)
    assert found.failures == {"lost": 1, "time": 1}
    assert (found.host, found.wall, found.cpu) == ("d1", 2.0, 1.0)
    assert journal.state(first.id) == found


def test_a_final_failure_is_failed(journal: Journal, tmp_path: Path, chunks: Chunks) -> None:
    journal.failed(failure(chunks[1], final=True, log="/x.log"))
    found = states(tmp_path)[1]
    assert (found.status, found.ended, found.log) == ("failed", 7.0, "/x.log")


def test_a_line_that_was_cut_off_tells_nothing(
    journal: Journal, tmp_path: Path, chunks: Chunks
) -> None:
    journal.note(chunks[0].id, status="running")
    path = tmp_path / "journal.jsonl"
    content = path.read_bytes()
    for n in range(len(content) - 60, len(content) - 1):
        path.write_bytes(content[:n])
        assert states(tmp_path)[0].status == "waiting"


@pytest.mark.parametrize(
    "line", ["[]", "null", "{}", '{"chunk_id": []}', "[" * 100_000], ids=range(5)
)
def test_a_line_of_something_else_tells_nothing(
    journal: Journal, tmp_path: Path, chunks: Chunks, line: str
) -> None:
    before = states(tmp_path)
    with (tmp_path / "journal.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    assert states(tmp_path) == before


def test_a_journal_of_what_cannot_be_is_none(
    journal: Journal, tmp_path: Path, chunks: Chunks
) -> None:
    with (tmp_path / "journal.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"chunk_id": chunks[0].id, "status": None}) + "\n")
    assert read_journal(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]\n", '{"sample": "x"}\n'])
def test_without_its_first_line_there_is_no_journal(tmp_path: Path, text: str) -> None:
    assert read_journal(tmp_path) is None
    (tmp_path / "journal.jsonl").write_text(text, encoding="utf-8")
    assert read_journal(tmp_path) is None


def test_a_new_journal_keeps_what_was_known_of_what_is_done(
    journal: Journal, tmp_path: Path, chunks: Chunks
) -> None:
    journal.note(chunks[0].id, status="done", wall=12.0, host="n7")
    (before, waiting, _) = states(tmp_path)
    assert done_state(5, chunks[0], before) == before.model_copy(update={"branch": 5})
    unknown = done_state(1, chunks[1], waiting)
    assert (unknown.status, unknown.wall, unknown.host) == ("done", 0.0, "")
    assert done_state(1, chunks[1], None) == unknown


def test_what_was_lost_for_good_before_stays_so(chunks: Chunks) -> None:
    found = first_state(0, chunks[0], failure(chunks[0], attempt=3, final=True))
    assert (found.status, found.attempts, found.failures) == ("failed", 3, {"lost": 1})


def test_a_store_that_cannot_be_written_is_told(journal: Journal, tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").unlink()
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(StoreError, match="cannot write"):
        journal.note(next(iter(journal._states)), status="running")


def test_what_is_new_goes_through_no_link(journal: Journal, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.touch()
    (tmp_path / "journal.jsonl").unlink()
    (tmp_path / "journal.jsonl").symlink_to(precious)
    with pytest.raises(StoreError, match="cannot write"):
        journal.note(next(iter(journal._states)), status="running")
    assert precious.read_bytes() == b""


news = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["waiting", "running", "done", "failed"]),
        "attempts": st.integers(0, 9),
        "message": st.text(max_size=20),
        "wall": st.floats(0, 1e6),
        "failures": st.dictionaries(st.sampled_from(["lost", "time"]), st.integers(1, 3)),
        "memory_mb": st.none() | st.floats(1, 1e5),
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2), news), max_size=20))
def test_reading_gives_what_was_written_last(
    tmp_path: Path, chunks: Chunks, notes: list[tuple[int, dict[str, Any]]]
) -> None:
    journal = Journal(tmp_path)
    journal.begin(HEAD, [first_state(i, chunk) for i, chunk in enumerate(chunks)])
    for i, changes in notes:
        journal.note(chunks[i].id, **changes)
    assert states(tmp_path) == tuple(journal.state(chunk.id) for chunk in chunks)
