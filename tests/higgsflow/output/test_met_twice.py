"""Rows that are there more than once, against counting all of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.output import met_twice as module
from higgsflow.output.met_twice import chosen, hashes_of_several, met_twice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEMA = pa.schema([("run", pa.uint32()), ("event", pa.uint64()), ("candidate", pa.int16())])
ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([0, 1, 2**63, 2**64 - 1]), st.integers(0, 1)),
    max_size=20,
)
Row = tuple[int, int, int]


def table(rows: list[Row]) -> Any:
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    arrays = [pa.array(list(c), f.type) for c, f in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def in_pieces(rows: list[Row], size: int) -> Callable[[], Iterator[Any]]:
    def read() -> Iterator[Any]:
        yield table([])
        for begin in range(0, len(rows), size):
            yield table(rows[begin : begin + size])

    return read


def as_rows(found: Any) -> list[Row]:
    return list(zip(*(found[name].to_pylist() for name in SCHEMA.names), strict=True))


@given(ROWS, st.integers(1, 5), st.sampled_from([1, 3, 1000]))
def test_what_is_met_twice_is_what_counting_says(rows: list[Row], size: int, at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", at_once)
        found = met_twice(in_pieces(rows, size), len(rows))
    expected = {row: n for row, n in Counter(rows).items() if n > 1}
    assert dict(zip(as_rows(found), found["count_all"].to_pylist(), strict=True)) == expected


@given(st.lists(ROWS, min_size=1, max_size=4), st.sampled_from([1, 3, 1000]))
def test_what_several_have_is_what_sets_say(sources: list[list[Row]], at_once: int) -> None:
    """However often one of them has it."""
    read = [in_pieces(rows, 2) for rows in sources]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", at_once)
        hashes = hashes_of_several(read, sum(map(len, sources)))
    of_several = {
        row for row, n in Counter(r for one in sources for r in set(one)).items() if n > 1
    }
    for rows, one in zip(sources, read, strict=True):
        assert as_rows(chosen(one, hashes)) == [row for row in rows if row in of_several]


@pytest.mark.parametrize("rows", [[(1, 2, 0), (1, 3, 0)], [(1, 2, 0), (1, 3, 0), (1, 2, 0)]])
def test_two_rows_of_one_hash_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, rows: list[Row]
) -> None:
    """Of 10 billion rows, some have one by chance."""
    monkeypatch.setattr(module, "_hashes", lambda table: np.full(len(table), 7, np.uint64))
    found = met_twice(in_pieces(rows, 2), len(rows))
    assert as_rows(found) == [row for row, n in Counter(rows).items() if n > 1]


def test_no_hash_comes_up_more_often_than_by_chance() -> None:
    """Numbers that follow each other, as those of events do, of a few runs and lumisections."""
    n = 200_000
    number = np.arange(n)
    rows = pa.table({"run": number % 7, "lumi": number // 500, "event": number // 7})
    hashes = module._hashes(rows)
    assert len(np.unique(hashes)) == n
