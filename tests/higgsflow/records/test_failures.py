from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.records.failures import FailureLog
from higgsflow.records.job_record import FailureRecord

if TYPE_CHECKING:
    from pathlib import Path


def failure(chunk_id: str = "c1", attempt: int = 1, **changes: Any) -> FailureRecord:
    facts = {
        "digest": "d1", "error_class": "time", "message": "late", "host": "h", "started": 1.0,
        "wall": 2.0,
    }  # fmt: skip
    return FailureRecord(**{"chunk_id": chunk_id, "attempt": attempt, **facts, **changes})


def test_nothing_has_failed_where_there_is_no_folder(tmp_path: Path) -> None:
    log = FailureLog(tmp_path / "nowhere")
    assert list(log.all()) == []
    assert log.final() == []
    log.forget({"c1"})


def test_keeps_every_attempt(tmp_path: Path) -> None:
    log = FailureLog(tmp_path)
    failures = [failure(), failure(attempt=2, final=True), failure("c2")]
    for one in failures:
        log.add(one)
    assert list(log.all()) == failures
    assert log.final() == [failures[1]]


def test_failures_of_one_chunk_under_other_settings_are_others(tmp_path: Path) -> None:
    log = FailureLog(tmp_path)
    log.add(failure(final=True))
    log.add(failure(final=True, digest="d2"))
    assert [found.digest for found in log.final()] == ["d1", "d2"]


def test_forgets_some_chunks_and_no_other(tmp_path: Path) -> None:
    log = FailureLog(tmp_path)
    for chunk_id in ("c1", "c11", "c2"):
        log.add(failure(chunk_id))
        log.add(failure(chunk_id, attempt=2, final=True))
    log.forget({"c1", "c2", "c3"})
    assert [found.chunk_id for found in log.all()] == ["c11", "c11"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"chunk_id": "c1"}'])
def test_what_was_cut_off_while_it_was_written_is_no_failure(tmp_path: Path, text: str) -> None:
    log = FailureLog(tmp_path)
    log.add(failure("c2"))
    (tmp_path / "failures" / "c1.d1.1.json").write_text(text, encoding="utf-8")
    assert [found.chunk_id for found in log.all()] == ["c2"]


@pytest.mark.parametrize(
    ("error_class", "expected"),
    [("input", True), ("memory", True), ("time", True), ("lost", True), ("defect", False)],
)
def test_only_a_defect_is_no_failure_of_the_infrastructure(
    error_class: str, expected: bool
) -> None:
    assert failure(error_class=error_class).is_infrastructure is expected
