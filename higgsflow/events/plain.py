"""Events as plain columns: numpy arrays, and where the objects of each event begin.

What is shipped computes on these; code of users gets the same columns, not copied, as awkward
arrays (`PlainEvents.view`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.events.late_numbers import LateNumbers, with_numbers
from higgsflow.events.objects import Objects, one_behind_the_other, sealed, unlike
from higgsflow.events.plain_values import Values, plain_values

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from higgsflow.events.lists import Index, Lists


ak = lazy.load("awkward")
# awkward imports it, and that asyncio, for files that are not opened so here
lazy.load("fsspec")

Array = npt.NDArray[Any]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class PlainEvents:
    """n events.

    Attributes:
        flat: columns with one number per event.
        collections: objects by collection.
        others: what is neither, as awkward arrays.
        memo: results that were computed from these arrays.
    """

    n: int
    flat: Mapping[str, Array] = field(default_factory=dict)
    collections: dict[str, Objects] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)
    memo: dict[str, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return self.n

    @property
    def names(self) -> list[str]:
        """Names of all columns."""
        of_objects = (
            f"{p}_{f}" for p, objects in self.collections.items() for f in objects.columns
        )
        return [*self.flat, *self.others, *of_objects]

    def column(self, name: str) -> Values:
        """A column such as `Photon_pt` (of all objects) or `m_gg`.

        Raises:
            KeyError: when there is none.
        """
        for held in (self.flat, self.others):
            if name in held:
                return held[name]
        prefix, _, field_name = name.partition("_")
        return self.collections[prefix].columns[field_name]

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        prefix, _, field_name = name.partition("_")
        collection = self.collections.get(prefix)
        in_collection = collection is not None and field_name in collection.columns
        return name in self.flat or name in self.others or in_collection

    def kind(self, name: str) -> np.dtype[Any]:
        """The type of the numbers of a column."""
        if name in self.flat or name in self.others:
            return self.flat[name].dtype if name in self.flat else np.dtype(object)
        prefix, _, field_name = name.partition("_")
        return self.collections[prefix].kind(field_name)

    def lists_of(self, name: str) -> Lists | None:
        """The lists of a column of objects; None for any other."""
        if name in self.flat or name in self.others:
            return None
        prefix, _, field_name = name.partition("_")
        objects = self.collections.get(prefix)
        return objects.lists if objects is not None and field_name in objects.columns else None

    def once(self, key: str, inputs: tuple[Any, ...], compute: Callable[[], T]) -> T:
        """The result of `compute`, kept until it is asked for with other arrays."""
        known = self.memo.get(key)
        if known is None or any(a is not b for a, b in zip(known[0], inputs, strict=True)):
            known = self.memo[key] = (inputs, compute())
        result: T = known[1]
        return result

    def take(self, rows: Index) -> PlainEvents:
        """Some of the events."""
        flat = {name: values.take(rows) for name, values in self.flat.items()}
        collections = {name: objects.take(rows) for name, objects in self.collections.items()}
        return PlainEvents(len(rows), flat, collections, self._others_of(rows))

    def later(self, rows: Index) -> PlainEvents:
        """As `take`, for who looks at few columns: they are copied then."""
        flat = LateNumbers(self.flat, rows)
        collections = {name: objects.later(rows) for name, objects in self.collections.items()}
        return PlainEvents(len(rows), flat, collections, self._others_of(rows))

    def _others_of(self, rows: Index) -> dict[str, Any]:
        return {name: values[rows] for name, values in self.others.items()}

    def with_columns(self, columns: Mapping[str, Values]) -> PlainEvents:
        """With columns replaced or added; those of objects have one value for each."""
        flat, collections = dict(self.flat), dict(self.collections)
        others = dict(self.others)
        for name, values in columns.items():
            prefix, _, field_name = name.partition("_")
            if isinstance(values, Objects):
                collections[name] = values
            elif not isinstance(values, np.ndarray):
                flat.pop(name, None)
                others[name] = values
            elif name not in flat and prefix in collections and field_name:
                known = collections[prefix]
                collections[prefix] = Objects(known.lists, {**known.columns, field_name: values})
            else:
                others.pop(name, None)
                flat[name] = values
        return PlainEvents(self.n, flat, collections, others, self.memo)

    def with_numbers(self, columns: Mapping[str, Values]) -> PlainEvents:
        """With columns of the event, which never go into a collection, whatever their names."""
        numbers = {n: v for n, v in columns.items() if isinstance(v, np.ndarray)}
        rest = {n: v for n, v in columns.items() if n not in numbers}
        flat = with_numbers(self.flat, numbers)
        found = PlainEvents(self.n, flat, self.collections, self.others, self.memo)
        return found.with_columns(rest) if rest else found

    def without(self, names: Collection[str]) -> PlainEvents:
        """Without these columns; the same events when they have none of them."""
        if not any(self.has(name) for name in names):
            return self
        collections = {}
        for prefix, objects in self.collections.items():
            kept = [f for f in objects.columns if f"{prefix}_{f}" not in names]
            if kept:
                collections[prefix] = objects.only(kept)
        flat = {name: values for name, values in self.flat.items() if name not in names}
        others = {name: values for name, values in self.others.items() if name not in names}
        return PlainEvents(self.n, flat, collections, others)

    def only(self, names: Collection[str]) -> PlainEvents:
        """With these columns, or whole collections, of those that there are."""
        collections = {}
        for prefix, objects in self.collections.items():
            is_whole = prefix in names
            kept = [f for f in objects.columns if is_whole or f"{prefix}_{f}" in names]
            if kept:
                collections[prefix] = objects.only(kept)
        flat = {name: values for name, values in self.flat.items() if name in names}
        others = {name: values for name, values in self.others.items() if name in names}
        return PlainEvents(self.n, flat, collections, others)

    def joined(self, other: PlainEvents) -> PlainEvents:
        """The columns of both, for the same events in the same order.

        Raises:
            InputFileError: where columns of one collection have other lists.
        """
        collections = dict(self.collections)
        for name, objects in other.collections.items():
            if (known := collections.get(name)) is None:
                collections[name] = objects
                continue
            if not np.array_equal(known.lists.offsets, objects.lists.offsets):
                mine, theirs = (f"{name}_{next(iter(o.columns))}" for o in (known, objects))
                raise unlike(mine, theirs)
            collections[name] = Objects(known.lists, {**known.columns, **objects.columns})
        flat, others = with_numbers(self.flat, other.flat), {**self.others, **other.others}
        return PlainEvents(self.n, flat, collections, others)

    @cached_property
    def view(self) -> Any:
        """The same columns as an awkward array, not copied."""
        return self._viewed({name: objects.layout for name, objects in self.collections.items()})

    @cached_property
    def awaited(self) -> Any:
        """As `view`; columns of objects that are not copied yet are so when they are looked at."""
        return self._viewed({name: self.awaited_objects(name) for name in self.collections})

    def awaited_objects(self, name: str) -> Any:
        """The layout of one collection, the same for whoever asks."""
        objects = self.collections[name]
        return self.once(f"awaited {name}", (objects,), lambda: objects.awaited)

    def _viewed(self, collections: Mapping[str, Any]) -> Any:
        layouts = {n: ak.contents.NumpyArray(sealed(values)) for n, values in self.flat.items()}
        layouts |= collections
        layouts |= {name: ak.to_layout(values) for name, values in self.others.items()}
        contents, names = list(layouts.values()), list(layouts)
        return ak.Array(ak.contents.RecordArray(contents, names, length=self.n))

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("events are columns: look at these")


def concatenated(parts: Sequence[PlainEvents]) -> PlainEvents:
    """Events with the same columns, one after the other."""
    first = parts[0]
    if len(parts) == 1:
        return first
    collections = {
        name: one_behind_the_other([part.collections[name] for part in parts])
        for name in first.collections
    }
    return PlainEvents(
        sum(part.n for part in parts),
        {name: np.concatenate([part.flat[name] for part in parts]) for name in first.flat},
        collections,
        {name: ak.concatenate([part.others[name] for part in parts]) for name in first.others},
    )


def plain(events: Any) -> PlainEvents:
    """An awkward array of events as plain columns."""
    if isinstance(events, PlainEvents):
        return events
    flat, collections, others = {}, {}, {}
    for name in events.fields:
        values = plain_values(_definite(events[name]))
        if isinstance(values, Objects):
            collections[name] = values
        elif isinstance(values, np.ndarray):
            flat[name] = values
        else:
            others[name] = values
    return PlainEvents(len(events), flat, collections, others)


def _definite(values: Any) -> Any:
    """With NaN for real numbers that are missing, of events and of objects; it passes no cut."""
    if not values.fields:
        return _filled(values) if values.ndim == 1 else values
    for field_name in values.fields:
        if "?" in str(values[field_name].type):
            values = ak.with_field(values, _filled(values[field_name]), field_name)
    return values


def _filled(values: Any) -> Any:
    """Without the type of what may be missing, unless some that are no real numbers are."""
    kind = str(values.type)
    if "?float" in kind:
        return ak.fill_none(values, np.nan, axis=-1)
    if "?" not in kind or ak.any(ak.is_none(values, axis=-1), axis=None):
        return values
    return ak.drop_none(values, axis=-1)
