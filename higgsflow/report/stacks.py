"""What each picture draws: slices of the histograms, in the order in which they are stacked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from higgsflow.report.aggregates import nominal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from higgsflow.report.binning import Edges
    from higgsflow.report.histograms import Book, Group
    from higgsflow.report.summary import Summary

_MOST_GROUPS, _LEAST_BACKGROUNDS = 8, 4


@dataclass(frozen=True)
class Stack:
    """What one picture draws; histograms have the variable as their only axis.

    Attributes:
        parts: label, histogram and rank of colour of each process, from below: the smallest
            first, and signal on top.
        signal: sum over all signal processes, None where there is none.
        comparable: what data are to be compared with, None when that is the sum of the parts.
    """

    variable: str
    tag: str
    edges: Edges
    hidden: npt.NDArray[np.bool_]
    parts: tuple[tuple[str, Any, int], ...]
    signal: Any
    data: Any
    comparable: Any


def stack(book: Book, tag: tuple[int, str], order: tuple[Group, ...]) -> Stack:
    """What to draw of one variable in one tag; the smallest backgrounds are put together.

    Args:
        book: of the variable.
        tag: index and name.
        order: of the processes; the rank of one is its colour in every picture.
    """
    n_named = max(_MOST_GROUPS, sum(group[1] for group in order) + _LEAST_BACKGROUNDS)
    found = [
        (g, book.simulation[g][tag[0], :], rank)
        for rank, g in enumerate(order)
        if g in book.simulation
    ]
    rest = [h for _, h, rank in found if rank >= n_named]
    named = [(g[0], h, rank) for g, h, rank in reversed(found) if rank < n_named]
    others = [(f"{len(rest)} others", _sum(rest), n_named)] if rest else []
    return Stack(
        variable=book.variable,
        tag=tag[1],
        edges=book.edges,
        hidden=book.hidden,
        parts=(*others, *named),
        signal=_sum([h for g, h, _ in found if g[1]]),
        data=None if book.data is None else book.data[tag[0], :],
        comparable=None if book.comparable is None else book.comparable[tag[0], :],
    )


def _sum(histograms: list[Any]) -> Any:
    return sum(histograms[1:], histograms[0]) if histograms else None


def process_order(summary: Summary) -> tuple[Group, ...]:
    """Signal, then the others, each by falling yield over all tags; names decide between equals."""
    total: dict[Group, float] = {}
    for sample in summary.samples:
        known = nominal(sample)
        if sample.kind != "data":
            group = (sample.process, sample.signal)
            yields = known.yields.values() if known is not None else ()
            total[group] = total.get(group, 0.0) + sum(y.value for y in yields)
    return tuple(sorted(total, key=lambda group: (not group[1], -total[group], group)))
