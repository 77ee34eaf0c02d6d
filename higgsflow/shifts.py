"""How a source changes columns: from branches, from a function, or from a correctionlib file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np

from higgsflow.corrections.draws import normal
from higgsflow.corrections.evaluate import Source, evaluate
from higgsflow.corrections.jets import hybrid_factor, stochastic_factor
from higgsflow.corrections.met import propagated
from higgsflow.errors import UnknownName, VariationError
from higgsflow.events.columns import get_column
from higgsflow.model.reference import resolve
from higgsflow.model.systematic import CENTRAL, IndependentCollection

if TYPE_CHECKING:
    from higgsflow.model.shift import Shift

ak = lazy.load("awkward")

# of a smearing, so that no draw makes a momentum negative
_SMALLEST = 0.01


def kept_column(correction: str, column: str, direction: str) -> str:
    """Where a direction of a nominal correction is kept, beside what the correction makes."""
    return f"{column}_{correction}_{direction}"


def shifted(events: Any, source: Shift, direction: str) -> dict[str, Any]:
    """The changed columns, missing momentum that follows among them."""
    columns = _shifted(events, source, direction)
    if source.met is not None:
        pt, phi = (get_column(events, name) for name in source.met.columns)
        objects = events[source.collection]
        moved = (objects.pt, columns[f"{source.collection}_pt"], objects.phi)
        found = propagated((pt, phi), moved, source.met.pt_min)
        columns |= dict(zip(source.met.columns, found, strict=True))
    return columns


def _shifted(events: Any, source: Shift, direction: str) -> dict[str, Any]:
    if source.method == "from_branch":
        return _from_branches(events, source, direction)
    if source.method == "from_function":
        return _from_function(events, source, direction)
    if isinstance(source, IndependentCollection) and source.of_correction:
        kept = (source.of_correction, direction)
        return {
            name: get_column(events, kept_column(kept[0], name, kept[1]))
            for name in source.branch_modified
        }
    return _from_file(events, source, direction)


def _from_branches(events: Any, source: Shift, direction: str) -> dict[str, Any]:
    columns = zip(source.branch_modified, source.branches[direction], strict=True)
    pairs = {target: get_column(events, origin) for target, origin in columns}
    if source.additive:
        return {name: get_column(events, name) + shift for name, shift in pairs.items()}
    return pairs


def _from_function(events: Any, source: Shift, direction: str) -> dict[str, Any]:
    result = resolve(str(source.function))(events, direction, **source.kwargs)
    if not isinstance(result, Mapping):
        result = {source.branch_modified[0]: result}
    for column in source.branch_modified:
        if column not in result:
            raise UnknownName("column", column, list(result), f"what '{source.name}' returned")
    for column in result:
        if column not in source.branch_modified:
            raise VariationError(
                f"'{source.name}' returned column '{column}', which it does not modify",
                "",
                "name it in branch_modified, or do not return it",
            )
    return {column: result[column] for column in source.branch_modified}


def _from_file(events: Any, source: Shift, direction: str) -> dict[str, Any]:
    amount = _amount(events, source, direction)
    columns = {name: get_column(events, name) for name in source.branch_modified}
    if source.mode == "additive":
        return {name: values + amount for name, values in columns.items()}
    return {name: values * amount for name, values in columns.items()}


def objects_of(events: Any, source: Shift) -> str | None:
    """The collection whose objects are changed; None where it is the event."""
    is_collection = source.collection in events.fields and events[source.collection].fields
    return source.collection if is_collection else None


def _amount(events: Any, source: Shift, direction: str) -> Any:
    """The factor, or the number to add, per object or per event."""
    assert source.correction is not None
    objects = objects_of(events, source)
    where = Source(events, objects, objects)
    asked = direction if source.scale_factor is None else CENTRAL
    value = evaluate(source.correction, asked, where, source.name)
    if source.mode == "uncertainty":
        return 1 + float(source.correction.variations.get(direction, 0)) * value
    if source.mode not in ("smear", "resolution"):
        return value
    draw = normal(events, source.name, objects, source.seed)
    if source.scale_factor is None:
        return np.maximum(1 + draw * value, _SMALLEST)
    factor = evaluate(source.scale_factor, direction, where, source.name)
    if source.gen is None:
        return stochastic_factor(value, factor, draw)
    generated = events[source.gen.collection]
    return hybrid_factor(events[objects], generated, (value, factor, draw), source.gen)
