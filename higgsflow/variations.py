"""Corrections of the nominal events, and variations: one shift of these at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np

from higgsflow.errors import UnknownName, VariationError
from higgsflow.events.columns import get_column, has_column, with_column
from higgsflow.model.systematic import CENTRAL, IndependentCollection, NominalCorrection
from higgsflow.shifts import ratio_column, shifted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from higgsflow.model.shift import Shift
    from higgsflow.model.systematic import Systematics

ak = lazy.load("awkward")


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
    """The source and direction of a variation such as `jes_up`."""
    for source in systematics.independent_collections.values():
        for direction, variation in zip(source.directions, source.variations, strict=True):
            if variation == name:
                return source, direction
    raise UnknownName("variation", name, systematics.variations, "the systematics")


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


def apply_corrections(
    events: Any, corrections: Iterable[NominalCorrection], systematics: Systematics
) -> Any:
    """The events with these nominal corrections applied, one after the other.

    Directions that an independent collection wants of one are kept beside, as ratios to the
    central one: what comes later acts on both alike.
    """
    for correction in corrections:
        before = _undone(events, correction)
        columns = _checked(before, correction, CENTRAL)
        wanted = [
            direction
            for source in systematics.independent_collections.values()
            if source.of_correction == correction.name
            for direction in source.directions
        ]
        events = before
        for name, values in columns.items():
            events = with_column(events, name, values)
        for direction in wanted:
            for name, values in _checked(before, correction, direction).items():
                kept = ratio_column(correction.name, name, direction)
                events = with_column(events, kept, _ratio(values, columns[name]))
    return events


def _undone(events: Any, correction: NominalCorrection) -> Any:
    """The events without the factor that the input carries already."""
    if correction.undo:
        factor = get_column(events, str(correction.already_in))
        for name in correction.branch_modified:
            events = with_column(events, name, get_column(events, name) / factor)
    return events


def _ratio(varied: Any, central: Any) -> Any:
    safe = ak.where(central == 0, 1.0, central)
    return ak.where(central == 0, 1.0, varied / safe)


def apply_variation(events: Any, source: Shift, direction: str) -> Any:
    """The nominal events with exactly this one shift applied.

    Raises:
        VariationError: when the shift has another shape or leaves its declared bound.
    """
    for column, values in _checked(events, source, direction).items():
        events = with_column(events, column, values)
    return events


def _checked(events: Any, source: Shift, direction: str) -> dict[str, Any]:
    """The changed columns, of the shape that they had."""
    columns = shifted(events, source, direction)
    for column, values in columns.items():
        nominal = get_column(events, column) if has_column(events, column) else values
        _check(source, direction, column, (nominal, values))
    return {column: _as_float64(values) for column, values in columns.items()}


def _as_float64(values: Any) -> Any:
    """Stacked beside the nominal events, which are float64, it would become so anyway."""
    return ak.values_astype(values, np.float64) if "float32" in str(ak.type(values)) else values


def _check(source: Shift, direction: str, column: str, arrays: tuple[Any, Any]) -> None:
    nominal, shifted = arrays
    what = f"'{source.name}' {direction} of '{column}'"
    if len(nominal) != len(shifted):
        raise VariationError(f"{what} has {len(shifted)} entries for {len(nominal)} events")
    if nominal.ndim > 1 and not ak.all(ak.num(nominal) == ak.num(shifted)):
        raise VariationError(f"{what} changed the number of objects: shift them, do not select")
    bound = source.bound if isinstance(source, IndependentCollection) else None
    if bound is None or column not in source.branch_modified:
        return
    before, after = (np.asarray(ak.to_numpy(ak.flatten(a, axis=None))) for a in arrays)
    with np.errstate(invalid="ignore", divide="ignore"):
        # rounding of the shift itself must not count as a broken promise
        allowed = np.abs(before) * bound * (1 + 1e-9) + 1e-12
        # what is not a number stays so: a skim cannot see it become one
        excess = ~(np.abs(after - before) <= allowed) & ~np.isnan(after) & (before != after)
        worst = float(np.max(np.abs(after / before - 1)[excess], initial=0.0))
    if excess.any():
        raise VariationError(
            f"{what} shifts by up to {worst:.3g}, its bound is {bound:g}",
            "",
            "declare a larger `bound`, or none",
        )
