from __future__ import annotations

import json
import os
import sys
import time
import types
from pathlib import Path
from typing import Any

import pytest

from tasks.execution import notebook
from tasks.execution.display import Channel, Reader
from tasks.execution.notebook import NotebookDisplay, as_html, in_notebook

ROOT = Path(__file__).resolve().parents[3]
CELL = """
import os
from pathlib import Path

from higgsflow.report.tables import _standard_output
from tasks.execution import display

display.start_display(Path({folder!r}), "demo v1")
display.say("something happened")
display.tell_stage("MergeSample Sig 2017", begins=True)
stage = os.fork()
if not stage:
    display.tell_stage("SummarizeAnalysis", begins=True)
    display.end_display()
    os._exit(0)
os.waitpid(stage, 0)
assert display.is_shown()
display.end_display()
assert not display.is_shown()
# what draws the summary in a process that luigi forked must not draw into a cell
assert not _standard_output().is_jupyter
assert display._current[-1].notebook._thread.is_alive() is False
"""
ROW = {
    "name": "Sig (2017)", "done": 3, "chunks": 8, "running": 2, "failed": 1, "entries": 8000,
    "entries_done": 3000, "entries_read": 3000, "rate": 250.0, "memory_mb": 512.0,
    "last_failure": "input: cannot be opened",
}  # fmt: skip


def test_a_terminal_is_no_notebook() -> None:
    assert not in_notebook()


def test_a_kernel_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = types.SimpleNamespace(kernel=object())
    fake = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", fake)  # type: ignore[arg-type]
    assert in_notebook()


def test_one_output_is_drawn_again_until_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    handle = types.SimpleNamespace(update=drawn.append)

    def display(text: str) -> Any:
        drawn.append(text)
        return handle

    monkeypatch.setattr(notebook, "_display", display)
    monkeypatch.setattr(notebook, "_html", str)
    monkeypatch.setattr(notebook, "_INTERVAL", 0.05)
    channel = Channel()
    shown = NotebookDisplay(Reader(tmp_path, channel), "demo v1")
    channel.send("say", "something happened")
    shown.end()
    assert "demo v1" in drawn[0]
    assert "something happened" in drawn[-1]
    n = len(drawn)
    shown.end()
    assert len(drawn) == n


def test_what_is_drawn_is_html() -> None:
    text = as_html("a < b")
    assert text.startswith("<pre")
    assert "a &lt; b" in text


def test_a_cell_shows_it(tmp_path: Path) -> None:
    """In a real kernel, where it is one output that was drawn again."""
    for package in ("nbclient", "ipykernel"):
        pytest.importorskip(package, reason="to run this test: pip install -e '.[notebook]'")
    from nbclient import NotebookClient
    from nbformat import v4

    path = tmp_path / "jobs" / "Sig" / "2017" / "progress.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**ROW, "began": time.time() - 12}), encoding="utf-8")
    os.utime(path, (time.time() + 600, time.time() + 600))
    cell = v4.new_code_cell(CELL.format(folder=str(tmp_path)))
    book = v4.new_notebook(cells=[cell])
    resources = {"metadata": {"path": str(ROOT)}}
    NotebookClient(book, timeout=120, kernel_name="python3", resources=resources).execute()
    (output,) = [o for o in book.cells[0].outputs if o.output_type == "display_data"]
    seen = output["data"]["text/html"]
    for text in ("demo v1", "37%", "Sig (2017)", "3/8", "512 MB", "input: cannot be opened"):
        assert text in seen, text
    assert "something happened" in seen
    assert "now: MergeSample Sig 2017, SummarizeAnalysis" in seen
