"""One number per event, as an awkward array whose arithmetic goes to numpy at once.

Also what awkward's own functions make of objects, such as how many each event has: of numbers of
events there is nothing to keep books of. What numpy and awkward might answer differently is
awkward's business.
"""

from __future__ import annotations

import functools
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONSTANTS = (int, float, np.float64)
# kinds of numbers that awkward has too
NUMBERS = "biufc"
# from here on numpy takes the type of a constant from what it meets, as awkward always does
_IS_WEAK = int(np.__version__.split(".")[0]) >= 2


class _Asked(threading.local):
    """Whether awkward is at work, to which these are arrays like any other."""

    by_awkward = False


_asked = _Asked()


class QuickArray(ak.Array):  # type: ignore[misc]
    """An array of which awkward asks this module first what a function of it is."""

    @property
    def __awkward_function__(self) -> Callable[..., Any]:
        if _asked.by_awkward:
            raise AttributeError
        return _answer

    @property
    def fields(self) -> list[str]:
        """Numbers have none, as awkward would say of the layout."""
        return []


class QuickValues(QuickArray):
    """One number per event."""

    # until awkward asks for a layout
    _values: Any = None

    @property
    def _layout(self) -> Any:
        known = self.__dict__
        if "_layout" not in known:
            known["_layout"] = ak.contents.NumpyArray(known["_values"])
        return known["_layout"]

    @_layout.setter
    def _layout(self, layout: Any) -> None:
        self.__dict__.update(_layout=layout, _values=None)

    def __len__(self) -> int:
        return super().__len__() if self._values is None else len(self._values)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and ufunc.nout == 1 and not kwargs and self._values is not None:
            values = [_values(value, len(self._values)) for value in inputs]
            if all(value is not None for value in values) and is_plain(ufunc, values):
                found = ufunc(*values)
                if found.dtype.kind not in NUMBERS:
                    return ak.Array(ak.contents.NumpyArray(found))
                return _of_events(found)
        return super().__array_ufunc__(ufunc, method, *inputs, **kwargs)


def made(kind: type[Any], **known: Any) -> Any:
    """An array as awkward would make it, whose class it also sets, by the names of records."""
    found = object.__new__(kind)
    found.__dict__.update(_of_any_array(), **known)
    return found


@functools.cache
def _of_any_array() -> dict[str, Any]:
    """What awkward notes of an array, whatever is in it: making each anew takes 20 us."""
    known = dict(vars(ak.Array(ak.contents.NumpyArray(np.empty(0)))))
    del known["_layout"]
    return known


def is_plain(ufunc: Any, values: list[Any]) -> bool:
    """Whether numpy and awkward agree on the type of the answer, in every version."""
    arrays = [value for value in values if isinstance(value, np.ndarray)]
    if len(arrays) < len(values) and not _IS_WEAK:
        return all(values.dtype == np.float64 for values in arrays)
    return ufunc is not np.matmul


def numbers_of(values: Any) -> Any:
    """The numbers of events that are in memory as they are; None of anything else."""
    return values._values if isinstance(values, QuickValues) else None


def _of_events(values: Any) -> Any:
    return made(QuickValues, _values=values)


def _values(value: Any, n: int) -> Any:
    """The numbers of n events, or a constant; None for anything else."""
    if type(value) in CONSTANTS:
        return value
    known = numbers_of(value)
    return known if known is not None and len(known) == n else None


def _answer(function: Any, _: Any, args: Any, kwargs: Any) -> Any:
    """What a function of awkward makes of such arrays."""
    quick = _quick(function)
    found = None if quick is None or kwargs else quick(*args)
    if found is not None:
        return _of_events(found)
    with _by_awkward():
        answer = function(*args, **kwargs)
    return _quicker(answer)


def _quick(function: Any) -> Any:
    return {ak.num: _num, ak.where: _where}.get(function)


@contextmanager
def _by_awkward() -> Iterator[None]:
    _asked.by_awkward = True
    try:
        yield
    finally:
        _asked.by_awkward = False


def _quicker(answer: Any) -> Any:
    """The same array; of one number per event a quick one."""
    layout = answer.layout if type(answer) is ak.Array else None
    if not isinstance(layout, ak.contents.NumpyArray) or layout.purelist_depth > 1:
        return answer
    is_all = not layout.parameters and answer.behavior is None and not answer.attrs
    return _of_events(layout.data) if is_all and layout.dtype.kind in NUMBERS else answer


def _num(array: Any, axis: Any = 1) -> Any:
    """How many objects each event has; None where awkward shall say."""
    parts = getattr(array, "_parts", None)
    return np.diff(np.asarray(parts[0].data)) if parts is not None and axis == 1 else None


def _where(condition: Any, *both: Any) -> Any:
    """One number or the other; None where awkward shall say."""
    n = len(condition) if isinstance(condition, QuickValues) else -1
    values = [_values(value, n) for value in (condition, *both)]
    if len(values) != 3 or any(value is None for value in values):
        return None
    mask, *numbers = values
    arrays = [value for value in numbers if isinstance(value, np.ndarray)]
    if mask.dtype != np.bool_ or not arrays or any(a.dtype != np.float64 for a in arrays):
        return None
    return np.where(mask, *numbers)
