"""Objects such as the jets of events: columns with one number for each, and where lists begin."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.errors import InputFileError
from higgsflow.events.lists import Index, Lists, copied_lists, joined, offsets_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

ak = lazy.load("awkward")

T = TypeVar("T")
Array = npt.NDArray[Any]
_VIRTUAL_SINCE = (2, 8)

# objects per event from which on whole lists are copied, and late, as of generated particles
LONG = 8


class Source(Protocol):
    """A column of all of many lists, of which some are copied when they are asked for."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of what is copied."""

    def of(self, rows: Index | None) -> Array:
        """The objects of these lists, or of all, one list behind the other."""


@dataclass(frozen=True, eq=False)
class _InMemory:
    """A column that is in memory as a whole."""

    values: Array
    offsets: Index

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.values.dtype

    def of(self, rows: Index | None) -> Array:
        return self.values if rows is None else copied_lists(self.values, self.offsets, rows)


class _OfChosen(NamedTuple):
    """A column of some of many lists, of which some may be asked for by their positions."""

    every: Source
    rows: Index | None

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.every.dtype

    def of(self, rows: Index | None) -> Array:
        if self.rows is None or rows is None:
            return self.every.of(self.rows if rows is None else rows)
        return self.every.of(self.rows.take(rows))


@dataclass(frozen=True, eq=False)
class _Joined:
    """A column of lists of which some belong to each part, one part behind the other.

    Attributes:
        edges: the first list of each part, and the end.
        offsets: where all lists begin.
    """

    parts: Sequence[Source]
    edges: Index
    offsets: Index

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.result_type(*(part.dtype for part in self.parts))

    def of(self, rows: Index | None) -> Array:
        if rows is None:
            return np.concatenate([part.of(None) for part in self.parts])
        owners = np.searchsorted(self.edges, rows, side="right") - 1
        if (owners[1:] >= owners[:-1]).all():
            return self._of_grouped(rows, owners)
        order = np.argsort(owners, kind="stable")
        grouped = rows.take(order)
        numbers = self._of_grouped(grouped, owners.take(order))
        return copied_lists(numbers, offsets_of(self.offsets, grouped), np.argsort(order))

    def _of_grouped(self, rows: Index, owners: Index) -> Array:
        """Of lists of the first part, then of those of the second; no part is asked for none."""
        ends = np.searchsorted(owners, np.arange(len(self.parts) + 1)).tolist()
        both = zip(self.parts, self.edges[:-1].tolist(), pairwise(ends), strict=True)
        found = [part.of(rows[a:b] - first) for part, first, (a, b) in both if b > a]
        return np.concatenate([np.empty(0, self.dtype), *found])


class Chosen(Mapping[str, Array]):
    """Columns of some of many lists, of which each is copied when it is first asked for.

    Generated particles are a hundred times as many as photons, and few of their columns are looked
    at in events that are not kept.
    """

    def __init__(self, every: Mapping[str, Source], rows: Index | None = None) -> None:
        self._every, self._rows = every, rows
        self._made: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._made:
            self._made[name] = self._every[name].of(self._rows)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        # that of mappings asks for the column
        return name in self._every

    def __iter__(self) -> Iterator[str]:
        return iter(self._every)

    def __len__(self) -> int:
        return len(self._every)

    def kind(self, name: str) -> np.dtype[Any]:
        """The type of the numbers of a column, which needs no copy."""
        return self._every[name].dtype

    def source(self, name: str) -> Source:
        """A column of which some of these lists can be asked for."""
        return _OfChosen(self._every[name], self._rows)

    def only(self, fields: Collection[str]) -> Chosen:
        """Some of the columns; what is copied of one is there for both."""
        some = Chosen(_of(self._every, fields), self._rows)
        some._made = self._made
        return some

    def take(self, rows: Index) -> Chosen:
        """The columns of some of these lists."""
        return Chosen(self._every, rows if self._rows is None else self._rows.take(rows))


def sealed(values: Array) -> Array:
    """The very array, into which nobody writes from here on.

    Code of users is shown columns that others are shown, too, and that are compared with.
    """
    values.flags.writeable = False
    return values


def unlike(one: str, other: str) -> InputFileError:
    """The error of columns of one collection that have different lists."""
    return InputFileError(
        f"'{one}' and '{other}' have different numbers of objects in an event",
        "",
        "is the file damaged, or are they of two kinds of objects?",
    )


def _of(columns: Mapping[str, T], fields: Collection[str]) -> dict[str, T]:
    return {name: values for name, values in columns.items() if name in fields}


