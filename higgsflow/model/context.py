"""What a tagger may know about the events besides the events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import PrivateAttr

from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Context(Noun):
    """The sample and year whose events are looked at.

    Taggers of one step that need the same intermediate result share it with `once`.
    """

    sample: str
    year: str
    is_data: bool
    _shared: dict[Any, Any] = PrivateAttr(default_factory=dict)

    def once(self, key: Any, compute: Callable[[], T]) -> T:
        """The result of `compute`, made once per step for equal keys."""
        # pydantic takes its time to find what is private
        shared = self._shared
        if key not in shared:
            shared[key] = compute()
        result: T = shared[key]
        return result

    def fresh(self) -> Context:
        """The same context for other events."""
        return Context(sample=self.sample, year=self.year, is_data=self.is_data)
