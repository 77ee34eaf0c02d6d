"""What a systematic is made from, held against the kinds of columns that files have.

A look-up per event is asked with one number for each, one per object with those of its objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.errors import InvalidConfiguration
from higgsflow.events.kinds import kind_of
from higgsflow.model.shift import Shift
from higgsflow.model.systematic import WeightSystematic
from higgsflow.weight_columns import factor_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from higgsflow.model.source import Systematic

    Needed = Iterator[tuple[str, str]]

# whose numbers a column has, beside the names of collections
_EVENT, _ANY = "", "any"


def check_source(source: Systematic, types: Mapping[str, str], url: str) -> None:
    """Raises where a source needs numbers of the event or of its objects, and a column has others.

    Of columns that files do not have, as those that taggers add, nothing is known here.

    Raises:
        InvalidConfiguration: that names the column.
    """
    for column, owner in _needed(source, types):
        found = _owner(column, types)
        if found is not None and found != owner and not (found and owner == _ANY):
            what = f"'{column}' has {_numbers(found)}, but '{source.name}' needs {_numbers(owner)}"
            raise InvalidConfiguration(what, f"in {url}", _remedy(source, column, owner, found))


def _owner(column: str, types: Mapping[str, str]) -> str | None:
    """Whose numbers a column has: of a collection, or of the event; None where that is unknown."""
    kind = kind_of(types[column]) if column in types else "text"
    if kind == "list":
        return column.partition("_")[0]
    # a class with other types inside may be anything
    return _EVENT if kind == "number" and "<" not in types[column] else None


def _numbers(owner: str) -> str:
    if owner == _EVENT:
        return "one number per event"
    return "one per object" if owner == _ANY else f"one per object of {owner}"


def _remedy(source: Systematic, column: str, owner: str, found: str) -> str:
    if isinstance(source, WeightSystematic) and column in factor_inputs(source):
        kind = "object" if source.type == "event" else "event"
        return f"take another column, or say `type: {kind}`"
    if owner == _EVENT:
        return "take a column with one number per event"
    is_input = any(column in correction.columns for correction in source.corrections)
    if found == _EVENT and is_input:
        return f"say `{{event_column: {column}}}` if that is meant"
    return "take a column of these objects"


def _needed(source: Systematic, types: Mapping[str, str]) -> Needed:
    """Every column, and whose numbers it has to have."""
    if isinstance(source, WeightSystematic):
        yield from _of_weight(source)
    elif isinstance(source, Shift):
        yield from _of_branches(source, types)
        yield from _of_objects(source, types)


def _of_weight(weight: WeightSystematic) -> Needed:
    for name in factor_inputs(weight):
        yield name, _EVENT if weight.type == "event" else _ANY
    yield from dict.fromkeys(weight.event_columns, _EVENT).items()
    if weight.vector is not None:
        yield weight.vector.branch, _ANY
    if weight.preserved is not None and weight.preserved.column:
        yield weight.preserved.column, _EVENT


def _of_branches(shift: Shift, types: Mapping[str, str]) -> Needed:
    """What a column is replaced with may be of other objects, if these are as many."""
    for origins in shift.branches.values():
        for name, origin in zip(shift.branch_modified, origins, strict=True):
            owner = _owner(name, types)
            if owner is not None:
                yield origin, _ANY if owner else _EVENT


def _of_objects(shift: Shift, types: Mapping[str, str]) -> Needed:
    """What a correction is asked with, and what else is of the objects that are shifted."""
    owner = _owner(shift.branch_modified[0], types)
    for correction in shift.corrections if owner is not None else ():
        of_event = correction.event_columns
        for name in correction.columns:
            yield name, _EVENT if name in of_event else str(owner)
    if shift.met is not None:
        yield shift.branch_modified[0], _ANY
    if shift.gen is not None:
        yield shift.gen.index, shift.collection
