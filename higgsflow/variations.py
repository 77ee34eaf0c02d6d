"""Variations of the nominal events: one shift at a time, and what it makes of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np

from higgsflow.compiled.choice import compiled
from higgsflow.errors import UnknownName, VariationError
from higgsflow.events.plain_values import plain_values, values_of_objects
from higgsflow.events.users_code import UNLIKE_ARRAYS, as_array, shown, unlike_column
from higgsflow.model.defined_in import blaming
from higgsflow.model.systematic import IndependentCollection, NominalCorrection
from higgsflow.shifts import shifted
from higgsflow.weights import Factors, evaluate_early

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.shift import Shift
    from higgsflow.model.systematic import Systematics, WeightSystematic

ak = lazy.load("awkward")

# kinds of real numbers, which are no answers to a question
_NUMBERS = "iuf"


def input_columns(source: Shift) -> tuple[str, ...]:
    """The columns of the input that a source needs."""
    names = [*source.branch_modified, *(c for cs in source.branches.values() for c in cs)]
    names += [column for one in source.corrections for column in one.columns]
    names += source.requires_branches
    if source.met is not None:
        names += [*source.met.columns, f"{source.collection}_phi"]
    if source.gen is not None:
        names += [*source.gen.columns, f"{source.collection}_eta", f"{source.collection}_phi"]
    if isinstance(source, NominalCorrection) and source.undo:
        names.append(str(source.already_in))
    return tuple(dict.fromkeys(names))


def find_variation(systematics: Systematics, name: str) -> tuple[IndependentCollection, str]:
    """The source and direction of a variation such as `jes_up`.

    Raises:
        UnknownName: with the nearest known name.
    """
    found = systematics.by_variation.get(name)
    if found is None:
        raise UnknownName("variation", name, systematics.variations, "the systematics")
    return found


def shift_bounds(systematics: Systematics) -> dict[str, float | None]:
    """The largest relative shift of each column by any source; None where none is declared."""
    bounds: dict[str, float | None] = {}
    for source in systematics.independent_collections.values():
        for column in source.branch_modified:
            known = bounds.get(column, 0.0)
            undeclared = known is None or source.bound is None
            bounds[column] = None if undeclared else max(known or 0.0, source.bound or 0.0)
        bounds |= dict.fromkeys(set(source.changes) - set(source.branch_modified))
    return bounds


def apply_variation(events: PlainEvents, source: Shift, direction: str) -> PlainEvents:
    """The nominal events with exactly this one shift applied.

    Raises:
        VariationError: when the shift has another shape or leaves its declared bound.
    """
    return events.with_columns(shifted_columns(events, source, direction))


def factors_under(
    variation: str,
    events: PlainEvents,
    nominal: Mapping[str, tuple[WeightSystematic, Factors]],
    touched: Collection[str],
    varying: Collection[str],
) -> dict[str, tuple[WeightSystematic, Factors]]:
    """The factors of weights under a variation, the nominal ones of those that it does not touch.

    `events` are those of the variation; of factors that are made again only the central ones and
    those of the direction that is central under it are there. `varying` are the columns that any
    variation changes.
    """
    found = {}
    for name, (weight, known) in nominal.items():
        direction, factors = weight.under.get(variation), known
        if name in touched:
            wanted = () if direction is None else (direction,)
            factors = evaluate_early(weight, events, varying, wanted)
        found[name] = (weight, factors.under(direction))
    return found


def shifted_columns(events: PlainEvents, source: Shift, direction: str) -> dict[str, Any]:
    """The changed columns, of the shape that they had, as plain arrays.

    Raises:
        VariationError: when the shift has another shape or leaves its declared bound.
    """
    with blaming(source.function):
        return _checked(events, source, direction)


def _checked(events: PlainEvents, source: Shift, direction: str) -> dict[str, Any]:
    found = {}
    try:
        changed = shown(events, lambda view: shifted(view, source, direction))
    except UNLIKE_ARRAYS:
        if source.met is None:
            raise
        # momenta that nothing can follow are told as what they are
        _checked(events, source.model_copy(update={"met": None}), direction)
        raise
    for column, values in changed.items():
        what = f"'{source.name}' {direction} of '{column}'"
        found[column] = _plain(values, column, events, what)
        if source.method == "correctionlib":
            found[column] = _left_if_no_number(events.column(column), found[column])
        _check_numbers(what, (events.column(column), found[column]))
        bound = source.bound if isinstance(source, IndependentCollection) else None
        if bound is not None and column in source.branch_modified:
            _check_bound(what, bound, (events.column(column), found[column]))
    return found


def _plain(values: Any, column: str, events: PlainEvents, what: str) -> Any:
    """A changed column as the array that it replaces."""
    if found := unlike_column(values):
        raise VariationError(f"{what} is {found}", "", "return values in place of the column")
    if len(values) != len(events):
        found = f"{what} has {len(values)} entries for {len(events)} events"
        raise VariationError(found, "", "it is given all events: return what each of them has")
    if _is_put_together(values):
        found = f"{what} holds what is no number"
        values = as_array(values, VariationError(found, "", "return an array of numbers"))
    lists = events.lists_of(column)
    if lists is None:
        return _of_events(values, column, events, what)
    jagged = values_of_objects(values)
    if jagged is None:
        jagged = values_of_objects(_definite(values, what))
    if jagged is None:
        raise VariationError(f"{what} is not one number for each object", str(ak.type(values)))
    if not _are_same(jagged[1], lists.offsets):
        raise VariationError(f"{what} changed the number of objects: shift them, do not select")
    return _as_stored(jagged[0], column, events, what)


def _is_put_together(values: Any) -> bool:
    """Whether these are objects of Python, which may be numbers."""
    # awkward would look for a field of this name
    if isinstance(values, ak.Array):
        return False
    return isinstance(values, list | tuple) or getattr(values, "dtype", None) == np.object_


def _of_events(values: Any, column: str, events: PlainEvents, what: str) -> Any:
    """One number for each event, or what only awkward can hold where the column is such."""
    found = values
    if isinstance(values, np.ma.MaskedArray) or not isinstance(plain_values(values), np.ndarray):
        found = _definite(values, what)
    found = plain_values(found)
    if column in events.flat and (not isinstance(found, np.ndarray) or found.ndim != 1):
        raise VariationError(f"{what} is not one number for each event", str(ak.type(values)))
    return _as_stored(found, column, events, what)


def _definite(values: Any, what: str) -> Any:
    """Without the type of what may be missing, which awkward gives to the maximum of a list."""
    array = ak.Array(values)
    missing = ak.is_none(array, axis=-1)
    if n := int(ak.sum(missing, axis=None)):
        raise VariationError(
            f"{what} is missing {n} times", "", "say what it is there, as with `ak.fill_none`"
        )
    return ak.fill_none(array, 0, axis=-1)


def _are_same(one: Any, other: Any) -> bool:
    # mostly it is the very array, and need not be looked through
    return one is other or np.array_equal(one, other)


def _as_stored(values: Any, column: str, events: PlainEvents, what: str) -> Any:
    """Real numbers as float64, as the nominal events have them, whatever the shift made of them."""
    if not isinstance(values, np.ndarray):
        is_narrow = "float32" in str(ak.type(values))
        return ak.values_astype(values, np.float64) if is_narrow else values
    if values.dtype == np.float64:
        return values
    stored = events.kind(column).kind
    if values.dtype.kind not in (*_NUMBERS, stored):
        raise VariationError(f"{what} is of type {values.dtype}, not a number")
    is_real = values.dtype.kind == "f" or stored == "f"
    return values.astype(np.float64) if is_real else values


def _left_if_no_number(before: Any, after: Any) -> Any:
    """What is no number, infinity neither, stays as it is: files have no factor for it."""
    if not isinstance(before, np.ndarray) or before.dtype.kind != "f":
        return after
    known = np.isfinite(before)
    return after if known.all() else np.where(known, after, before)


def _check_numbers(what: str, arrays: tuple[Any, Any]) -> None:
    """Raises where a number became none: it would fail every cut, and nobody would know."""
    before, after = arrays
    if not isinstance(after, np.ndarray) or after.dtype.kind != "f":
        return
    lost = ~np.isfinite(after)
    if not lost.any():
        return
    if isinstance(before, np.ndarray) and before.dtype.kind == "f":
        lost &= np.isfinite(before)
    if n := int(lost.sum()):
        raise VariationError(
            f"{what} is {after[lost][0]} {n} times, where the column is a number",
            "",
            "say what it is there, as with `np.where`",
        )


def _check_bound(what: str, bound: float, arrays: tuple[Any, Any]) -> None:
    before, after = arrays
    if _are_near(before, after, bound):
        return
    with np.errstate(invalid="ignore", divide="ignore"):
        kept = _near(before, after, bound)
        # what is not a number stays so: a skim cannot see it become one
        excess = ~kept & ~np.isnan(after) & (before != after)
        worst = float(np.max(np.abs(after / before - 1)[excess], initial=0.0))
    if excess.any():
        raise VariationError(
            f"{what} shifts by up to {worst:.3g}, its bound is {bound:g}",
            "",
            "declare a larger `bound`, or none",
        )


@compiled("columns.are_near")
def _are_near(before: Any, after: Any, bound: float) -> bool:
    """Whether no number moved by more than this fraction of itself, and all are numbers."""
    with np.errstate(invalid="ignore"):
        return bool(_near(before, after, bound).all())


def _near(before: Any, after: Any, bound: float) -> Any:
    # rounding of the shift itself must not count as a broken promise
    return np.abs(after - before) <= np.abs(before) * (bound * (1 + 1e-9)) + 1e-12
