from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from tasks.execution import display
from tasks.execution.display import Channel, Reader, say

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ROW: dict[str, Any] = {"name": "Sig (2017)", "done": 1}


def test_messages_of_any_length_arrive_whole_and_in_order() -> None:
    channel = Channel()
    texts = ["short", "", "x" * 5000, 'with "quotes"\nand lines \u03b3']
    for text in texts:
        assert channel.send("say", text)
    assert list(channel.received()) == [("say", text) for text in texts]
    assert list(channel.received()) == []


def test_writers_never_wait_for_a_display_that_reads_nothing() -> None:
    channel = Channel()
    sent = [channel.send("say", "x" * 500) for _ in range(1000)]
    assert sent[0]
    assert not sent[-1]


def test_stages_that_have_ended_are_not_shown() -> None:
    channel = Channel()
    reader = Reader.__new__(Reader)
    reader._channel, reader.stages = channel, {}
    for kind in ("begin", "begin", "end", "say"):
        channel.send(kind, "MergeSample Sig 2017" if kind != "say" else "hello")
    channel.send("begin", "IndexSample Sig 2017")
    assert list(reader.messages()) == ["hello"]
    assert list(reader.stages) == ["IndexSample Sig 2017"]


def test_reads_what_has_moved_since_it_started(tmp_path: Path) -> None:
    path = tmp_path / "jobs" / "Sig" / "2017" / "progress.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(ROW), encoding="utf-8")
    os.utime(path, (1, 1))
    reader = Reader(tmp_path, Channel())
    assert reader.rows() == []
    os.utime(path, (time.time() + 60, time.time() + 60))
    assert reader.rows() == [ROW]
    path.write_text("{", encoding="utf-8")
    os.utime(path, (time.time() + 60, time.time() + 60))
    assert reader.rows() == []


def test_there_is_none_where_nobody_looks(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither in a file nor in a pipe, which tests have for a screen."""
    display.start_display(tmp_path, "demo v1")
    assert not display.is_shown()
    say("a line")
    display.end_display()
    assert capfd.readouterr().err == "a line\n"
