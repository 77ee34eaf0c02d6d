"""Where the numbers of a ledger are in a row of numbers.

A row holds, of N counters, a matrix of K x K and M moments: N numbers of entries, N sums of
weights, N sums of squared weights, K x K counts, and then, each M times, the eight fields of
moments. Rows of ledgers with the same layout add without a look at names.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.records.exact_counters import exact_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from higgsflow.records.ledger import Ledger

Names = tuple[str, ...]
Key = tuple[Any, ...]
Places = npt.NDArray[np.int64]

N_COUNTER_FIELDS = 3
MOMENTS_FIELDS = ("n", "mean", "m2", "min", "max", "sumw", "sumwd", "sumwd2")


@dataclass(frozen=True)
class Layout:
    """The names of everything in a ledger, in order.

    Attributes:
        flows: step, tagger, group and cuts of each cut flow.
        before, after: tags.
        size: number of tags in the overlap matrix.
        moments, yields: names by tag.
        kept: names of sums.
    """

    flows: tuple[tuple[int, str, str, Names], ...] = ()
    before: Names = ()
    after: Names = ()
    size: int = 0
    moments: tuple[tuple[str, Names], ...] = ()
    yields: tuple[tuple[str, Names], ...] = ()
    kept: Names = ()

    @functools.cached_property
    def counters(self) -> tuple[Key, ...]:
        """What each counter is of, in the order in which they stand in a row."""
        flows = (
            ("flow", number, part)
            for number, (_, _, _, cuts) in enumerate(self.flows)
            for part in range(2 + 3 * len(cuts))
        )
        before, after = _named("before", self.before), _named("after", self.after)
        yields = (("yield", *key) for key in _flat(self.yields))
        return (*flows, *before, *after, *yields, *_named("kept", self.kept))

    @functools.cached_property
    def columns(self) -> tuple[Key, ...]:
        """Tag and name of each of the moments."""
        return tuple(_flat(self.moments))

    @property
    def n_added(self) -> int:
        """Numbers at the start of a row that simply add."""
        return N_COUNTER_FIELDS * len(self.counters) + self.size**2

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return self.n_added + len(MOMENTS_FIELDS) * len(self.columns)


def _named(kind: str, names: Iterable[str]) -> Iterable[Key]:
    return ((kind, name) for name in names)


def _flat(by_tag: Iterable[tuple[str, Names]]) -> Iterable[Key]:
    return ((tag, name) for tag, names in by_tag for name in names)


def layout_of(ledger: Ledger) -> Layout:
    """The layout of a ledger."""
    return Layout(
        flows=tuple((f.step, f.tagger, f.group, f.flow.cuts) for f in ledger.flows),
        before=tuple(ledger.before),
        after=tuple(ledger.after),
        size=len(ledger.overlap),
        moments=tuple((tag, tuple(columns)) for tag, columns in ledger.moments.items()),
        yields=tuple((tag, tuple(names)) for tag, names in ledger.yields.items()),
        kept=tuple(ledger.kept),
    )


def as_content(layout: Layout) -> list[Any]:
    """The layout as JSON can hold it."""
    # its parts hold nothing but tuples, text and numbers
    return [getattr(layout, field.name) for field in fields(layout)]


def from_content(content: list[Any]) -> Layout:
    """The layout that was written; equal ones are the same object."""
    return _parsed(json.dumps(content))


@functools.lru_cache(maxsize=1000)
def _parsed(text: str) -> Layout:
    return Layout(*(_frozen(part) for part in json.loads(text)))


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


@functools.lru_cache(maxsize=1000)
def common(a: Layout, b: Layout) -> Layout:
    """What both have: a column that one job did not make is not known.

    Raises:
        ValueError: for ledgers of unlike steps, cuts or numbers of tags.
    """
    if len(a.flows) != len(b.flows) or a.size != b.size:
        raise ValueError("unlike ledgers: one is shorter than the other")
    for one, other in zip(a.flows, b.flows, strict=True):
        if one != other:
            raise ValueError(f"unlike steps: {one} and {other}")
    return Layout(
        flows=a.flows,
        before=_in_both(a.before, b.before),
        after=_in_both(a.after, b.after),
        size=a.size,
        moments=_nested_in_both(a.moments, b.moments),
        yields=_nested_in_both(a.yields, b.yields),
        kept=_in_both(a.kept, b.kept),
    )


def _in_both(a: Names, b: Names) -> Names:
    return tuple(name for name in a if name in b)


def _nested_in_both(
    a: Sequence[tuple[str, Names]], b: Sequence[tuple[str, Names]]
) -> tuple[tuple[str, Names], ...]:
    other = dict(b)
    return tuple((tag, _in_both(names, other[tag])) for tag, names in a if tag in other)


@functools.lru_cache(maxsize=1000)
def positions(layout: Layout, part: Layout) -> Places:
    """Where in rows of a layout the numbers of a part of it are."""
    return places(layout, part.counters, part.columns)


@functools.lru_cache(maxsize=1000)
def exact_sums_of(layout: Layout) -> Places:
    """Where in rows of a layout the terms of each exact sum of weights are."""
    n = len(layout.counters)
    # sums of weights are the second field, and what was kept comes last
    return n + (n - len(layout.kept)) + exact_places(layout.kept)


def places(layout: Layout, counters: Sequence[Key], columns: Sequence[Key]) -> Places:
    """Where in rows of a layout the numbers of some counters and moments are, and the matrix."""
    of_counters = _where(layout.counters, counters)
    of_columns = _where(layout.columns, columns)
    n, m = len(layout.counters), len(layout.columns)
    return np.concatenate(
        [
            *(of_counters + field * n for field in range(N_COUNTER_FIELDS)),
            N_COUNTER_FIELDS * n + np.arange(layout.size**2),
            *(layout.n_added + of_columns + field * m for field in range(len(MOMENTS_FIELDS))),
        ]
    )


def _where(keys: Sequence[Key], wanted: Sequence[Key]) -> Places:
    known = {key: position for position, key in enumerate(keys)}
    return np.array([known[key] for key in wanted], dtype=np.int64)
