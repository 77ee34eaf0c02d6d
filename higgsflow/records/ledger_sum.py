"""Adds packed ledgers, many variations at once; gives what adding them one by one gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from higgsflow.exact_sums import add_terms
from higgsflow.records.layout import MOMENTS_FIELDS, Layout, common, exact_sums_of, positions
from higgsflow.records.moments import add_numbers
from higgsflow.records.packed import Packed, Rows
from higgsflow.records.packed_ledgers import PackedLedgers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


@dataclass
class _Group:
    """The sums of variations of one layout; a row may have moved elsewhere."""

    layout: Layout
    rows: Rows


class LedgerSum:
    """The sum of ledgers by variation, in the order in which they are added."""

    def __init__(self) -> None:
        # the order of the variations is that of their first appearance
        self._places: dict[str, tuple[_Group, int]] = {}

    def add(self, groups: Sequence[Packed], wanted: Collection[str]) -> None:
        """Adds the wanted variations of a record."""
        chosen = set(wanted)
        for group in groups:
            self._add(group, [i for i, v in enumerate(group.variations) if v in chosen])

    def ledgers(self) -> PackedLedgers:
        """The sums."""
        groups: dict[int, tuple[_Group, dict[str, int]]] = {}
        for variation, (group, row) in self._places.items():
            groups.setdefault(id(group), (group, {}))[1][variation] = row
        return PackedLedgers(
            [
                Packed(group.layout, tuple(rows), group.rows[list(rows.values())])
                for group, rows in groups.values()
            ]
        )

    def _add(self, new: Packed, chosen: Sequence[int]) -> None:
        """Adds some rows, together with all others that go to the same group."""
        targets: dict[int, tuple[_Group | None, list[int]]] = {}
        for i in chosen:
            group = self._places.get(new.variations[i], (None, 0))[0]
            targets.setdefault(id(group), (group, []))[1].append(i)
        for group, mine in targets.values():
            # of nothing counted yet, as of an empty ledger, the sum is the other one
            if group is None or not group.layout.before:
                self._place(new.layout, [new.variations[i] for i in mine], new.rows[mine])
            elif new.layout.before:
                self._add_to(group, new, mine)

    def _place(self, layout: Layout, variations: Sequence[str], rows: Rows) -> _Group:
        group = _Group(layout, rows)
        self._places |= {variation: (group, i) for i, variation in enumerate(variations)}
        return group

    def _add_to(self, group: _Group, new: Packed, mine: Sequence[int]) -> None:
        variations = [new.variations[i] for i in mine]
        rows = [self._places[variation][1] for variation in variations]
        layout = group.layout
        if new.layout != layout:
            layout = common(layout, new.layout)
        if layout != group.layout:
            kept = group.rows[rows][:, positions(group.layout, layout)]
            group, rows = self._place(layout, variations, kept), list(range(len(rows)))
        added = new.rows if len(mine) == len(new.rows) else new.rows[mine]
        if layout != new.layout:
            added = added[:, positions(new.layout, layout)]
        where = slice(None) if rows == list(range(len(group.rows))) else rows
        group.rows[where] = add_rows(layout, group.rows[where], added)


def add_rows(layout: Layout, a: Rows, b: Rows) -> Rows:
    """The sums of rows of one layout."""
    n = layout.n_added
    shape = (len(a), len(MOMENTS_FIELDS), len(layout.columns))
    total = np.empty_like(a)
    np.add(a[:, :n], b[:, :n], out=total[:, :n])
    exact = exact_sums_of(layout)
    if exact.size:
        total[:, exact] = add_terms(a[:, exact], b[:, exact])
    moments = add_numbers(a[:, n:].reshape(shape), b[:, n:].reshape(shape))
    total[:, n:] = moments.reshape(len(a), -1)
    return total
