"""Row groups of job outputs: one for each variation, but variations of few rows share one.

The metadata of a file have a line for each row group: the variation, or each one with its number of
rows, such as `up=3 down=0`; no variation has these signs in its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True)
class Form:
    """The columns of a file, of which arrow is asked once, and not for each row group."""

    schema: Any
    packed: Packed = _NOTHING

    @cached_property
    def columns(self) -> tuple[tuple[str, Any], ...]:
        """Names and types of the columns that tables have as such."""
        hidden = {VARIATION, PACKED} if self.packed.kinds else {VARIATION}
        return tuple((f.name, f.type) for f in self.schema if f.name not in hidden)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset((*self.schema.names, *self.packed.types))

    @cached_property
    def _always(self) -> frozenset[str]:
        """What every table has."""
        return frozenset(f.name for f in self.schema if not f.nullable) - {VARIATION}

    def refuse_unlike(self, variation: str, table: Table) -> None:
        """Raises for a table with other columns.

        Raises:
            ValueError: which names the first of them.
        """
        needed, packed = self._always, self.packed.types.keys()
        if not packed.isdisjoint(table):
            needed = needed | packed
        if unknown := sorted(table.keys() - self._known):
            raise ValueError(
                f"'{unknown[0]}' of {variation} came after the first rows were written"
            )
        if lacking := sorted(needed - table.keys()):
            raise ValueError(f"'{lacking[0]}' is missing in {variation}, other variations have it")


def arrow_table(group: Mapping[str, Table], form: Form) -> Any:
    """The rows of the variations one after the other."""
    tables = list(group.values())
    lengths = [n_rows(table) for table in tables]
    for variation, table in group.items():
        form.refuse_unlike(variation, table)
    found = {VARIATION: texts(list(group), lengths)}
    if form.packed.kinds:
        found[PACKED] = form.packed.array(tables, lengths)
    nothing: dict[Any, Any] = {}
    for name, kind in form.columns:
        parts = [table.get(name) for table in tables]
        if any(part is not None for part in parts):
            found[name] = _column(parts, lengths, kind)
        else:
            # the same for all columns that are not there
            if kind not in nothing:
                nothing[kind] = pa.nulls(sum(lengths), kind)
            found[name] = nothing[kind]
    return pa.Table.from_arrays([found[name] for name in form.schema.names], schema=form.schema)


def _column(parts: Sequence[npt.NDArray[Any] | None], lengths: Sequence[int], kind: Any) -> Any:
    """A column of several tables, missing where a table lacks it."""
    if len(parts) == 1 and parts[0] is not None:
        return _of_type(arrow_array(parts[0]), kind)
    there = [part for part in parts if part is not None]
    if len({part.dtype for part in there}) > 1:
        # numpy would find a type for all of them, in silence
        there = [as_type(part, kind) for part in there]
    if len(there) == len(parts):
        return _of_type(arrow_array(np.concatenate(there)), kind)
    return _of_type(_with_gaps(parts, there, lengths), kind)


def _of_type(found: Any, kind: Any) -> Any:
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
