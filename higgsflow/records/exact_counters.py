"""Counters whose sum of weights is exact: one with the nearest number, others with what it lacks.

What lacks it is added like any other counter, so that the sum of all of them is the sum of weights
whoever adds; it has no entries of its own.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from higgsflow.exact_sums import add_terms
from higgsflow.selection.cutflow import Counter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from higgsflow.exact_sums import Terms

# how the names of what a counter lacks end
_RESTS = ("+1", "+2")
Names = tuple[str, ...]


def exact_counters(name: str, counter: Counter, sumw: Terms) -> dict[str, Counter]:
    """The counter of a name with this sum of weights instead of its own."""
    terms = (*sumw, 0.0, 0.0)
    found = {name: counter.changed(sumw=terms[0])}
    return found | {name + end: Counter(sumw=w) for end, w in zip(_RESTS, terms[1:], strict=False)}


def whole_counter(kept: Mapping[str, Counter], name: str) -> Counter:
    """The counter of a name, whose sum of weights has rounded once."""
    parts = [kept[one] for one in (name, *_rests(name)) if one in kept]
    return parts[0].changed(sumw=_sum([part.sumw for part in parts]))


def add_kept(a: Mapping[str, Counter], b: Mapping[str, Counter]) -> dict[str, Counter]:
    """Sum by name, of the names that both have; exact where they are."""
    total = {name: a[name] + b[name] for name in a if name in b}
    names = tuple(total)
    exact = exact_places(names)
    if exact.size:
        sums = (np.array([of[name].sumw for name in names])[exact] for of in (a, b))
        for place, sumw in zip(exact.ravel(), add_terms(*sums).ravel().tolist(), strict=True):
            total[names[place]] = total[names[place]].changed(sumw=sumw)
    return total


@functools.lru_cache(maxsize=1000)
def exact_places(names: Names) -> npt.NDArray[np.int64]:
    """Of each exact counter its place in the names, and those of what it lacks."""
    known = {name: place for place, name in enumerate(names)}
    rows = [[known[name], *rest] for name in names if (rest := list(_places(known, name)))]
    return np.array(rows, dtype=np.int64).reshape(-1, 1 + len(_RESTS))


def _places(known: Mapping[str, int], name: str) -> Iterator[int]:
    if all(rest in known for rest in _rests(name)):
        yield from (known[rest] for rest in _rests(name))


def _rests(name: str) -> Names:
    return tuple(name + end for end in _RESTS)


def _sum(terms: list[float]) -> float:
    return math.fsum(terms) if all(map(math.isfinite, terms)) else sum(terms)
