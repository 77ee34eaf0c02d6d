"""Events as plain columns: numpy arrays, and where the objects of each event begin.

What is shipped computes on these; code of users gets the same columns, not copied, as awkward
arrays (`PlainEvents.view`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.events.arithmetic import Arithmetic
from higgsflow.events.lists import Index, Lists
from higgsflow.events.objects import Objects, one_behind_the_other, sealed, unlike

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from higgsflow.errors import UserError

ak = lazy.load("awkward")

Array = npt.NDArray[Any]
T = TypeVar("T")


# what code says that is given something which is like an array, and is none
UNLIKE_ARRAYS = (TypeError, ValueError, AttributeError, NotImplementedError)
# whatever an array of events can have: numbers, collections, and what only awkward can hold
Values = Any


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
    flat: dict[str, Array] = field(default_factory=dict)
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
        collections = {name: objects.take(rows) for name, objects in self.collections.items()}
        return self._taken(rows, collections)

    def later(self, rows: Index) -> PlainEvents:
        """As `take`, for who looks at few columns: those of objects are copied then."""
        collections = {name: objects.later(rows) for name, objects in self.collections.items()}
        return self._taken(rows, collections)

    def _taken(self, rows: Index, collections: dict[str, Objects]) -> PlainEvents:
        flat = {name: values.take(rows) for name, values in self.flat.items()}
        others = {name: values[rows] for name, values in self.others.items()}
        return PlainEvents(len(rows), flat, collections, others)

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
        flat = {**self.flat, **numbers}
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
        return PlainEvents(
            self.n, {**self.flat, **other.flat}, collections, {**self.others, **other.others}
        )

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


def shown(events: PlainEvents, code: Callable[[Any], T]) -> T:
    """What code makes of the events, as an awkward array whose arithmetic goes to numpy at once.

    What was worked out for one direction of a source stands for the other, and nothing is copied
    before it is looked at. Where code cannot work with such columns, as numba cannot, it is `asked`
    of ordinary ones.
    """
    # derives from awkward's arrays, and awkward waits until events are there
    from higgsflow.events.quick_views import quick, quick_of  # noqa: PLC0415

    arithmetic = events.once("arithmetic", (), Arithmetic)
    with suppress(*UNLIKE_ARRAYS):
        return code(quick_of(events, arithmetic))
    return asked(events.view, lambda view: code(quick(view)))


def asked(view: Any, code: Callable[[Any], T]) -> T:
    """What code makes of an awkward array, which may be shown to others, too.

    It may name other columns in its own array. Into those that there are it must not write: where
    it does, it is asked again, with a copy of all of them. What is wrong with itself shows then.
    """
    with suppress(*UNLIKE_ARRAYS):
        return code(ak.Array(view.layout))
    return code(ak.copy(view))


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


def unlike_column(values: Any) -> str:
    """What code of a user gave instead of values of events or objects; empty where it did not."""
    if type(values) is np.ndarray:
        return "" if values.ndim else "one value"
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__"):
        return type(values).__name__
    return "records" if isinstance(values, ak.Array) and values.fields else ""


def _definite(values: Any) -> Any:
    """With NaN for numbers of objects that are missing, as events made by hand may have them."""
    for field_name in values.fields:
        if "?float" in str(values[field_name].type):
            filled = ak.fill_none(values[field_name], np.nan, axis=-1)
            values = ak.with_field(values, filled, field_name)
    return values


def as_array(values: Any, refused: UserError) -> Any:
    """What a user's function put together, as an array that knows what is missing.

    Raises:
        UserError: the one that is given, where it holds what is no number.
    """
    try:
        return ak.Array(values)
    except (TypeError, ValueError) as error:
        raise refused from error


def plain_values(values: Any) -> Values:
    """Numbers of events as a numpy array, records of objects as a collection, the rest as it is."""
    if isinstance(values, np.ndarray):
        return values
    layout = ak.to_layout(ak.to_packed(values))
    if layout.is_numpy and layout.purelist_depth == 1:
        return np.asarray(layout.data)
    if layout.is_list and layout.content.is_record and not layout.content.is_tuple:
        contents = {f: layout.content.content(f) for f in layout.content.fields}
        if all(c.is_numpy and c.purelist_depth == 1 for c in contents.values()):
            lists = Lists(_offsets(layout))
            return Objects(lists, {f: np.asarray(c.data)[: lists.n] for f, c in contents.items()})
    return values


def values_of_objects(values: Any) -> tuple[Array, Index] | None:
    """Jagged numbers as a flat array and where each list begins; None for anything else."""
    found = _in_parts(values)
    if found is None:
        return None
    content, offsets = found
    chosen = content[offsets[0] : offsets[-1]]
    return chosen, offsets - offsets[0] if offsets[0] else offsets


def _in_parts(values: Any) -> tuple[Array, Index] | None:
    # derives from awkward's arrays
    from higgsflow.events.quick_views import QuickNumbers  # noqa: PLC0415

    if isinstance(values, QuickNumbers) and (known := values.in_parts()):
        return known
    if not isinstance(values, ak.Array) or values.ndim != 2:
        return None
    layout = values.layout
    if not (isinstance(layout, ak.contents.ListOffsetArray) and layout.content.is_numpy):
        layout = ak.to_packed(values).layout
    if not layout.is_list or not layout.content.is_numpy or layout.content.purelist_depth != 1:
        return None
    return np.asarray(layout.content.data), _offsets(layout)


def _offsets(layout: Any) -> Index:
    if isinstance(layout, ak.contents.ListOffsetArray):
        return np.asarray(layout.offsets.data, dtype=np.int64)
    return np.asarray(layout.to_ListOffsetArray64(True).offsets.data)
