"""What nouns are made of, and what their docstrings say of each field, for schemas."""

from __future__ import annotations

import inspect
import re
from typing import Any, get_args

from higgsflow.model.noun import Frozen


def nouns_of(noun: type[Frozen]) -> set[type[Frozen]]:
    """A noun and all that its fields are made of."""
    found = {noun}
    for field in noun.model_fields.values():
        for part in _parts(field.annotation):
            if part not in found:
                found |= nouns_of(part)
    return found


def _parts(annotation: Any) -> list[type[Frozen]]:
    if isinstance(annotation, type) and not get_args(annotation):
        return [annotation] if issubclass(annotation, Frozen) else []
    return [noun for argument in get_args(annotation) for noun in _parts(argument)]


def documented(noun: type[Frozen]) -> dict[str, str]:
    """The descriptions in the docstrings of a noun and of what it is a kind of."""
    found: dict[str, str] = {}
    for base in reversed(noun.__mro__):
        if issubclass(base, Frozen) and base.__doc__:
            found |= _attributes(inspect.cleandoc(base.__doc__))
    return found


def _attributes(docstring: str) -> dict[str, str]:
    """Entries of the form `one, another: text`, with lines that are indented further."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in docstring.partition("Attributes:\n")[2].splitlines():
        entry = re.match(r"    (\w[\w, ]*): (.*)", line)
        if entry:
            names = [name.strip() for name in entry[1].split(",")]
            found |= dict.fromkeys(names, entry[2])
        elif line.startswith("     "):
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
    return found
