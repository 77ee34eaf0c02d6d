"""What is wrong with text that is no YAML: the line, and what to write, in plain words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

# as YAML counts lines
_ENDS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
# what looks like a blank, and is none to YAML
_LIKE_BLANKS = re.compile("[\u00a0\u2000-\u200b\u202f\u3000]")
_LONGEST = 90
# parts of what the parser says, and what that mostly means; the first that fits is told
_MEANINGS = {
    "found character '\\t'": "it is indented with a tab: use blanks",
    "expected <block end>": "keys beside each other begin in one column; the first is {first}",
    "could not find expected ':'": "a key is followed by a colon and a blank, `key: value`",
    "mapping values are not allowed": "a value with a colon in it needs quotes, and keys beside "
    "each other begin in one column",
    "undefined alias": "a text that begins with * needs quotes, as in '*.root'",
    "while scanning an alias": "a text that begins with * needs quotes, as in '*.root'",
    "while scanning an anchor": "a text that begins with & needs quotes",
    "cannot start any token": "a text that begins with such a character needs quotes",
    "unknown escape": "a backslash is one in single quotes only",
    "unexpected end of stream": "the quotes that begin in line {number} do not end",
    "<stream end>": "what is opened in line {number} is not closed",
    "expected ',' or": "a comma is missing, or what is opened in line {number} is not closed",
}
# of these the parser is at a loss lines later
_LATE = ("expected ':'", "end of stream")


def told(error: yaml.YAMLError, text: str) -> tuple[str, str]:
    """The line that is wrong, and what to do."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return " ".join(str(error).split())[:300], ""
    lines = _ENDS.split(text)
    first = getattr(error, "context_mark", None) or mark
    shown = first if any(part in str(error) for part in _LATE) else mark
    return _line(lines, shown.line), _meaning(error, lines, first.line)


def _line(lines: list[str], number: int) -> str:
    """A line by its number, which the parser may have beyond the last one."""
    number = min(number, len(lines) - 1)
    while number and not lines[number].strip():
        number -= 1
    return f"line {number + 1}: {' '.join(lines[number].split())[:_LONGEST]}"


def _meaning(error: Any, lines: list[str], first: int) -> str:
    said = " ".join(part for part in (error.context, error.problem) if part)
    last = error.problem_mark.line
    for number in range(max(0, min(first, last - 1)), min(last + 1, len(lines))):
        if found := _LIKE_BLANKS.search(lines[number]):
            code = f"U+{ord(found.group()):04X}"
            return (
                f"line {number + 1} has a character that looks like a blank, {code}: type it anew"
            )
    for part, meaning in _MEANINGS.items():
        if part in said:
            return meaning.format(first=_line(lines, first), number=first + 1)
    return said
