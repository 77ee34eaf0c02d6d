from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any

from tasks.execution import notebook
from tasks.execution.display import Channel, Reader
from tasks.execution.notebook import NotebookDisplay, as_html, in_notebook

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


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
