"""Event weights: the generator weight, central factors, and the factors of each direction."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from higgsflow.corrections.evaluate import Source, count_clamped, evaluate_each, seen
from higgsflow.errors import UnknownName, WeightError
from higgsflow.events.columns import get_column
from higgsflow.events.lists import Index, from_counts, product_of_each
from higgsflow.events.plain import PlainEvents
from higgsflow.given_factors import factors_of_function, one_per_event, product_of_each_event
from higgsflow.model.defined_in import blaming
from higgsflow.model.systematic import CENTRAL, WeightSystematic
from higgsflow.profiling import span
from higgsflow.records.moments import LARGEST
from higgsflow.vectors import vector_factors
from higgsflow.weight_columns import input_columns, of_collection, target_columns
from higgsflow.working_points import at_working_point

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

Array = npt.NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True)
class Factors:
    """Factors of one source for n events; central is None where the source has none.

    Attributes:
        notes: what there is to say of them, such as how many values were outside of their bins.
    """

    central: Array | None
    directions: dict[str, Array]
    notes: dict[str, int] = field(default_factory=dict)

    def where(self, mask: npt.NDArray[np.bool_]) -> Factors:
        """The factors inside the mask, 1 outside it."""
        central = None if self.central is None else np.where(mask, self.central, 1.0)
        varied = {d: np.where(mask, f, 1.0) for d, f in self.directions.items()}
        return Factors(central, varied)

    def take(self, rows: Index) -> Factors:
        """The factors of some events."""
        central = None if self.central is None else self.central.take(rows)
        return Factors(central, {d: f.take(rows) for d, f in self.directions.items()})

    def between(self, first: int, end: int) -> Factors:
        """The factors of events that follow each other, not copied."""
        central = None if self.central is None else self.central[first:end]
        return Factors(central, {d: f[first:end] for d, f in self.directions.items()})

    def under(self, direction: str | None) -> Factors:
        """The factors with those of a direction as the central ones; the same for None."""
        if direction is None:
            return self
        return Factors(self.directions[direction], self.directions, self.notes)

    @property
    def only_central(self) -> Factors:
        """The central factors, which are all that matters under a variation of the events."""
        return Factors(self.central, {}, self.notes)


def concatenated(parts: Sequence[Factors]) -> Factors:
    """The factors of several sets of events, one after the other."""
    central = None
    if parts[0].central is not None:
        central = np.concatenate([part.central for part in parts if part.central is not None])
    directions = parts[0].directions
    return Factors(
        central, {d: np.concatenate([p.directions[d] for p in parts]) for d in directions}
    )


def evaluate_early(
    weight: WeightSystematic,
    events: PlainEvents,
    varying: Collection[str],
    wanted: Collection[str] | None = None,
) -> Factors:
    """The factors of a source that needs no tagger.

    A function does not see what variations change and it does not declare: it would not be asked
    again under these.
    """
    if weight.method == "from_function":
        events = events.without(frozenset(varying).difference(input_columns(weight)))
    return evaluate(weight, events.view, wanted)


@span("weights")
def evaluate(
    weight: WeightSystematic, events: Any, wanted: Collection[str] | None = None
) -> Factors:
    """The factors of one source for n events, of all directions or of those that are wanted.

    The events are plain ones, or as code of users sees them. Of a source that is restricted to
    tags factors may be not finite: outside of these they do not count (`check_factors`).

    Raises:
        WeightError: for a factor that is not finite or not one per event; names the event.
    """
    with blaming(weight.function):
        values, notes = _checked(weight, events, wanted)
    central = values.pop(CENTRAL, None)
    return Factors(central, {d: values[d] for d in weight.directions if d in values}, notes)


def _checked(
    weight: WeightSystematic, events: Any, wanted: Collection[str] | None
) -> tuple[dict[str, Array], dict[str, int]]:
    """Factors by direction, the central one among them, and what there is to say of them."""
    notes: dict[str, int] = {}
    if weight.type == "object":
        per_target = [
            _object_factors(weight, events, target, wanted) for target in _targets(weight)
        ]
        values = {d: reduce(np.multiply, [p[d] for p in per_target]) for d in per_target[0]}
    elif weight.vector is not None:
        values, missing = vector_factors(weight.vector, seen(events), weight.name)
        notes["no_variation"] = missing
    else:
        by_direction = _by_direction(weight, events, wanted)
        values = {d: one_per_event(array, weight) for d, array in by_direction.items()}
    for direction, factor in values.items():
        _check(weight, direction, factor, events)
    return values, notes


def _chosen(by_direction: Mapping[str, T], wanted: Collection[str] | None) -> dict[str, T]:
    """Those of directions that are wanted, and of the central factor; all for None."""
    return {d: of for d, of in by_direction.items() if wanted is None or d in (CENTRAL, *wanted)}


def clamped(weight: WeightSystematic, events: Any) -> dict[str, int]:
    """Per input of its correction how many values were outside the bins, where that is known."""
    if weight.correction is None:
        return {}
    direction = _correction_directions(weight)[0]
    found: dict[str, int] = {}
    for target in _targets(weight) if weight.type == "object" else (None,):
        source = _source(weight, events, target)
        of_target = count_clamped(weight.correction, direction, source, weight.name)
        found = {name: found.get(name, 0) + n for name, n in of_target.items()}
    return found


def _targets(weight: WeightSystematic) -> tuple[str, ...]:
    return weight.target_collections or (str(weight.input_collection),)


def _by_direction(
    weight: WeightSystematic, events: Any, wanted: Collection[str] | None
) -> Mapping[str, Any]:
    if weight.method == "from_branch":
        columns = _chosen(weight.branches, wanted)
        return {d: get_column(seen(events), column) for d, column in columns.items()}
    if weight.correction is not None:
        return _corrected(weight, Source(events), wanted)
    return _chosen(factors_of_function(weight, events, None), wanted)


def _source(weight: WeightSystematic, events: Any, target: str | None) -> Source:
    """Where the inputs of a correction are: of a collection, or of one object of the event."""
    if target is None or _is_collection(target, events):
        return Source(events, target, weight.input_collection)
    return Source(events, None, weight.input_collection, one=target)


def _is_collection(target: str, events: Any) -> bool:
    return target in (events.collections if isinstance(events, PlainEvents) else events.fields)


def _correction_directions(weight: WeightSystematic) -> tuple[str, ...]:
    """The directions to ask a file for; one without variations has a central value."""
    assert weight.correction is not None
    return tuple(weight.correction.variations) or (CENTRAL,)


def _corrected(
    weight: WeightSystematic, source: Source, wanted: Collection[str] | None
) -> dict[str, Array]:
    """Per direction the factor of each event, or of each object."""
    correction = weight.correction
    assert correction is not None
    return {
        direction: evaluate_each(correction, direction, source, weight.name)
        for direction in _chosen(dict.fromkeys(_correction_directions(weight)), wanted)
    }


def _object_factors(
    weight: WeightSystematic, events: Any, target: str, wanted: Collection[str] | None
) -> dict[str, Array]:
    """Per direction the product over the objects of one collection; 1 for an empty list."""
    _check_fields(weight, events, target)
    if weight.correction is not None:
        source = _source(weight, events, target)
        found = _corrected(weight, source, wanted)
        if weight.working_point is not None:
            found = at_working_point(weight.working_point, found, source, weight.name)
        if source.counts is None:
            return found
        lists = from_counts(source.counts)
        return {d: product_of_each(factors, lists) for d, factors in found.items()}
    if weight.method == "from_branch":
        objects = seen(events)[target]
        branches = _chosen(weight.branches, wanted)
        columns = {d: of_collection(weight, name) for d, name in branches.items()}
        by_object = {d: objects[name.partition("_")[2]] for d, name in columns.items()}
    else:
        by_object = _chosen(factors_of_function(weight, events, target), wanted)
    return {d: product_of_each_event(f, weight) for d, f in by_object.items()}


def _check_fields(weight: WeightSystematic, events: Any, target: str) -> None:
    """Raises an `UnknownName` where the objects of a target lack what the factors are made from."""
    if not _is_collection(target, events):
        return
    columns = weight.branches.values()
    names = {of_collection(weight, name).partition("_")[2] for name in columns}
    if weight.correction is not None:
        names = {name.removeprefix(f"{target}_") for name in target_columns(weight, target)}
    is_plain = isinstance(events, PlainEvents)
    known = (events.collections if is_plain else events)[target].fields
    for name in sorted(names.difference(known)):
        where = f"'{target}', over whose objects '{weight.name}' multiplies"
        raise UnknownName("column", name, known, where)


def _check(weight: WeightSystematic, direction: str, factor: Array, events: Any) -> None:
    if len(factor) != len(events):
        what = f"'{weight.name}': {len(factor)} factors for {len(events)} events"
        raise WeightError(what, "", "it is given all events: return one factor for each")
    if not weight.modifies_taggers:
        check_finite(f"'{weight.name}' {direction}", factor, lambda: events)


def check_factors(weight: WeightSystematic, factors: Factors, find: Callable[[], Any]) -> None:
    """Raises a `WeightError` for factors that are not finite; `find` gives their events."""
    central = {} if factors.central is None else {CENTRAL: factors.central}
    for direction, factor in {**central, **factors.directions}.items():
        check_finite(f"'{weight.name}' {direction}", factor, find)


def check_finite(what: str, values: Array, find: Callable[[], Any]) -> None:
    """Raises a `WeightError` that names the first event whose value is not finite, or too large.

    `find` gives the events.
    """
    # what is no number is neither the least nor the largest of all
    if not len(values) or (values.min() >= -LARGEST and values.max() <= LARGEST):
        return
    bad, events = np.flatnonzero(~(np.abs(values) <= LARGEST)), seen(find())
    names = [n for n in ("run", "luminosityBlock", "event") if n in events.fields]
    event = ":".join(str(events[n][int(bad[0])]) for n in names)
    raise WeightError(
        f"{what} is {values[bad[0]]} for event {event}",
        f"and {len(bad) - 1} more" if len(bad) > 1 else "",
    )
