"""Rows that are there more than once, found in memory that does not grow with their number.

A row has a hash of 64 bits, of which many are sorted at a time; rows of which a hash is met twice
are few, and compared by what they are. So the answer is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from higgsflow.output.arrow_arrays import arrow_array, numbers, together, without_rows
from higgsflow.splitmix import Words, mixed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    # the rows as arrow tables of whole numbers, from the first one each time
    Rows = Callable[[], Iterable[Any]]

# hashes that are sorted at a time, of 8 bytes each
_AT_ONCE = 1 << 23


def met_twice(rows: Rows, n: int) -> Any:
    """Of n rows those that are there more than once, each once, with their number `count_all`."""
    twice = _twice([rows], n, _sorted)
    found = chosen(rows, twice)
    if not len(found):
        # as nearly always: what counts imports pandas
        return found.append_column("count_all", arrow_array(np.empty(0, np.int64)))
    counts = found.group_by(found.column_names).aggregate([([], "count_all")])
    return counts.filter(pc.greater(counts["count_all"], arrow_array(np.array([1]))[0]))


def hashes_of_several(sources: Sequence[Rows], n: int) -> Words:
    """In order the hashes that rows of more than one source have, of n rows in all."""
    return _twice(sources, n, np.unique)


def chosen(rows: Rows, hashes: Words) -> Any:
    """The rows whose hash is one of these, which are in order."""
    kept = []
    # behind the last one, where larger ones would stand
    known = np.append(hashes, np.uint64(0))
    for table in rows():
        if not len(hashes):
            return without_rows(table.schema)
        own = _hashes(table)
        places = np.searchsorted(hashes, own)
        is_one = (known[places] == own) & (places < len(hashes))
        kept.append(table.filter(arrow_array(is_one)))
    return together(kept)


def _twice(sources: Sequence[Rows], n: int, ordered: Callable[[Words], Words]) -> Words:
    """In order the hashes that are there twice in what `ordered` makes of each source."""
    n_passes = np.uint64(-(-n // _AT_ONCE) or 1)
    found = []
    for one in np.arange(n_passes, dtype=np.uint64):
        parts = [ordered(_those_of(one, n_passes, rows)) for rows in sources]
        hashes = parts[0] if len(parts) == 1 else _sorted(np.concatenate([_NONE, *parts]))
        found.append(np.unique(hashes[1:][hashes[1:] == hashes[:-1]]))
    return _sorted(np.concatenate([_NONE, *found]))


_NONE = np.empty(0, np.uint64)


def _those_of(one: np.uint64, n_passes: np.uint64, rows: Rows) -> Words:
    """The hashes of one pass."""
    return np.concatenate([_NONE, *(own[own % n_passes == one] for own in map(_hashes, rows()))])


def _sorted(hashes: Words) -> Words:
    hashes.sort()
    return hashes


def _hashes(table: Any) -> Words:
    found = np.zeros(len(table), np.uint64)
    for name in table.column_names:
        found = mixed(found ^ numbers(table[name]).astype(np.uint64))
    return found
