"""What pydantic finds wrong with values, in the words of a configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from higgsflow.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic import ValidationError

# of a key that nobody has written
ABSENT = "is required, but missing"
_LONGEST = 60
_NEEDED = {
    **dict.fromkeys(("float_type", "float_parsing"), "a number is needed"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number is needed"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false is needed"),
    **dict.fromkeys(("dict_type", "model_type", "mapping_type"), "keys and values are needed"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type"), "a list is needed"),
    "string_type": "a text is needed",
}
_OF_LISTS = ("tag_list",)
_TYPE_NAMES = ("simulation", "data", "float", "bool", "tuple", "str")


def explain(
    error: ValidationError, content: Any = None, outermost: Collection[str] = ()
) -> tuple[str, str]:
    """The first findings of a validation, and how many more there are."""
    found = findings(error, content, outermost)
    rest = f"and {len(found) - 2} more" if len(found) > 2 else ""
    second = found[1] if len(found) > 1 else ""
    return found[0], "; ".join(part for part in (second, rest) if part)


def findings(
    error: ValidationError, content: Any = None, outermost: Collection[str] = ()
) -> list[str]:
    """All findings of a validation, each as place and reason.

    Entries of a list are called by their name, where `content` is what was validated. Of its own
    keys, which are `outermost`, one that is indented too much is told as that.
    """
    found: dict[str, list[Any]] = {}
    for item in error.errors(include_url=False):
        # of the findings of one place, one for each type it may have, the first says enough
        there = found.setdefault(_place(item["loc"], content), [])
        if not there or _is_of_keys_beside(there[0], item):
            there.append(item)
    return [
        ": ".join(filter(None, (place, _too_deep(item, outermost) or _reason(item))))
        for place, items in found.items()
        for item in items
        if not any(
            deeper.startswith(f"{place}.") and not _is_of_keys_beside(item, others[0])
            for deeper, others in found.items()
        )
    ]


def _is_of_keys_beside(one: Any, other: Any) -> bool:
    """Whether the first is a key that a noun does not have, which says nothing of its others."""
    within = other["loc"][: len(one["loc"])]
    return hasattr(_error_of(one), "meant") and within == one["loc"]


def _error_of(item: Any) -> Any:
    return item.get("ctx", {}).get("error")


def _too_deep(item: Any, outermost: Collection[str]) -> str:
    """Why, where a key may stand within another one by its indentation alone; else nothing."""
    key = getattr(_error_of(item), "key", None)
    if len(item["loc"]) != 1 or key not in outermost:
        return ""
    return f"'{key}' is no part of it: indent it less, as `{item['loc'][0]}` is"


def _place(location: tuple[int | str, ...], content: Any) -> str:
    """The keys that lead to a finding, without the words that only pydantic knows."""
    keys: list[str] = []
    for part in location:
        if isinstance(part, int):
            is_there = isinstance(content, list | tuple) and part < len(content)
            content = content[part] if is_there else None
            keys.append(str(content.get("name", part) if isinstance(content, Mapping) else part))
        elif part in _OF_LISTS and not isinstance(content, Mapping):
            # a list stands for it, or what was meant as one
            continue
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
        return ABSENT
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return "say `kind: simulation` or `kind: data`"
    if kind == "literal_error" and isinstance(given, str):
        return _none_of(given, str(item["ctx"]["expected"]))
    if kind == "too_short":
        return f"a list of at least {item['ctx']['min_length']} is needed (it is {shown(given)})"
    reason = _NEEDED.get(kind) or str(item["msg"]).removeprefix("Value error, ")
    return reason if kind == "value_error" else _of_value(reason, kind, given)


def _of_value(reason: str, kind: str, given: Any) -> str:
    """A reason with the value that it is about, or what to write for it."""
    if kind == "int_parsing" and (whole := _whole(given)):
        return f"{reason}: YAML takes {given} for a text, write {whole}"
    if kind == "float_parsing" and (share := _share(given)):
        return f"{reason} (it is {shown(given)}): write {share}"
    quotes = f': write "{given}"' if kind == "string_type" and type(given) in (int, float) else ""
    return f"{reason.removeprefix('Input ')} (it is {shown(given)}){quotes}"


def _share(text: Any) -> str:
    """The number that a text such as `95%` stands for; empty where it is none."""
    number, percent, rest = str(text).rpartition("%")
    try:
        return f"{float(number) / 100:.12g}" if percent and not rest.strip() else ""
    except ValueError:
        return ""


def _whole(text: Any) -> str:
    """The number that a text such as `1e5` stands for; empty where it is no whole one."""
    try:
        number = float(text)
    except (TypeError, ValueError):
        return ""
    return str(int(number)) if number.is_integer() else ""


def _none_of(given: str, expected: str) -> str:
    """What is told of a word that is not one of a few, which pydantic lists."""
    guess = nearest(given, re.findall(r"'(.*?)'", expected))
    hint = f". Did you mean '{guess}'?" if guess else ""
    return f"'{given}' is not {expected}{hint}"


def shown(value: Any) -> str:
    """A value as it stands in a configuration or call; of a long one only what it is."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        # as YAML has it
        return repr(value).lower()
    # what was a list has become a tuple
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= _LONGEST else type(value).__name__
