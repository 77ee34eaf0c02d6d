"""What a tagger may know about the events besides the events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """The sample and year whose events are looked at.

    Taggers of one step that need the same intermediate result share it with `once`.
    """

    sample: str
    year: str
    is_data: bool
    _shared: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, key: Any, compute: Callable[[], T]) -> T:
        """The result of `compute`, made once per step for equal keys."""
        if key not in self._shared:
            self._shared[key] = compute()
        result: T = self._shared[key]
        return result

    def fresh(self) -> Context:
        """The same context for other events."""
        return Context(self.sample, self.year, self.is_data)
