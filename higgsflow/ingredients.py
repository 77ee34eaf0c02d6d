"""What something was made from, by name, so that a change can be told in words.

Ingredients are flat: a name such as `tagger diphoton: lead_pt_min`, and a number, a word or a list.
What is too long to tell (code, files, events) is a digest, marked by `#`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Ingredients = Mapping[str, Any]
# what is told of a list that holds the same
REORDERED = "in another order"
_MARK = "#"
_CHANGED = " changed"
_NAME = "name of "
_LONG = 60  # characters of a value in a message
_MANY = 4  # numbers of a list that changed, more than which are only counted


def digest(content: Any) -> str:
    """A short digest of anything that JSON can hold."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def marked(found: str) -> str:
    """A digest as an ingredient: that it changed can be told, not from what to what."""
    return _MARK + found


def unmarked(ingredient: str) -> str:
    """The digest that an ingredient is."""
    return ingredient.removeprefix(_MARK)


def flattened(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested options as ingredients: `{"a": {"b": 1}}` is `{"a.b": 1}`."""
    return dict(_flat(content, prefix))


def _flat(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        joint = "" if not name or name.endswith(" ") else "."
        for key in value:
            yield from _flat(value[key], f"{name}{joint}{key}")
    elif isinstance(value, list | tuple) and any(isinstance(v, Mapping) for v in value):
        for position, one in enumerate(value):
            yield from _flat(one, f"{name}.{position}")
    else:
        yield name, value


def named(kind: str, names: Mapping[str, str]) -> dict[str, list[str]]:
    """Names of things of a kind as ingredients, given what each of them is.

    A thing that is called otherwise is then told from one that is new.
    """
    found: dict[str, list[str]] = {}
    for name, content in sorted(names.items()):
        found.setdefault(f"{_NAME}{kind} {content}", []).append(name)
    return found


def differences(before: Ingredients, today: Ingredients) -> tuple[str, ...]:
    """What has changed, in words: `tagger diphoton: lead_pt_min 35 -> 40`."""
    names = _of_names(before), _of_names(today)
    news = [n for n in today if n not in before and n not in names[1]]
    gone = [n for n in before if n not in today and n not in names[0]]
    both = [n for n in today if n in before and n not in names[1]]
    return (
        *_renamed(*names),
        *(_told(n, before[n], today[n]) for n in both if before[n] != today[n]),
        *_whole(_put_together(news, gone), before, "new"),
        *_whole(_put_together(gone, news), today, "gone"),
    )


def says_what(difference: str) -> bool:
    """Whether a difference is more than that something, of which there is a digest, changed."""
    return not difference.endswith(_CHANGED)


def _of_names(content: Ingredients) -> dict[str, list[str]]:
    return {name: value for name, value in content.items() if name.startswith(_NAME)}


def _renamed(before: Mapping[str, list[str]], today: Mapping[str, list[str]]) -> Iterator[str]:
    """What is called otherwise, and what came or went; what only changed is told elsewhere."""
    for key, names in today.items():
        kind, had = _kind_of(key), before.get(key, [])
        came = ", ".join(name for name in names if name not in had)
        went = ", ".join(name for name in had if name not in names)
        if came and went:
            yield f"{kind} {went} renamed to {came}: nothing to make again"
        elif came and had:
            yield f"{kind} {came} is the same as {had[0]}: nothing to make again"
        elif went:
            yield f"{kind} {went} is gone"
    for one, other, word in ((today, before, "new"), (before, today, "gone")):
        known = {(_kind_of(key), name) for key, names in other.items() for name in names}
        for key in (key for key in one if key not in other):
            own = [name for name in one[key] if (_kind_of(key), name) not in known]
            yield from (f"{_kind_of(key)} {name} is {word}" for name in own)


def _kind_of(key: str) -> str:
    return key.removeprefix(_NAME).rpartition(" ")[0]


def _put_together(names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Names that one side lacks, of which `others` are lacked by the other side.

    What has several parts, and is nothing on the other side, `a.b` and `a.c` where that has `a`, is
    told once; of `a` itself nothing is, since its parts are.
    """
    there = set(others)
    with_parts = {whole for other in others for whole in _wholes(other)}
    n_parts = Counter(whole for name in names for whole in _wholes(name))
    found = []
    for name in names:
        whole = next((one for one in _wholes(name) if one in there), name)
        if name not in with_parts:
            found.append(whole if n_parts[whole] > 1 else name)
    return found


def _wholes(name: str) -> Iterator[str]:
    """What `a.b.c` is a part of: `a` and `a.b`."""
    yield from (name[:place] for place, letter in enumerate(name) if letter == ".")


def _whole(names: Iterable[str], other: Ingredients, word: str) -> Iterator[str]:
    """Names that one side lacks; a thing that it lacks as a whole is told once."""
    there = {name.partition(": ")[0] for name in other}
    told = (
        name if not (owner := name.partition(": "))[1] or owner[0] in there else owner[0]
        for name in names
    )
    return (f"{name} is {word}" for name in dict.fromkeys(told))


def _told(name: str, before: Any, today: Any) -> str:
    if all(isinstance(value, str) and value.startswith(_MARK) for value in (before, today)):
        return f"{name}{_CHANGED}"
    if isinstance(before, list | tuple) and isinstance(today, list | tuple):
        both = [_as_numbers(values) for values in (before, today)]
        return f"{name} {' -> '.join(both)}" if all(both) else f"{name}: {_of_lists(before, today)}"
    return f"{name} {_short(before)} -> {_short(today)}"


def _as_numbers(values: Any) -> str:
    """A short list of numbers, such as a range, which is told whole; empty for another one."""
    if not values or not _are_numbers(values):
        return ""
    text = f"[{', '.join(map(_short, values))}]"
    return text if len(text) <= _LONG else ""


def _are_numbers(values: Any) -> bool:
    return all(type(value) in (int, float) for value in values)


def _of_lists(before: Any, today: Any) -> str:
    """What came and went in a list, or that only its order is another."""
    n_other = sum(a != b for a, b in zip(before, today, strict=False))
    if n_other > _MANY and len(before) == len(today) and _are_numbers((*before, *today)):
        return f"{n_other} of {len(today)} numbers are others"
    came = [f"+ {_short(value)}" for value in today if value not in before]
    went = [f"- {_short(value)}" for value in before if value not in today]
    return ", ".join((*came, *went)) or REORDERED


def _short(value: Any) -> str:
    text = f"{value:.8g}" if isinstance(value, float) else str(value)
    if text in ("", "None", "[]", "{}"):
        return "none"
    if text.startswith(_MARK):
        return "given"
    return text if len(text) <= _LONG else f"{text[: _LONG - 3]}..."
