"""The live display in a notebook: one output that is drawn again, by a thread of the kernel."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.execution.display import Reader

_INTERVAL = 1.0
_SIZE = (100, 40)
_PAGE = '<pre style="line-height:1.35;font-family:ui-monospace,monospace">{code}</pre>'
# nothing is drawn while luigi forks: a fork would inherit locks that are never released
_drawing = threading.Lock()
os.register_at_fork(
    before=_drawing.acquire, after_in_parent=_drawing.release, after_in_child=_drawing.release
)


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = sys.modules.get("IPython")
    found = shell.get_ipython() if shell is not None else None
    return found is not None and hasattr(found, "kernel")


class NotebookDisplay:
    """Draws until it is told to end."""

    def __init__(self, reader: Reader, title: str) -> None:
        self._reader, self._title, self._began = reader, title, time.time()
        self._said: list[str] = []
        self._handle = _display(as_html(self._board()))
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Draws a last time and ends; in processes that luigi forked there is no thread to end."""
        if self._thread.is_alive():
            self._end.set()
            self._thread.join(timeout=2 * _INTERVAL)

    def _run(self) -> None:
        while True:
            last = self._end.wait(_INTERVAL)
            with _drawing:
                self._said.extend(self._reader.messages())
                self._handle.update(_html(as_html(self._board())))
            if last:
                return

    def _board(self) -> Any:
        from rich.console import Group
        from rich.text import Text

        from tasks.execution.board import board

        seconds = time.time() - self._began
        rows, stages = self._reader.rows(), tuple(self._reader.stages)
        shown = board(self._title, rows, stages, _SIZE, seconds)
        return Group(*(Text(text) for text in self._said), shown)


def as_html(content: Any) -> str:
    """Something rich can draw, as HTML."""
    import io

    from rich.console import Console

    looks: dict[str, Any] = {"force_jupyter": False, "color_system": "truecolor"}
    console = Console(record=True, width=_SIZE[0], file=io.StringIO(), **looks)
    console.print(content)
    return console.export_html(inline_styles=True, code_format=_PAGE)


def _display(text: str) -> Any:
    from IPython.display import display

    return display(_html(text), display_id=True)


def _html(text: str) -> Any:
    from IPython.display import HTML

    return HTML(text)
