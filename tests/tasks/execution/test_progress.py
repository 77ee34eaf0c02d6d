from __future__ import annotations

import json
from typing import TYPE_CHECKING

from higgsflow.events.chunks import Chunk, Range
from higgsflow.records.job_record import FailureRecord
from tasks.execution.progress import Progress, as_line

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def chunks() -> list[Chunk]:
    return [
        Chunk(ranges=(Range(url="/a.root", uuid="a", start=0, stop=30),)),
        Chunk(ranges=(Range(url="/a.root", uuid="a", start=30, stop=100),)),
    ]


def failure(chunk: Chunk, message: str = "cannot\nread") -> FailureRecord:
    return FailureRecord(
        chunk_id=chunk.id, digest="d", attempt=1, error_class="input", message=message,
        host="h", started=0.0, wall=1.0,
    )  # fmt: skip


def content_of(folder: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    return content


def test_counts_entries_not_chunks(tmp_path: Path) -> None:
    first, second = chunks()
    progress = Progress(tmp_path, "Sig (2017)", [first, second])
    assert progress.fraction == 0.0
    progress.done(first.id)
    assert progress.fraction == 0.3
    progress.done(second.id)
    assert progress.fraction == 1.0


def test_a_sample_without_entries_is_done(tmp_path: Path) -> None:
    assert Progress(tmp_path, "Sig (2017)", []).fraction == 1.0


def test_is_a_file_for_whoever_wants_to_see_it(tmp_path: Path) -> None:
    first, second = chunks()
    progress = Progress(tmp_path, "Sig (2017)", [first, second])
    progress.done(first.id)
    progress.failed(failure(second))
    progress.show(n_running=1)
    shown = content_of(tmp_path)
    assert (shown["done"], shown["failed"], shown["running"]) == (1, 1, 1)
    assert shown["last_failure"] == "input: cannot"
    assert shown["finished"] is False
    progress.finish()
    assert content_of(tmp_path)["finished"] is True


def test_a_failure_may_say_nothing(tmp_path: Path) -> None:
    first, second = chunks()
    progress = Progress(tmp_path, "Sig (2017)", [first, second])
    progress.failed(failure(second, message=""))
    progress.finish()
    assert content_of(tmp_path)["last_failure"] == "input: "


def test_what_succeeds_later_has_not_failed(tmp_path: Path) -> None:
    first, second = chunks()
    progress = Progress(tmp_path, "Sig (2017)", [first, second])
    progress.failed(failure(second))
    progress.done(second.id)
    progress.finish()
    assert content_of(tmp_path)["failed"] == 0


def test_one_line_says_it_all() -> None:
    content = {
        "name": "Sig (2017)", "done": 3, "chunks": 4, "failed": 1, "entries": 5000,
        "entries_done": 4000, "rate": 1234.5, "running": 0,
    }  # fmt: skip
    said = "Sig (2017): 3/4 chunks, 1 failed, 4,000 of 5,000 events"
    assert as_line(content) == f"{said}, 1,234 events/s"
    assert as_line({**content, "rate": 0.0}) == said


def test_whoever_publishes_is_told_a_line_and_how_much_is_done(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    first, second = chunks()
    progress = Progress(tmp_path, "Sig (2017)", [first, second], lambda m, f: told.append((m, f)))
    progress.done(first.id)
    progress.failed(failure(second))
    progress.show(n_running=1)
    progress.show(n_running=1)
    assert len(told) == 1
    message, fraction = told[0]
    assert fraction == 0.3
    assert message.splitlines()[0].startswith("Sig (2017): 1/2 chunks, 1 running, 1 failed")
    assert message.splitlines()[1] == "last failure: input: cannot"


def test_is_written_when_there_is_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for interval in ("_INTERVAL", "_SLOW_INTERVAL"):
        monkeypatch.setattr(f"tasks.execution.progress.{interval}", 0.0)
    first, second = chunks()
    progress = Progress(tmp_path, "Sig (2017)", [first, second])

    def written(n_running: int) -> list[str]:
        """What is there again after it was taken away."""
        for path in tmp_path.iterdir():
            path.unlink()
        progress.show(n_running)
        return sorted(path.name for path in tmp_path.iterdir())

    both = ["jobs.html", "progress.json"]
    assert written(0) == both
    assert written(0) == []
    assert written(1) == both
    progress.failed(failure(second))
    assert written(1) == both
    # another attempt, for the same reason
    progress.failed(failure(second))
    assert written(0) == both
    assert written(0) == []
    progress.done(second.id)
    assert written(0) == both
