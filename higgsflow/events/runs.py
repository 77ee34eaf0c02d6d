"""Stretches of stored numbers: what is kept of a column, copied without what lies between.

Columns of a collection have the same lists, so the stretches are found once for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from higgsflow.compiled.choice import compiled
from higgsflow.events.lists import Index, from_counts

Numbers = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Runs:
    """Numbers from each of `begins` (included) to the same one of `ends` (excluded)."""

    begins: Index
    ends: Index

    @cached_property
    def n(self) -> int:
        """How many numbers these are."""
        return int((self.ends - self.begins).sum())

    def fill(self, found: Numbers, values: Numbers) -> None:
        """Writes them into `found`, which has n places, in its type and byte order."""
        _filled(values, self.begins, self.ends, found)


def runs_of(offsets: Index, rows: Index) -> Runs:
    """Of the objects of some lists; those of lists that follow each other are one run."""
    return Runs(*_runs_of(offsets, rows))


@compiled("ranges.runs_of")
def _runs_of(offsets: Index, rows: Index) -> tuple[Index, Index]:
    begins, ends = offsets[rows], offsets[1:][rows]
    some = ends > begins
    begins, ends = begins[some], ends[some]
    apart = begins[1:] != ends[:-1]
    none = np.ones(min(len(begins), 1), dtype=bool)
    return begins[np.concatenate([none, apart])], ends[np.concatenate([apart, none])]


@compiled("baskets.turned")
def turned(values: Numbers, found: Numbers) -> Numbers:
    """Writes numbers into `found`, which has as many places, in its type and byte order."""
    found[:] = values
    return found


@compiled("baskets.filled")
def _filled(values: Numbers, begins: Index, ends: Index, found: Numbers) -> Numbers:
    lists = from_counts(ends - begins)
    positions = np.arange(lists.n) + lists.per_object(begins - lists.offsets[:-1])
    found[:] = values[positions]
    return found
