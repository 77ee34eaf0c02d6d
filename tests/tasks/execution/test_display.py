from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from tasks.execution import display

if TYPE_CHECKING:
    from pathlib import Path

ROW: dict[str, Any] = {
    "name": "Sig (2017)", "pid": 1, "chunks": 4, "done": 1, "running": 2, "failed": 1,
    "entries": 4000, "entries_done": 1000, "rate": 500.0, "seconds": 2.0,
    "last_failure": "input: cannot read", "finished": False,
}  # fmt: skip


def written(table: Any) -> str:
    console = Console(width=120, record=True, force_terminal=False)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def test_shows_one_line_for_each_sample_and_the_last_failure() -> None:
    text = written(display._table([ROW]))
    line = next(line for line in text.splitlines() if "Sig (2017)" in line)
    for word in ("1/4", "1,000", "500", "6 s"):
        assert word in line
    assert "Sig (2017): input: cannot read" in text


def test_says_nothing_of_the_time_left_when_it_cannot_know() -> None:
    assert " s" not in written(display._table([{**ROW, "rate": 0.0}])).splitlines()[1]


def test_reads_what_has_moved_since_it_started(tmp_path: Path) -> None:
    path = tmp_path / "jobs" / "Sig" / "2017" / "progress.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(ROW), encoding="utf-8")
    assert display._read(tmp_path, since=0.0) == [ROW]
    assert display._read(tmp_path, since=time.time() + 60) == []
    path.write_text("{", encoding="utf-8")
    assert display._read(tmp_path, since=0.0) == []


def test_there_is_none_where_nobody_looks(tmp_path: Path) -> None:
    """Neither in a file nor in a pipe, which tests have for a screen."""
    display.start_display(tmp_path)
    assert display._started == []
    display.end_display()


@pytest.mark.parametrize("rows", [[], [ROW, ROW, ROW]])
def test_any_number_of_rows(rows: list[dict[str, Any]]) -> None:
    assert written(display._table(rows)).count("1/4") == len(rows)
