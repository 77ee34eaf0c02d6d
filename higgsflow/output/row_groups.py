"""Row groups of job outputs: one for each variation, but variations of few rows share one.

The metadata of a file have a line for each row group: the variation, or each one with its number of
rows, such as `up=3 down=0`; no variation has these signs in its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from higgsflow.output.arrow_arrays import arrow_array, as_type, texts
from higgsflow.output.packed import PACKED, Packed, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

VARIATION = "variation"
# rows of what is shared: writing a group takes as long as writing some thousand rows
_FEW = 4096
_NOTHING = Packed()


def n_rows(table: Table) -> int:
    """How many rows a table has."""
    return len(next(iter(table.values())))


def grouped(tables: Mapping[str, Table]) -> Iterator[dict[str, Table]]:
    """The variations of each row group, in order."""
    group: dict[str, Table] = {}
    n = 0
    for variation, table in tables.items():
        n += n_rows(table)
        if group and n > _FEW:
            yield group
            group, n = {}, n_rows(table)
        group[variation] = table
    if group:
        yield group


def line_of(group: Mapping[str, Table]) -> str:
    """What the metadata say of a row group."""
    if len(group) == 1:
        return next(iter(group))
    return " ".join(f"{variation}={n_rows(table)}" for variation, table in group.items())


def parts_of(line: str) -> Iterator[tuple[str, slice | None]]:
    """The variations of a row group, and which of its rows each has; None for all of them.

    Raises:
        ValueError: for what is no such line.
    """
    parts = [part.partition("=") for part in line.split(" ")]
    start = 0
    for variation, is_shared, n in parts:
        if not is_shared and len(parts) == 1:
            yield variation, None
            return
        yield variation, slice(start, start + int(n))
        start += int(n)


def arrow_table(group: Mapping[str, Table], schema: Any, packed: Packed = _NOTHING) -> Any:
    """The rows of the variations one after the other."""
    lengths = [n_rows(table) for table in group.values()]
    _refuse_unlike(group, schema, packed)
    arrays = [texts(list(group), lengths)]
    nothing: dict[Any, Any] = {}
    for field in schema:
        if field.name == VARIATION:
            continue
        if field.name == PACKED and packed.kinds:
            arrays.append(packed.array(list(group.values()), lengths))
            continue
        parts = [table.get(field.name) for table in group.values()]
        if all(part is None for part in parts):
            # the same for all columns that are not there
            if field.type not in nothing:
                nothing[field.type] = pa.nulls(sum(lengths), field.type)
            arrays.append(nothing[field.type])
        else:
            arrays.append(_column(parts, lengths, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _refuse_unlike(group: Mapping[str, Table], schema: Any, packed: Packed) -> None:
    known = {*schema.names, *packed.types}
    always = {field.name for field in schema if not field.nullable} - {VARIATION}
    for variation, table in group.items():
        needed = always if packed.types.keys().isdisjoint(table) else always | packed.types.keys()
        if unknown := sorted(table.keys() - known):
            raise ValueError(
                f"'{unknown[0]}' of {variation} came after the first rows were written"
            )
        if lacking := sorted(needed - table.keys()):
            raise ValueError(f"'{lacking[0]}' is missing in {variation}, other variations have it")


def _column(parts: Sequence[npt.NDArray[Any] | None], lengths: Sequence[int], kind: Any) -> Any:
    """A column of several tables, missing where a table lacks it."""
    there = [part for part in parts if part is not None]
    if len({part.dtype for part in there}) > 1:
        # numpy would find a type for all of them, in silence
        there = [as_type(part, kind) for part in there]
    if len(there) == len(parts):
        found = arrow_array(there[0] if len(parts) == 1 else np.concatenate(there))
    else:
        found = _with_gaps(parts, there, lengths)
    return found if found.type == kind else found.cast(kind)


def _with_gaps(
    parts: Sequence[npt.NDArray[Any] | None],
    there: Sequence[npt.NDArray[Any]],
    lengths: Sequence[int],
) -> Any:
    """A column that some of several tables lack."""
    valid = np.repeat([part is not None for part in parts], lengths)
    values = np.zeros(len(valid), there[0].dtype)
    values[valid] = np.concatenate(there)
    return arrow_array(values, valid)
