"""How code of users is shown events, and what it may give back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import lazy_loader as lazy
import numpy as np

from higgsflow.events.arithmetic import Arithmetic

if TYPE_CHECKING:
    from collections.abc import Callable

    from higgsflow.errors import UserError
    from higgsflow.events.plain import PlainEvents

ak = lazy.load("awkward")

T = TypeVar("T")

# what code says that is given something which is like an array, and is none
UNLIKE_ARRAYS = (TypeError, ValueError, AttributeError, NotImplementedError)


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


def unlike_column(values: Any) -> str:
    """What code of a user gave instead of values of events or objects; empty where it did not."""
    if values is None:
        return "nothing"
    if type(values) is np.ndarray:
        return "" if values.ndim else "one value"
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__"):
        return type(values).__name__
    return "records" if isinstance(values, ak.Array) and values.fields else ""


def as_array(values: Any, refused: UserError) -> Any:
    """What a user's function put together, as an array that knows what is missing.

    Raises:
        UserError: the one that is given, where it holds what is no number.
    """
    try:
        return ak.Array(values)
    except (TypeError, ValueError) as error:
        raise refused from error
