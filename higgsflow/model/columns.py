"""What a component reads: columns by the name it uses, and where a file may keep them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Iterable


class Need(Noun):
    """One column that a component reads.

    Attributes:
        name: what the component calls it, such as `Photon_pt` (seen as `events.Photon.pt`).
        sources: names a file may have it under, in order of preference; `name` when empty.
        optional: absent is fine, and the component checks for it itself.
    """

    name: str
    sources: tuple[str, ...] = ()
    optional: bool = False

    @property
    def candidates(self) -> tuple[str, ...]:
        """The names to look for in a file, best first."""
        return self.sources or (self.name,)


# what taggers need is asked for at every step of every variation
@functools.cache
def required(*names: str) -> tuple[Need, ...]:
    """Columns without which the component cannot work."""
    return tuple(Need(name=name) for name in names)


@functools.cache
def optional(*names: str) -> tuple[Need, ...]:
    """Columns that are used where a file has them."""
    return tuple(Need(name=name, optional=True) for name in names)


@functools.cache
def first_of(name: str, *sources: str) -> tuple[Need, ...]:
    """One column that goes by several names in the versions of NanoAOD."""
    return (Need(name=name, sources=sources),)


def candidates(needs: Iterable[Need]) -> tuple[str, ...]:
    """All names that some of these may have in a file, each once."""
    return tuple(dict.fromkeys(name for need in needs for name in need.candidates))
