"""Ledgers as rows of numbers, so that millions of them are read and added in a minute.

In a record they are one text per layout: float64 rows, little-endian, compressed (LZ4) and in
base64. No number loses a bit.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from lz4 import block  # type: ignore[import-untyped]

from higgsflow.records.layout import (
    MOMENTS_FIELDS,
    N_COUNTER_FIELDS,
    Layout,
    as_content,
    from_content,
    layout_of,
)
from higgsflow.records.ledger import Ledger, StepFlow
from higgsflow.records.moments import MeasuredColumns, numbers_of
from higgsflow.selection.cutflow import Counter, CutFlow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Rows = npt.NDArray[np.float64]
_OF_COUNTER = attrgetter("n", "sumw", "sumw2")
_NO_MOMENTS = np.zeros((0, len(MOMENTS_FIELDS)))


@dataclass(frozen=True)
class Packed:
    """Ledgers of variations with one layout: one row of numbers each."""

    layout: Layout
    variations: tuple[str, ...]
    rows: Rows


def pack(ledgers: Mapping[str, Ledger]) -> tuple[Packed, ...]:
    """Ledgers by layout, in the order of first appearance."""
    groups: dict[Layout, dict[str, Rows]] = {}
    for variation, ledger in ledgers.items():
        groups.setdefault(layout_of(ledger), {})[variation] = _row(ledger)
    return tuple(
        Packed(layout, tuple(rows), np.array(list(rows.values())))
        for layout, rows in groups.items()
    )


def unpack(groups: Sequence[Packed]) -> dict[str, Ledger]:
    """The ledgers by variation."""
    return {
        variation: _ledger(group.layout, row)
        for group in groups
        for variation, row in zip(group.variations, group.rows, strict=True)
    }


def as_text(groups: Sequence[Packed]) -> dict[str, Any]:
    """What a record holds of them."""
    return {
        "packed": [
            {
                "layout": as_content(group.layout),
                "variations": list(group.variations),
                "rows": _encoded(group.rows),
            }
            for group in groups
        ]
    }


def from_text(content: Mapping[str, Any]) -> tuple[Packed, ...]:
    """The rows that a record holds.

    Raises:
        ValueError: when they are not all there.
    """
    found = []
    try:
        for group in content["packed"]:
            layout, variations = from_content(group["layout"]), tuple(group["variations"])
            rows = _decoded(group["rows"], len(variations), layout)
            found.append(Packed(layout, variations, rows))
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"damaged counters: {type(error).__name__}: {error}") from error
    return tuple(found)


def _encoded(rows: Rows) -> str:
    packed: bytes = block.compress(np.ascontiguousarray(rows, dtype="<f8").tobytes())
    return binascii.b2a_base64(packed, newline=False).decode("ascii")


def _decoded(text: str, n: int, layout: Layout) -> Rows:
    try:
        numbers = np.frombuffer(block.decompress(binascii.a2b_base64(text)), dtype="<f8")
    except block.LZ4BlockError as error:
        raise ValueError(f"damaged counters: {error}") from error
    # numpy refuses another number of numbers
    return numbers.reshape(n, layout.width)


def _row(ledger: Ledger) -> Rows:
    counters = map(_OF_COUNTER, _counters(ledger))
    added = [
        *chain.from_iterable(zip(*counters, strict=True)),
        *chain.from_iterable(ledger.overlap),
    ]
    moments = np.concatenate([_NO_MOMENTS, *map(numbers_of, ledger.moments.values())])
    return np.concatenate([np.array(added, dtype=np.float64), moments.T.ravel()])


def _counters(ledger: Ledger) -> Iterator[Counter]:
    for entry in ledger.flows:
        flow = entry.flow
        yield from (flow.total, flow.passed, *flow.alone, *flow.prefix, *flow.others)
    yield from (*ledger.before.values(), *ledger.after.values())
    for found in ledger.yields.values():
        yield from found.values()
    yield from ledger.kept.values()


def _ledger(layout: Layout, numbers: Rows) -> Ledger:
    n = len(layout.counters)
    row = numbers[: layout.n_added].tolist()
    fields = (row[field * n : (field + 1) * n] for field in range(N_COUNTER_FIELDS))
    counters = iter([_counter(*numbers) for numbers in zip(*fields, strict=True)])
    flows = tuple(_flow(entry, counters) for entry in layout.flows)
    before = {tag: next(counters) for tag in layout.before}
    after = {tag: next(counters) for tag in layout.after}
    k = layout.size
    matrix = row[N_COUNTER_FIELDS * n : layout.n_added]
    # a row that was packed is valid
    return Ledger.trusted(
        flows=flows,
        before=before,
        after=after,
        overlap=tuple(tuple(map(int, matrix[i * k : (i + 1) * k])) for i in range(k)),
        moments=dict(_moments(layout, numbers[layout.n_added :])),
        yields={tag: {name: next(counters) for name in names} for tag, names in layout.yields},
        kept={name: next(counters) for name in layout.kept},
    )


def _counter(n: float, sumw: float, sumw2: float) -> Counter:
    return Counter.trusted(n=int(n), sumw=sumw, sumw2=sumw2)


def _flow(entry: tuple[int, str, str, tuple[str, ...]], counters: Iterator[Counter]) -> StepFlow:
    step, tagger, group, cuts = entry
    total, passed = next(counters), next(counters)
    alone, prefix, others = (tuple(next(counters) for _ in cuts) for _ in range(3))
    flow = CutFlow.trusted(
        cuts=cuts, total=total, passed=passed, alone=alone, prefix=prefix, others=others
    )
    return StepFlow.trusted(step=step, tagger=tagger, group=group, flow=flow)


def _moments(layout: Layout, numbers: Rows) -> Iterator[tuple[str, MeasuredColumns]]:
    """By tag those of its columns: of most variations nobody looks at them."""
    columns = numbers.reshape(len(MOMENTS_FIELDS), len(layout.columns)).T
    start = 0
    for tag, names in layout.moments:
        yield tag, MeasuredColumns(names, columns[start : start + len(names)])
        start += len(names)
