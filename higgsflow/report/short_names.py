"""Names that are too long for a drawing, without a part of each, not of what tells them apart."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_CUT = "…"


def shortened(names: Iterable[str], longest: int) -> dict[str, str]:
    """Each name as it is drawn: without its middle, or with that of the middle which is its own.

    Many sources of one kind have both ends in common: `jec_source_07_total`, `jec_source_08_total`.
    Where that has no room, two names may still be drawn alike.
    """
    found = {name: _without_middle(name, longest) for name in names}
    for some in _alike(found):
        found |= _apart(some, longest)
    return found


def _alike(found: Mapping[str, str]) -> list[list[str]]:
    """Names that are drawn as another one is."""
    by_text = defaultdict(list)
    for name, short in found.items():
        by_text[short].append(name)
    return [names for names in by_text.values() if len(names) > 1]


def _without_middle(name: str, longest: int) -> str:
    if len(name) <= longest:
        return name
    n_first = longest // 2
    return f"{name[:n_first]}{_CUT}{name[n_first + 1 - longest :]}"


def _apart(names: Sequence[str], longest: int) -> dict[str, str]:
    """Names that have both ends in common, each with what begins where they differ."""
    begin = _in_common(names)
    end = _in_common([name[begin:][::-1] for name in names])
    first = names[0]
    # a number is shown whole
    while begin and first[begin - 1].isdigit():
        begin -= 1
    while end and first[len(first) - end].isdigit():
        end -= 1
    found = {name: _around(name, (begin, len(name) - end), longest) for name in names}
    # where what differs is too long to be shown whole, some may differ only behind what is shown
    for some in _alike(found):
        if len(some) < len(names):
            found |= _apart(some, longest)
    return found


def _in_common(names: Sequence[str]) -> int:
    """With how many letters all of them begin."""
    # what `os.path` has for it is on its way out
    shortest = min(map(len, names))
    letters = zip(*names, strict=False)
    return next((n for n, some in enumerate(letters) if len(set(some)) > 1), shortest)


def _around(name: str, own: tuple[int, int], longest: int) -> str:
    """What is its own of a name, and as much of its ends as there is room for."""
    begin, end = own
    room = max(longest - 2 * len(_CUT) - (end - begin), 0)
    n_last = min(room // 3, len(name) - end)
    n_first = min(room - n_last, begin)
    first, last = name[:n_first], name[len(name) - n_last :]
    short = "".join(
        (
            first,
            _CUT if n_first < begin else "",
            name[begin:end],
            _CUT if n_last < len(name) - end else "",
            last,
        )
    )
    return short if len(short) <= longest else f"{short[: longest - 1]}{_CUT}"