@dataclass(frozen=True, eq=False)
class Objects:
    """A collection: one array per field, all with the same lists; `photons.pt` is a field."""

    lists: Lists
    columns: Mapping[str, Array]

    def __getattr__(self, name: str) -> Array:
        found = self.__dict__.get("columns", {})
        if name not in found:
            raise AttributeError(name)
        values: Array = found[name]
        return values

    def __getitem__(self, chosen: Any) -> Objects:
        """The objects of a mask, in the lists of their events."""
        lists, positions = self.lists.chosen(chosen)
        return Objects(lists, {name: a.take(positions) for name, a in self.columns.items()})

    @property
    def fields(self) -> list[str]:
        """Names of the fields."""
        return list(self.columns)

    def taken(self, lists: Lists, positions: Index) -> Objects:
        """These objects, in other lists."""
        return Objects(lists, {name: a.take(positions) for name, a in self.columns.items()})

    def take(self, rows: Index) -> Objects:
        """The collection of some events; many objects wait until somebody looks at them."""
        if isinstance(self.columns, Chosen) or self.lists.n >= LONG * len(self.lists):
            return self.later(rows)
        return self.taken(*self.lists.take(rows))

    def later(self, rows: Index) -> Objects:
        """As `take`; each column is copied when it is first asked for."""
        columns = self.columns
        if isinstance(columns, Chosen):
            chosen = columns.take(rows)
        else:
            every = {n: _InMemory(a, self.lists.offsets) for n, a in columns.items()}
            chosen = Chosen(every, rows)
        return Objects(Lists(offsets_of(self.lists.offsets, rows)), chosen)

    def only(self, fields: Collection[str]) -> Objects:
        """With some of its columns."""
        columns = self.columns
        some = columns.only(fields) if isinstance(columns, Chosen) else _of(columns, fields)
        return Objects(self.lists, some)

    def kind(self, name: str) -> np.dtype[Any]:
        """The type of the numbers of a field."""
        columns = self.columns
        return columns.kind(name) if isinstance(columns, Chosen) else columns[name].dtype

    def joined(self, other: Objects) -> Objects:
        """The objects of these events, and then of the other ones."""
        return one_behind_the_other([self, other])

    @property
    def view(self) -> Any:
        """As an awkward array of lists, not copied."""
        return ak.Array(self.layout)

    @property
    def layout(self) -> Any:
        """As an awkward layout, not copied."""
        arrays = [ak.contents.NumpyArray(sealed(values)) for values in self.columns.values()]
        records = ak.contents.RecordArray(arrays, self.fields, length=self.lists.n)
        return ak.contents.ListOffsetArray(ak.index.Index64(self.lists.offsets), records)

    @property
    def awaited(self) -> Any:
        """As `layout`; a column that is not copied yet is so when it is looked at."""
        if not isinstance(self.columns, Chosen) or not knows_virtual():
            return self.layout
        buffers: dict[str, Any] = {"lists-offsets": self.lists.offsets}
        fields = []
        for name in self.columns:
            buffers[f"of {name}-data"] = functools.partial(self._sealed, name)
            fields.append(ak.forms.NumpyForm(self.kind(name).name, form_key=f"of {name}"))
        records = ak.forms.RecordForm(fields, self.fields)
        form = ak.forms.ListOffsetForm("i64", records, form_key="lists")
        return ak.from_buffers(form, len(self.lists), buffers, highlevel=False)

    def _sealed(self, name: str) -> Array:
        return sealed(self.columns[name])


def one_behind_the_other(parts: Sequence[Objects]) -> Objects:
    """The objects of several sets of events; what waits in all of them still does."""
    lists = joined([one.lists for one in parts])
    chosen = [one.columns for one in parts if isinstance(one.columns, Chosen)]
    if len(chosen) < len(parts):
        names = parts[0].columns
        return Objects(lists, {f: np.concatenate([o.columns[f] for o in parts]) for f in names})
    edges = np.cumsum([0, *(len(one.lists) for one in parts)], dtype=np.int64)
    every = {f: _Joined([one.source(f) for one in chosen], edges, lists.offsets) for f in chosen[0]}
    return Objects(lists, Chosen(every))


@functools.cache
def knows_virtual() -> bool:
    """Whether awkward has arrays that are made when they are looked at."""
    first, second = ak.__version__.split(".")[:2]
    return (int(first), int(second)) >= _VIRTUAL_SINCE
