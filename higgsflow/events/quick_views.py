"""Events as awkward arrays whose arithmetic goes to numpy at once.

awkward spends 0.3 to 0.8 ms of bookkeeping on each operation, however few numbers it is about, and
a shift is ten of them. Where all that meets is numbers of the same objects, and constants, there is
nothing to keep books of: the same numpy function of the same numbers gives the same bits. Nor where
objects are chosen by a mask of theirs. Anything else is awkward's business, and its answers are
ordinary arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from higgsflow.events.formulas import all_numbers
from higgsflow.events.lists import Lists
from higgsflow.events.quick_values import CONSTANTS, NUMBERS, QuickArray, is_plain, made

if TYPE_CHECKING:
    from collections.abc import Hashable

    from higgsflow.events.arithmetic import Arithmetic
    from higgsflow.events.plain import PlainEvents


class QuickEvents(ak.Array):  # type: ignore[misc]
    """Events: a collection is one of `QuickObjects`."""

    _arithmetic: Arithmetic | None = None
    # what the layout is made from when awkward asks for it: few look at more than a collection
    _plain: PlainEvents | None = None

    @property
    def _layout(self) -> Any:
        known = self.__dict__
        if "_layout" not in known:
            known["_layout"] = known["_plain"].awaited.layout
        return known["_layout"]

    @_layout.setter
    def _layout(self, layout: Any) -> None:
        self.__dict__.update(_layout=layout, _plain=None)

    def __len__(self) -> int:
        return super().__len__() if self._plain is None else len(self._plain)

    def __getattr__(self, name: str) -> Any:
        if self._plain is not None and name in self._plain.collections:
            return self[name]
        return super().__getattr__(name)

    def __getitem__(self, where: Any) -> Any:
        if self._plain is not None and isinstance(where, str) and where in self._plain.collections:
            layout = self._plain.awaited_objects(where)
        else:
            layout = _field_of(self.layout, where)
        if isinstance(layout, ak.contents.ListOffsetArray) and layout.content.is_record:
            return _viewed(layout, QuickObjects, self._arithmetic)
        return super().__getitem__(where)


class QuickObjects(ak.Array):  # type: ignore[misc]
    """Objects: a column of them is one of `QuickNumbers`."""

    _arithmetic: Arithmetic | None = None

    def __getitem__(self, where: Any) -> Any:
        lists = self.layout
        column = _field_of(lists.content, where)
        if isinstance(column, ak.contents.NumpyArray) and column.purelist_depth == 1:
            known = {"_arithmetic": self._arithmetic}
            return made(QuickNumbers, _parts=(lists.offsets, column), **known)
        return super().__getitem__(where)


class QuickNumbers(QuickArray):
    """One number per object."""

    _arithmetic: Arithmetic | None = None
    # of an answer: how it came from arrays that were there
    _name: Hashable = None
    # where the lists begin, and the numbers of an answer, or the content of a column
    _parts: tuple[Any, Any] | None = None

    @property
    def _layout(self) -> Any:
        """Made when awkward asks for it, which it does not between two functions."""
        known = self.__dict__
        if "_layout" not in known:
            offsets, content = known["_parts"]
            if not isinstance(content, ak.contents.NumpyArray):
                content = ak.contents.NumpyArray(*all_numbers([content]))
            known["_layout"] = ak.contents.ListOffsetArray(offsets, content)
        return known["_layout"]

    @_layout.setter
    def _layout(self, layout: Any) -> None:
        self.__dict__.update(_layout=layout, _parts=None)

    def __len__(self) -> int:
        return super().__len__() if self._parts is None else int(self._parts[0].length) - 1

    def in_parts(self) -> tuple[Any, Any] | None:
        """The numbers and where the lists begin among them; None where only the layout knows."""
        if self._parts is None:
            return None
        offsets, content = self._parts
        return all_numbers([_in_memory(content)])[0], np.asarray(offsets.data)

    def __getitem__(self, where: Any) -> Any:
        lists = self.layout
        mask = _mask_of(where, lists.offsets)
        if mask is None:
            return super().__getitem__(where)
        chosen, positions = Lists(np.asarray(lists.offsets.data)).chosen(mask)
        parts = ak.index.Index64(chosen.offsets), np.asarray(lists.content.data).take(positions)
        return made(QuickNumbers, _parts=parts, _arithmetic=self._arithmetic)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and ufunc.nout == 1 and not kwargs:
            offsets = self.layout.offsets if self._parts is None else self._parts[0]
            numbers = [_numbers(value, offsets) for value in inputs]
            if all(value is not None for value in numbers) and is_plain(ufunc, numbers):
                found, name = self._answer(ufunc, inputs, numbers)
                if found.dtype.kind not in NUMBERS:
                    content = ak.contents.NumpyArray(found)
                    return ak.Array(ak.contents.ListOffsetArray(offsets, content))
                known = {"_arithmetic": self._arithmetic, "_name": name}
                return made(QuickNumbers, _parts=(offsets, found), **known)
        return super().__array_ufunc__(ufunc, method, *inputs, **kwargs)

    def _answer(self, ufunc: Any, inputs: Any, numbers: list[Any]) -> tuple[Any, Hashable]:
        if self._arithmetic is None:
            return ufunc(*numbers), None
        names = [_name_of(*both, self._arithmetic) for both in zip(inputs, numbers, strict=True)]
        name = (ufunc, *names)
        return self._arithmetic.answer(name, ufunc, numbers), name


def quick(view: Any, arithmetic: Arithmetic | None = None) -> Any:
    """Such a view of events that are an awkward array, whose numbers are not copied."""
    return _viewed(view.layout, QuickEvents, arithmetic)


def quick_of(events: PlainEvents, arithmetic: Arithmetic) -> Any:
    """The same of events whose collections become arrays when they are looked at."""
    return made(QuickEvents, _plain=events, _arithmetic=arithmetic)


def _viewed(layout: Any, kind: type, arithmetic: Arithmetic | None) -> Any:
    return made(kind, _layout=layout, _arithmetic=arithmetic)


def _name_of(value: Any, numbers: Any, arithmetic: Arithmetic) -> Hashable:
    """Of a constant how it is written, which has its type, and the sign of a zero."""
    if type(value) in CONSTANTS:
        return repr(value)
    return arithmetic.name(numbers) if value._name is None else value._name


def _field_of(record: Any, where: Any) -> Any:
    """The layout of a field, as it lies in memory; None for anything but the name of one."""
    if not isinstance(where, str) or where not in record.fields:
        return None
    return record.contents[record.fields.index(where)]


def _numbers(value: Any, offsets: Any) -> Any:
    """The numbers of an array of the same lists, or a constant; None for anything else."""
    if type(value) in CONSTANTS:
        return value
    if not isinstance(value, QuickNumbers):
        return None
    if value._parts is not None:
        return _in_memory(value._parts[1]) if value._parts[0] is offsets else None
    return _in_memory(value.layout.content) if value.layout.offsets is offsets else None


def _in_memory(content: Any) -> Any:
    """The numbers of a content, which are in memory from now on if they were not."""
    return np.asarray(content.data) if isinstance(content, ak.contents.NumpyArray) else content


def _mask_of(where: Any, offsets: Any) -> Any:
    """A mask of all objects of the same lists, one after the other; None for anything else."""
    layout = where.layout if isinstance(where, ak.Array) else None
    if not isinstance(layout, ak.contents.ListOffsetArray) or not layout.content.is_numpy:
        return None
    mask, (mine, lists) = layout.content, (np.asarray(o.data) for o in (layout.offsets, offsets))
    if mask.purelist_depth > 1 or mask.dtype != np.bool_ or not np.array_equal(mine, lists):
        return None
    return np.asarray(mask.data) if mine[0] == 0 and mine[-1] == mask.length else None
