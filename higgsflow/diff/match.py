"""Which rows of two sides are of the same event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.diff.source import EVENT, LUMI, RUN

if TYPE_CHECKING:
    from collections.abc import Mapping

Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Match:
    """Rows of the same events.

    Attributes:
        a, b: positions of the rows that both sides have, in the same order.
        only_a, only_b: of those that one side has.
        duplicates_a, duplicates_b: rows whose event the same side had before.
    """

    a: Index
    b: Index
    only_a: Index
    only_b: Index
    duplicates_a: int
    duplicates_b: int


def match(a: Mapping[str, Any], b: Mapping[str, Any]) -> Match:
    """Rows with equal (run, lumisection, event); of several, the first goes with the first."""
    n = len(a[EVENT])
    columns = [np.concatenate([a[name], b[name]]) for name in (EVENT, LUMI, RUN)]
    is_b = np.arange(len(columns[0])) >= n
    # stable: rows of one event stay in order, those of A before those of B
    order = np.lexsort(columns)
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = np.logical_or.reduce([column[order][1:] != column[order][:-1] for column in columns])
    group = np.cumsum(new) - 1
    of_b = is_b[order]
    rank = _ranks(group, of_b)
    # of each event the k-th row of A and the k-th of B are a pair
    key = np.lexsort((of_b, rank, group))
    group, rank, of_b, order = group[key], rank[key], of_b[key], order[key]
    paired = (group[1:] == group[:-1]) & (rank[1:] == rank[:-1])
    first = np.flatnonzero(paired)
    alone = np.ones(len(order), dtype=np.bool_)
    alone[first] = alone[first + 1] = False
    return Match(
        a=order[first],
        b=order[first + 1] - n,
        only_a=order[alone & ~of_b],
        only_b=order[alone & of_b] - n,
        duplicates_a=int((rank[~of_b] > 0).sum()),
        duplicates_b=int((rank[of_b] > 0).sum()),
    )


def _ranks(group: Index, of_b: npt.NDArray[np.bool_]) -> Index:
    """Of rows in order of their events, how many of the same side and event come before each."""
    rank = np.zeros(len(group), dtype=np.int64)
    for side in (False, True):
        mine = np.flatnonzero(of_b == side)
        begins = np.ones(len(mine), dtype=np.bool_)
        begins[1:] = group[mine][1:] != group[mine][:-1]
        starts = np.flatnonzero(begins)
        rank[mine] = np.arange(len(mine)) - np.repeat(starts, np.diff(np.append(starts, len(mine))))
    return rank


def named(rows: Mapping[str, Any], position: int) -> str:
    """The event of a row, as RUN:LUMI:EVENT."""
    return ":".join(str(int(rows[name][position])) for name in (RUN, LUMI, EVENT))
