"""What pydantic finds wrong with values, in the words of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError

_TYPE_NAMES = ("simulation", "data", "float", "bool", "tuple", "str")


def explain(error: ValidationError, content: Any = None) -> tuple[str, str]:
    """The first findings of a validation, and how many more there are."""
    found = findings(error, content)
    rest = f"and {len(found) - 2} more" if len(found) > 2 else ""
    second = found[1] if len(found) > 1 else ""
    return found[0], "; ".join(part for part in (second, rest) if part)


def findings(error: ValidationError, content: Any = None) -> list[str]:
    """All findings of a validation, each as place and reason.

    Entries of a list are called by their name, where `content` is what was validated.
    """
    by_place: dict[str, str] = {}
    for item in error.errors(include_url=False):
        # of the findings of one place, one for each type it may have, the first says enough
        by_place.setdefault(_place(item["loc"], content), _reason(item))
    return [
        f"{place}: {reason}" if place else reason
        for place, reason in by_place.items()
        if not any(other.startswith(f"{place}.") for other in by_place)
    ]


def _place(location: tuple[int | str, ...], content: Any) -> str:
    """The keys that lead to a finding, without the words that only pydantic knows."""
    keys: list[str] = []
    for part in location:
        if isinstance(part, int):
            content = content[part] if isinstance(content, list | tuple) else None
            keys.append(str(content.get("name", part) if isinstance(content, Mapping) else part))
        elif isinstance(content, Mapping) and part in content:
            content = content[part]
            keys.append(part)
        elif part not in _TYPE_NAMES and "[" not in part:
            keys.append(part)
    return ".".join(keys)


def _reason(item: Any) -> str:
    """Why, in the words of a configuration."""
    kind, given = item["type"], item["input"]
    if kind == "missing":
        return "is required, but missing"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return "say `kind: simulation` or `kind: data`"
    if kind == "dict_type":
        return f"keys and values are needed (it is {given!r})"
    reason = str(item["msg"]).removeprefix("Value error, ")
    if kind == "value_error" or not isinstance(given, str | int | float):
        return reason
    return f"{reason} (it is {given!r})"
