"""Events as code of users sees them: a column is put together when it is looked at, and noted.

What a function has not looked at was not decided from: its answer stands under a variation that
changes nothing else. awkward's virtual arrays tell; before awkward 2.8 there are none, and all
columns count as looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.events.lists import joined
from higgsflow.events.objects import knows_virtual

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from higgsflow.events.lists import Index, Lists
    from higgsflow.events.objects import Objects
    from higgsflow.events.plain import PlainEvents

ak = lazy.load("awkward")

Array = npt.NDArray[Any]


class Column(NamedTuple):
    """A column that is made when it is looked at, of a known type."""

    kind: np.dtype[Any]
    make: Callable[[], Array]


class Fields(NamedTuple):
    """Columns of objects, in their lists."""

    lists: Lists
    columns: dict[str, Column]


@dataclass(frozen=True, eq=False)
class Offered:
    """n events whose columns can be looked at.

    Attributes:
        flat, collections, others: as of `PlainEvents`.
    """

    n: int
    flat: dict[str, Column]
    collections: dict[str, Fields]
    others: dict[str, Any]

    def __len__(self) -> int:
        return self.n

    def without(self, names: Collection[str]) -> Offered:
        """Without these columns, and collections that have no others."""
        collections = {}
        for prefix, (lists, columns) in self.collections.items():
            kept = {f: one for f, one in columns.items() if f"{prefix}_{f}" not in names}
            if kept:
                collections[prefix] = Fields(lists, kept)
        flat = {name: one for name, one in self.flat.items() if name not in names}
        others = {name: values for name, values in self.others.items() if name not in names}
        return replace(self, flat=flat, collections=collections, others=others)

    @property
    def names(self) -> set[str]:
        """Names of all columns."""
        of_objects = {f"{p}_{f}" for p, fields in self.collections.items() for f in fields.columns}
        return {*self.flat, *self.others, *of_objects}

    def view(self, noted: set[str]) -> Any:
        """An awkward array, which adds to `noted` the names of columns that are looked at.

        Where all of them are noted already, it is an array like any other.
        """
        if not knows_virtual():
            noted |= self.names
        noted |= set(self.others)
        forms = _Buffers(noted, is_whole=self.names <= noted)
        contents = {name: forms.numbers(name, one) for name, one in self.flat.items()}
        contents |= {name: forms.lists(name, fields) for name, fields in self.collections.items()}
        record = ak.forms.RecordForm(list(contents.values()), list(contents))
        layout = ak.from_buffers(record, self.n, forms.buffers, highlevel=False)
        if self.others:
            whole = {name: ak.to_layout(values) for name, values in self.others.items()}
            layout = ak.contents.RecordArray(
                [*layout.contents, *whole.values()], [*layout.fields, *whole], length=self.n
            )
        # derives from awkward's arrays, and awkward waits until events are there
        from higgsflow.events.quick_views import quick  # noqa: PLC0415

        return quick(ak.Array(layout))


class _Buffers:
    """Forms of columns, and what makes their buffers."""

    def __init__(self, noted: set[str], is_whole: bool) -> None:
        self.buffers: dict[str, Any] = {}
        self._noted, self._is_whole = noted, is_whole

    def numbers(self, name: str, column: Column) -> Any:
        """One number for each."""
        key, noted = f"node{len(self.buffers)}", self._noted

        def make() -> Array:
            noted.add(name)
            return column.make()

        self.buffers[f"{key}-data"] = column.make() if self._is_whole else make
        return ak.forms.NumpyForm(column.kind.name, form_key=key)

    def lists(self, name: str, fields: Fields) -> Any:
        """Records in lists, of which the lengths may be looked at by anyone."""
        key = f"node{len(self.buffers)}"
        self.buffers[f"{key}-offsets"] = fields.lists.offsets
        contents = [self.numbers(f"{name}_{f}", one) for f, one in fields.columns.items()]
        return ak.forms.ListOffsetForm(
            "i64", ak.forms.RecordForm(contents, list(fields.columns)), form_key=key
        )


def offered(events: PlainEvents) -> Offered:
    """All columns of events."""
    flat = {name: _as_it_is(values) for name, values in events.flat.items() if _is_simple(values)}
    return Offered(
        events.n,
        flat,
        {
            name: Fields(objects.lists, {f: _field(objects, f) for f in objects.columns})
            for name, objects in events.collections.items()
        },
        {**events.others, **{n: ak.Array(v) for n, v in events.flat.items() if n not in flat}},
    )


def _is_simple(values: Any) -> bool:
    return bool(values.ndim == 1 and values.dtype.kind in "biufc")


def _as_it_is(values: Array) -> Column:
    return Column(values.dtype, lambda: values)


def _field(objects: Objects, name: str) -> Column:
    return Column(objects.kind(name), lambda: objects.columns[name])


def some_of(events: PlainEvents, rows: Index) -> Offered:
    """Some events, of which each column is taken when it is looked at."""
    known, collections = offered(events), {}
    for name, (every, columns) in known.collections.items():
        lists, positions = every.take(rows)
        collections[name] = Fields(lists, {f: _taken(a, positions) for f, a in columns.items()})
    return Offered(
        len(rows),
        {name: _taken(values, rows) for name, values in known.flat.items()},
        collections,
        {name: values[rows] for name, values in known.others.items()},
    )


def _taken(column: Column, positions: Index) -> Column:
    return Column(column.kind, lambda: column.make().take(positions))


def joined_columns(one: Offered, other: Offered) -> Offered:
    """The columns of both, for the same events; those of the other one where both have them."""
    return Offered(
        one.n,
        {**one.flat, **other.flat},
        {**one.collections, **other.collections},
        {**one.others, **other.others},
    )


def stacked(parts: Sequence[Offered]) -> Offered:
    """Events with the same columns, one after the other."""
    first = parts[0]
    if len(parts) == 1:
        return first
    collections = {
        name: Fields(
            joined([part.collections[name].lists for part in parts]),
            {f: _one([part.collections[name].columns[f] for part in parts]) for f in columns},
        )
        for name, (_, columns) in first.collections.items()
    }
    return Offered(
        sum(part.n for part in parts),
        {name: _one([part.flat[name] for part in parts]) for name in first.flat},
        collections,
        {name: ak.concatenate([part.others[name] for part in parts]) for name in first.others},
    )


def _one(columns: list[Column]) -> Column:
    kind = np.result_type(*(column.kind for column in columns))
    return Column(kind, lambda: np.concatenate([column.make() for column in columns]))
