r"""Text of others as a terminal may get it: names in files, messages of libraries, what jobs left.

A terminal does what control characters say: they can hide lines, put others in their place, and in
some terminals type commands. They are shown as Python writes them, such as `\x1b`.
"""

from __future__ import annotations

import re

# all but the end of a line and the tab; those that turn the direction of writing; halves of
# characters, as names of files may hold, which cannot be written at all
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def visible(text: str) -> str:
    """The same text, whose control characters are shown instead of obeyed."""
    return _CONTROLS.sub(lambda found: ascii(found.group())[1:-1], text)


def visible_json(text: str) -> str:
    """The same of text that is JSON, and stays what it means: JSON itself escapes only some."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def has_controls(text: str) -> bool:
    """Whether anything of it would be obeyed."""
    return _CONTROLS.search(text) is not None
