"""The comparison of two stores, or of a store with what another framework wrote."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from higgsflow.diff.column_map import ColumnMap
from higgsflow.diff.compare import compare_sources
from higgsflow.diff.configurations import configurations
from higgsflow.diff.content import Difference
from higgsflow.diff.pairing import pair_up
from higgsflow.diff.sides import open_side
from higgsflow.diff.source import check_own_names, check_their_names
from higgsflow.errors import UserError
from higgsflow.how_far import one_by_one

if TYPE_CHECKING:
    from higgsflow.diff.sides import Key


def diff(
    a: str,
    b: str,
    column_map: ColumnMap | None = None,
    tolerance: float = 0.0,
    wanted: tuple[str, str, str] = ("", "", ""),
) -> Difference:
    """What differs between two sides: yields, tags of events, columns.

    A side is the folder of an analysis and version, a merged file, or parquet and ROOT files of
    another framework. Events are matched by (run, lumisection, event).

    Args:
        a: path of one side.
        b: path of the other.
        column_map: how the side that this program did not write, or else B, calls what it has.
        tolerance: relative difference up to which numbers are the same.
        wanted: sample, year and variation; empty for all.

    Raises:
        UserError: when a side cannot be read, or it is not clear what is to be compared.
    """
    if not (tolerance >= 0 and math.isfinite(tolerance)):
        raise UserError(f"a tolerance of {tolerance} is not a number from 0 on")
    sides = open_side(a), open_side(b)
    pairing = pair_up(*sides, column_map or ColumnMap(), wanted)
    if not pairing.found:
        there = (f"{' '.join(next(iter(side.events), wanted))} in {side.text}" for side in sides)
        raise UserError(
            f"{a} and {b} have no sample, year and variation in common",
            f"such as {' and '.join(there)}",
            "say `samples:`, `years:` and `variations:` in a map where only names differ",
        )
    if column_map is not None:
        # variations have fewer columns than nominal events: a name need not be in each of them
        pairs = pairing.found.values()
        check_own_names(column_map, [b if a.map == column_map else a for a, b in pairs])
        check_their_names(column_map, [a if a.map == column_map else b for a, b in pairs])
    return Difference(
        a=a,
        b=b,
        tolerance=tolerance,
        pairs=tuple(
            compare_sources(key, *pairing.found[key], tolerance)
            for key in one_by_one("comparing", [(_named(key), key) for key in pairing.found])
        ),
        only_a=tuple(" ".join(key) for key in pairing.only_a),
        only_b=tuple(" ".join(key) for key in pairing.only_b),
        configurations=configurations(*(side.configuration for side in sides)),
    )


def _named(key: Key) -> str:
    # of single files nobody knows of what they are
    return " ".join(filter(None, key)) or "events"
