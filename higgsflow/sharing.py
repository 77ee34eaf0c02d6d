"""Work on many things that others may do: who has processes for it hands them in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class Share(Protocol):
    """Does what `map` does, in other processes perhaps, and tells how far it is.

    `what` is what the things are and what happens to them, as in `job outputs counted`.
    """

    def __call__(
        self, work: Callable[[Any], Any], given: Sequence[Any], what: str, /
    ) -> Iterable[Any]:
        """What comes of each, in their order, or in any where it is told whose it is."""


def alone(work: Callable[[Any], Any], given: Sequence[Any], _what: str, /) -> Iterable[Any]:
    """In this process, and in silence."""
    return map(work, given)
