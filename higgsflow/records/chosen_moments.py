"""Moments of some columns of many, none of which becomes an object for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.records.moments import MeasuredColumns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from higgsflow.records.moments import Moments


def chosen(columns: Mapping[str, Moments], names: Sequence[str]) -> Mapping[str, Moments]:
    """Those of these names, which are in the order of the columns."""
    if not isinstance(columns, MeasuredColumns):
        return {name: columns[name] for name in names}
    wanted = set(names)
    rows = [place for place, name in enumerate(columns) if name in wanted]
    return MeasuredColumns(tuple(names), columns.numbers[rows])
