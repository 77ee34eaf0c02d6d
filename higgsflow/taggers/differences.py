"""Where the events of two runs differ: in a column, or in the objects of a collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.compiled.choice import compiled
from higgsflow.events.lists import Lists
from higgsflow.events.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from higgsflow.events.lists import Index, Mask
    from higgsflow.events.plain import PlainEvents

# bytes of whole numbers that float64 holds, each as another one
_EXACT = 4


def changed_events(nominal: PlainEvents, name: str, arrays: tuple[Any, Any]) -> Mask:
    """The events of which a column, given twice, is not the same."""
    if not all(isinstance(values, np.ndarray) for values in arrays):
        return np.ones(len(nominal), dtype=np.bool_)
    lists = nominal.lists_of(name)
    return unlike(*arrays) if lists is None else _differs(*arrays, lists.offsets)


@compiled("columns.differs")
def _differs(a: npt.NDArray[Any], b: npt.NDArray[Any], offsets: Index) -> Mask:
    """The lists of which some number differs between two arrays of the same objects."""
    return Lists(offsets).any(unlike(a, b))


def unlike(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> Mask:
    """Where two arrays differ; what is not a number is like itself."""
    if a is b:
        return np.zeros(len(a), dtype=np.bool_)
    other: Mask = a != b
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        other &= ~(np.isnan(a) & np.isnan(b))
    return other


@compiled("columns.marked")
def marked(again: Mask, mine: npt.NDArray[Any], known: npt.NDArray[Any], places: Index) -> Mask:
    """These marks, and where another row differs from the one at its place."""
    found: Mask = again.copy()
    rows = np.flatnonzero(~again)
    found[rows] = unlike(mine[rows], known[places[rows]])
    return found


def unlike_rows(
    mine: Any, known: Any, rows: Index, places: Index, fields: Collection[str] = ()
) -> Mask:
    """Where rows of one collection differ from rows of another, in all or in these fields."""
    if not isinstance(mine, Objects) or mine.fields != known.fields:
        return np.ones(len(rows), dtype=np.bool_)
    own, theirs = (
        tuple(map(_as_float64, with_fields(one, fields).columns.values())) for one in (mine, known)
    )
    return _unlike_lists(own, theirs, (mine.lists.offsets, known.lists.offsets), (rows, places))


def _as_float64(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Numbers that float64 holds exactly as such, of which the kernel compares all at once."""
    is_exact = values.dtype.kind in "biuf" and values.dtype.itemsize <= _EXACT
    return values.astype(np.float64) if is_exact else values


def with_fields(values: Any, fields: Collection[str]) -> Any:
    """A collection with these fields only, where it has all of them."""
    if not isinstance(values, Objects) or not fields or not set(fields) <= set(values.fields):
        return values
    return values.only(fields)


@compiled("columns.unlike_lists")
def _unlike_lists(
    mine: Sequence[npt.NDArray[Any]],
    known: Sequence[npt.NDArray[Any]],
    offsets: tuple[Index, Index],
    at: tuple[Index, Index],
) -> Mask:
    """Where lists at some places of two sets differ, in their lengths or in some number."""
    (rows, places), (lists, others) = at, map(Lists, offsets)
    counts = lists.counts[rows]
    found: Mask = counts != others.counts[places]
    # most events have no muon: of lists without objects there is nothing to compare
    filled = np.flatnonzero(~found & (counts > 0))
    chosen, positions = lists.take(rows[filled])
    _, their_positions = others.take(places[filled])
    objects = np.zeros(chosen.n, dtype=np.bool_)
    for a, b in zip(mine, known, strict=True):
        objects |= unlike(a[positions], b[their_positions])
    found[filled] = chosen.any(objects)
    return found
