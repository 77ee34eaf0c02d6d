"""Targets that exist only while they are current: they compare what they record with what is."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import law

from higgsflow.model.noun import Noun
from higgsflow.output.atomic import write_text

if TYPE_CHECKING:
    from collections.abc import Callable

N = TypeVar("N", bound=Noun)


class StageTarget(law.LocalFileTarget):
    """A JSON file that records in `inputs` the digest of what it was made from.

    `expected` gives today's digest, None when what it is made from is not there. Files named in
    `beside` must be there too.
    """

    def __init__(
        self, path: Path, expected: Callable[[], str | None], beside: tuple[Path, ...] = ()
    ) -> None:
        super().__init__(str(path))
        self._expected = expected
        self._beside = beside

    def _repr_pairs(self) -> list[tuple[str, Any]]:
        return [("path", self.path)]

    @property
    def file(self) -> Path:
        """The path as pathlib has it."""
        return Path(self.path)

    def exists(self, **kwargs: Any) -> bool:
        """Whether it is there and current."""
        del kwargs
        recorded = self.recorded()
        if recorded is None or not all(path.is_file() for path in self._beside):
            return False
        return recorded == self._expected()

    def recorded(self) -> str | None:
        """The digest it was made from; None when there is no readable file."""
        return _recorded(self.file, *_version(self.file)) if self.file.is_file() else None

    def read(self, noun: type[N]) -> N:
        """Its content."""
        return noun.model_validate_json(self.file.read_bytes())

    def write(self, noun: Noun) -> None:
        """Writes it atomically."""
        write_text(self.file, noun.model_dump_json(indent=1))

    def remove(self, silent: bool = True, **kwargs: Any) -> None:
        """Removes it, also when it is stale, and what stands beside it."""
        del silent, kwargs
        for path in (self.file, *self._beside):
            path.unlink(missing_ok=True)


def _version(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


@functools.lru_cache(maxsize=10_000)
def _recorded(path: Path, size: int, mtime_ns: int) -> str | None:
    del size, mtime_ns
    try:
        content = json.loads(path.read_bytes())
        return str(content["inputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
