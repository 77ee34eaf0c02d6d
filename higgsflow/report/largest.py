"""The systematics that change yields most: a picture of a hundred would fit no screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.report.systematic_rows import SystematicRow

MOST = 20


@dataclass(frozen=True)
class Largest:
    """What is drawn of the systematics.

    Attributes:
        rows: of those that are drawn.
        note: how many there are, where not all are drawn; else empty.
    """

    rows: tuple[SystematicRow, ...]
    note: str = ""


def largest(rows: Sequence[SystematicRow], tags: Sequence[str]) -> Largest:
    """Those that change the yield of some of the tags most, the first most of all.

    Few stay all, in their order.
    """
    sizes: dict[str, float] = {}
    for row in rows:
        found = max((abs(row.effect.get(tag) or 0.0) for tag in tags), default=0.0)
        sizes[row.systematic] = max(found, sizes.get(row.systematic, 0.0))
    if len(sizes) <= MOST:
        return Largest(tuple(rows))
    chosen = sorted(sizes, key=lambda name: -sizes[name])[:MOST]
    drawn = tuple(row for name in chosen for row in rows if row.systematic == name)
    return Largest(drawn, f"the largest {MOST} of {len(sizes)}")
