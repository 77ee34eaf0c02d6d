"""docs/errors.md, every message with cause and cure: `python -m higgsflow.error_page [--check]`."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

from higgsflow.error_messages import PROBLEM, ROOT, VALUE, Message, error_classes, messages
from higgsflow.records.error_classes import CURE, MEANING, is_infrastructure

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "errors.md"
_AGAIN = "is out of date: run .venv/bin/python -m higgsflow.error_page"
_HEAD = """\
# Errors: causes and cures

What you can put right is told in at most three lines: what is wrong, where, and what to do or the
nearest right name. Of further samples that fail for the same reason there is one line. There is no
traceback, and the exit code is 1. A traceback is a defect: of the code of a tagger or systematic
where the message says so, else of higgsflow. `higgsflow check` tells all that can be known before a
run at once.

Below, `<...>` stands for what differs from case to case. A message without a cure of its own has
that of its section. This page is made from the source: `python -m higgsflow.error_page` writes it.
"""
_VALUES = """\
## Values in a configuration

**Cause:** the file is readable, but a value in it does not fit; the message begins with the file
and the keys that lead to the value.

**Cure:** correct the value; with `higgsflow schema` an editor tells most of them while you type.
"""
_PROBLEMS = """\
## Found before a run

**Cause:** `higgsflow check`, or the first step of a run, looked at files, disk and catalogue.

**Cure:** correct what is named; what is called a note may stay.
"""


def written(root: Path = ROOT) -> str:
    """The page."""
    by_kind: dict[str, list[Message]] = defaultdict(list)
    for message in messages(root):
        by_kind[message.kind].append(message)
    parts = [_HEAD, _jobs()]
    for kind in error_classes(root):
        head = f"## {kind.about}\n\n**Cause:** {kind.cause}\n\n**Cure:** {kind.cure}\n"
        parts.append(head + _table(by_kind[kind.name]))
    parts.append(_VALUES + _table(by_kind[VALUE]))
    parts.append(_PROBLEMS + _table(by_kind[PROBLEM]))
    return "\n".join(parts)


def _jobs() -> str:
    """The classes of failed jobs."""
    lines = [
        "## Jobs that failed\n",
        "`law run MonitorJobs --sample NAME --show` names the class of each failure and its log.\n",
        "| class | cause | cure | tried again |",
        "|---|---|---|---|",
    ]
    for name, meaning in MEANING.items():
        again = "yes" if is_infrastructure(name) else "no"
        lines.append(f"| {name} | {meaning} | {CURE[name]} | {again} |")
    return "\n".join(lines) + "\n"


def _table(found: list[Message]) -> str:
    if not found:
        return ""
    lines = ["", "| message | cure |", "|---|---|"]
    lines += [f"| {_cell(one.text)} | {_cell(one.cure) or 'as above'} |" for one in found]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;").replace("*", "\\*")


def main(arguments: list[str] | None = None) -> int:
    """Writes the page, or checks whether it is up to date."""
    parser = argparse.ArgumentParser(prog="python -m higgsflow.error_page", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if stale")
    given = parser.parse_args(arguments)
    text = written()
    if not given.check:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        sys.stderr.write(f"{PAGE} {_AGAIN}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
