"""Events as code of users sees them: a column is put together when it is looked at, and noted.

What a function has not looked at was not decided from: its answer stands under a variation that
changes nothing else. awkward's virtual arrays tell; before awkward 2.8 there are none, and all
columns count as looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.events.lists import joined
from higgsflow.events.objects import Chosen, Objects, knows_virtual, sealed
from higgsflow.events.plain import PlainEvents

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from higgsflow.events.lists import Index, Lists

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

    @property
    def made(self) -> PlainEvents:
        """All of them, put together."""
        flat = {name: column.make() for name, column in self.flat.items()}
        collections = {
            name: Objects(lists, {f: column.make() for f, column in columns.items()})
            for name, (lists, columns) in self.collections.items()
        }
        return PlainEvents(self.n, flat, collections, self.others)

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
        return ak.Array(layout)


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
            return sealed(column.make())

        self.buffers[f"{key}-data"] = make() if self._is_whole else make
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
    is_plain = isinstance(values, np.ndarray)
    return is_plain and bool(values.ndim == 1 and values.dtype.kind in "biufc")


def _as_it_is(values: Array) -> Column:
    return Column(values.dtype, lambda: values)


def _field(objects: Objects, name: str) -> Column:
    return Column(objects.kind(name), lambda: objects.columns[name])


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of several sets, which are taken one set behind the other."""

    of_each: Sequence[Index]
    together: Index

    def take(self, arrays: Sequence[Array]) -> Array:
        """What they have of a column; at once where all sets share it, as most of variations."""
        first = arrays[0]
        if all(values is first for values in arrays):
            return first.take(self.together)
        each = zip(arrays, self.of_each, strict=True)
        return np.concatenate([values.take(rows) for values, rows in each])


def some_of(parts: Sequence[tuple[PlainEvents, Index]]) -> Offered:
    """Some events of each of several sets with the same columns, one set behind the other.

    A column is taken when it is looked at.
    """
    rows = _Rows([some for _, some in parts], np.concatenate([some for _, some in parts]))
    sets = [events for events, _ in parts]
    first, flat, others = sets[0], {}, {}
    # numbers that are missing somewhere may be plain ones where a variation says what they are
    for name in (*first.flat, *first.others):
        arrays = [events.column(name) for events in sets]
        if all(map(_is_simple, {id(values): values for values in arrays}.values())):
            flat[name] = _taken(arrays, rows)
        else:
            others[name] = [ak.Array(values) for values in arrays]
    return Offered(
        len(rows.together),
        flat,
        {n: _fields([events.collections[n] for events in sets], rows) for n in first.collections},
        {name: _other(arrays, rows) for name, arrays in others.items()},
    )


def _taken(arrays: Sequence[Array], rows: _Rows) -> Column:
    kind = np.result_type(*{values.dtype for values in arrays})
    return Column(kind, lambda: rows.take(arrays))


def _fields(sets: Sequence[Objects], rows: _Rows) -> Fields:
    """The columns of the objects of some rows."""
    distinct = list({id(objects): objects for objects in sets}.values())
    alike = distinct if len(distinct) == 1 else sets
    if any(isinstance(objects.columns, Chosen) for objects in distinct):
        return _few_of_many(alike, [rows.together] if len(alike) == 1 else rows.of_each)
    lists, positions = _objects_of([objects.lists for objects in sets], rows)
    names = sets[0].columns
    return Fields(lists, {n: _taken([one.columns[n] for one in alike], positions) for n in names})


def _few_of_many(sets: Sequence[Objects], rows: Sequence[Index]) -> Fields:
    """The same of objects that are so many that no others are copied."""
    taken = [objects.take(some) for objects, some in zip(sets, rows, strict=True)]

    def field(name: str) -> Column:
        kind = np.result_type(*{objects.kind(name) for objects in taken})
        return Column(kind, lambda: np.concatenate([objects.columns[name] for objects in taken]))

    lists = joined([objects.lists for objects in taken])
    return Fields(lists, {name: field(name) for name in taken[0].columns})


def _objects_of(sets: Sequence[Lists], rows: _Rows) -> tuple[Lists, _Rows]:
    """The lists of some rows, and where their objects are."""
    if all(lists is sets[0] for lists in sets):
        lists, positions = sets[0].take(rows.together)
        ends = lists.offsets[np.cumsum([0, *map(len, rows.of_each)])].tolist()
        return lists, _Rows([positions[a:b] for a, b in pairwise(ends)], positions)
    taken = [lists.take(some) for lists, some in zip(sets, rows.of_each, strict=True)]
    of_each = [positions for _, positions in taken]
    return joined([lists for lists, _ in taken]), _Rows(of_each, np.concatenate(of_each))


def _other(arrays: Sequence[Any], rows: _Rows) -> Any:
    taken = [values[some] for values, some in zip(arrays, rows.of_each, strict=True)]
    return taken[0] if len(taken) == 1 else ak.concatenate(taken)


def joined_columns(one: Offered, other: Offered) -> Offered:
    """The columns of both, for the same events; those of the other one where both have them."""
    return Offered(
        one.n,
        {**one.flat, **other.flat},
        {**one.collections, **other.collections},
        {**one.others, **other.others},
    )
