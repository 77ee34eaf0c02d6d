"""The commands that README and docs show, as a reader would copy them.

A block of ```bash holds a command per line. `<!-- elsewhere: why -->` in the line before it says
that it cannot run on every machine, such as jobs on a cluster: its commands are parsed only.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(
    r"(?P<mark><!-- elsewhere: (?P<why>[^\n]*) -->\n)?^ *```bash\n(?P<lines>.*?)^ *```",
    re.DOTALL | re.MULTILINE,
)
_INLINE = re.compile(r"`((?:law run|higgsflow) [A-Za-z][^`]*)`")
_SETUP = "source setup.sh && "


@dataclass(frozen=True)
class Command:
    """A command line, the page it is on, and why it cannot run everywhere, if so."""

    page: str
    line: str
    elsewhere: str = ""

    @property
    def words(self) -> list[str]:
        """The program and its arguments."""
        return shlex.split(self.line)


def commands() -> list[Command]:
    """All commands in blocks, in order, each once."""
    found: dict[str, Command] = {}
    for page in PAGES:
        for block in _BLOCK.finditer(page.read_text(encoding="utf-8")):
            for text in block["lines"].splitlines():
                line = text.partition(" #")[0].strip().removeprefix(_SETUP)
                if line and not line.startswith("#"):
                    found.setdefault(line, Command(page.name, line, block["why"] or ""))
    return list(found.values())


def inline_commands() -> list[Command]:
    """All commands within sentences; words in capitals stand for a name."""
    return [
        Command(page.name, line)
        for page in PAGES
        for line in dict.fromkeys(_INLINE.findall(page.read_text(encoding="utf-8")))
    ]


def blocks(page: str, language: str) -> list[str]:
    """The blocks of a language on a page of the docs, in order."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
