"""Lists in which a name stands once: a second time it means nothing, or another name was meant."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

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


ONCE = AfterValidator(each_once)
