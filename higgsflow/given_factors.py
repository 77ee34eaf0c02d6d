"""What columns and functions of users give as factors: of events or objects, or an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.errors import WeightError, nearest
from higgsflow.events.plain import PlainEvents
from higgsflow.events.users_code import as_array, asked, shown, unlike_column
from higgsflow.model.reference import resolve
from higgsflow.model.systematic import CENTRAL

if TYPE_CHECKING:
    from collections.abc import Collection

    from higgsflow.model.systematic import WeightSystematic

ak = lazy.load("awkward")

Array = npt.NDArray[np.float64]
_KINDS = "biuf"
_NUMBERS = "return an array of numbers, 1.0 where there is nothing to change"


def factors_of_function(
    weight: WeightSystematic, events: Any, target: str | None
) -> Mapping[str, Any]:
    """What a user's function says of the events, or of one of their collections, by direction.

    Raises:
        WeightError: when it gives other directions than the source declares, or none.
    """
    function = resolve(str(weight.function))

    def called(view: Any) -> Any:
        return function(view if target is None else view[target], **weight.kwargs)

    # it may look at all columns of kept events, and looks at a few
    result = (shown if isinstance(events, PlainEvents) else asked)(events, called)
    if not isinstance(result, Mapping):
        found = "nothing" if result is None else type(result).__name__
        what = f"'{weight.name}' returned {found}, not factors by direction"
        raise WeightError(what, "", 'return {"up": ..., "down": ...}')
    _check_directions(weight, result)
    return result


def _check_directions(weight: WeightSystematic, result: Mapping[str, Any]) -> None:
    wanted = (*weight.directions, *((CENTRAL,) if weight.modify_central_weight else ()))
    for direction in wanted:
        if direction not in result:
            what = f"'{weight.name}' returned no direction '{direction}'"
            raise WeightError(what, "", _instead(direction, result, wanted))
    for direction in result:
        if direction not in (CENTRAL, *weight.directions):
            raise WeightError(
                f"'{weight.name}' returned direction '{direction}', which it does not declare",
                f"declared: {', '.join(weight.directions)}",
                "name it in `directions`, or do not return it",
            )


def _instead(direction: str, result: Mapping[str, Any], wanted: Collection[str]) -> str:
    """What to write where a function returned no factors of a direction."""
    if guess := nearest(direction, set(map(str, result)).difference(wanted)):
        return f"it returned '{guess}': call it '{direction}'"
    if direction == CENTRAL:
        return "return the central factors too, or take `modify_central_weight` out"
    return "return it too, or name those that there are: `directions: [up]`"


def one_per_event(values: Any, weight: WeightSystematic) -> Array:
    """Numbers of which each event has one; one that is missing is NaN.

    Raises:
        WeightError: for anything else.
    """
    if found := unlike_column(values):
        what = f"'{weight.name}' returned {found} as a factor, not one for each event"
        raise WeightError(what, "", _NUMBERS)
    array = values if type(values) is np.ndarray else _array(values, weight)
    if array.ndim != 1:
        what = f"'{weight.name}' has more than one factor per event"
        raise WeightError(what, str(ak.type(array)), "type: object?")
    if type(array) is not np.ndarray:
        layout = ak.to_layout(array)
        if layout.is_union:
            raise WeightError(f"'{weight.name}' has factors of several types", "", _NUMBERS)
        # to fill in what is missing takes long also where nothing can be
        array = layout.data if layout.is_numpy else ak.to_numpy(ak.fill_none(array, np.nan))
    if array.dtype.kind not in _KINDS:
        what = f"'{weight.name}' has factors of type {array.dtype}, not numbers"
        raise WeightError(what, "", _NUMBERS)
    return np.asarray(array, dtype=np.float64)


def product_of_each_event(factors: Any, weight: WeightSystematic) -> Array:
    """Per event the product of what a function gave for each of its objects.

    Raises:
        WeightError: for anything that has not one number for each object.
    """
    found = unlike_column(factors)
    array = None if found else _array(factors, weight)
    if array is None or array.ndim != 2 or "string" in str(array.type):
        what = found or str(ak.type(array))
        raise WeightError(
            f"'{weight.name}' returned {what}, not factors of objects",
            "",
            "return a list of factors for each event, one per object",
        )
    return one_per_event(ak.prod(array, axis=1), weight)


def _array(values: Any, weight: WeightSystematic) -> Any:
    # derives from awkward's arrays, and awkward waits until events are there
    from higgsflow.events.quick_values import numbers_of  # noqa: PLC0415

    if (known := numbers_of(values)) is not None:
        return known
    what = f"'{weight.name}' returned {type(values).__name__} that is not of numbers"
    return as_array(values, WeightError(what, "", _NUMBERS))
