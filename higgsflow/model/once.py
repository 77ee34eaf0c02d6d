"""Names that stand once: a second time one means nothing, or another was meant."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeVar

from pydantic import AfterValidator

T = TypeVar("T", bound=tuple[Hashable, ...])


def each_once(names: T) -> T:
    """The names themselves.

    Raises:
        ValueError: that says which one is there again.
    """
    seen = set()
    for name in names:
        if name in seen:
            raise ValueError(f"'{name}' is given twice")
        seen.add(name)
    return names


def keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The mapping of these pairs, for `json.loads`, which by itself would keep the last of a key.

    Raises:
        ValueError: that says which one is there again.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        each_once(tuple(key for key, _ in pairs))
    return found


ONCE = AfterValidator(each_once)
