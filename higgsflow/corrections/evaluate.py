"""Evaluating a correctionlib file on events, per event or per object."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.corrections.binned import BinMemo
from higgsflow.corrections.files import Evaluator, evaluator
from higgsflow.errors import WeightError, said_by
from higgsflow.events.columns import get_column
from higgsflow.events.plain import PlainEvents

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from higgsflow.model.correction import Correction, CorrectionInput

ak = lazy.load("awkward")

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """Where the columns of a correction's inputs are: in events as they are computed on, or seen.

    Attributes:
        objects: the collection whose objects each get a value; None for one value per event.
        prefix: what the names of its columns begin with, `Jet` also for the chosen jets.
        one: the one object whose columns are of the event: `Photon_pt` is `lead_pt` of `lead`.
        bins: where the inputs are in those of corrections.
    """

    events: Any
    objects: str | None = None
    prefix: str | None = None
    one: str | None = None
    # directions ask for the same, and are in the same bins of it
    _known: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)
    bins: BinMemo = field(default_factory=BinMemo, repr=False, compare=False)

    @cached_property
    def counts(self) -> Any:
        """Objects per event; None where there is one value per event."""
        if self.objects is None:
            return None
        if isinstance(self.events, PlainEvents):
            return self.events.collections[self.objects].lists.counts
        return ak.to_numpy(ak.num(self.events[self.objects]))

    @property
    def n(self) -> int:
        """How many values there will be."""
        return len(self.events) if self.counts is None else int(self.counts.sum())

    def of_event(self, name: str) -> Array:
        """A column of the event, once per value."""
        if isinstance(self.events, PlainEvents):
            values = _flat(self.events.column(name))
        else:
            values = _flat(get_column(self.events, name))
        return values if self.counts is None else np.repeat(values, self.counts)

    def column(self, name: str) -> Array:
        """A column of the objects, or of the event where there are none."""
        known: Array = self.once(name, lambda: self._column(name))
        return known

    def once(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        """What was made of the columns under this name."""
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]

    def _column(self, name: str) -> Array:
        if self.objects is None and self.one is None:
            return self.of_event(name)
        prefix, _, field = name.partition("_")
        if not field or prefix != (self.prefix or prefix):
            field = name
        if self.one is not None:
            return self.of_event(f"{self.one}_{field}")
        if isinstance(self.events, PlainEvents):
            return _flat(self.events.collections[str(self.objects)].columns[field])
        return _flat(ak.flatten(self.events[self.objects][field], axis=1))


def seen(events: Any) -> Any:
    """Events as code of users sees them."""
    return events.view if isinstance(events, PlainEvents) else events


def evaluate(correction: Correction, direction: str, source: Source, owner: str) -> Any:
    """Values per event, or per object of a collection, jagged as it is.

    What has an input that is not a finite number has the value NaN.

    Raises:
        WeightError: when the file refuses the inputs; names them, with their ranges.
    """
    values = evaluate_each(correction, direction, source, owner)
    return values if source.counts is None else ak.unflatten(values, source.counts)


def evaluate_each(correction: Correction, direction: str, source: Source, owner: str) -> Array:
    """The same, those of all objects one after the other."""
    found = evaluator(correction, direction, owner)
    inputs = {
        name: _input(correction, name, kind, (direction, source))
        for name, kind in found.inputs.items()
    }
    return _called(found, inputs, source, f"'{owner}' {direction}")


def count_clamped(
    correction: Correction, direction: str, source: Source, owner: str
) -> dict[str, int]:
    """How many values of each input lie outside its bins and are given the nearest one.

    Only of inputs for which the file says it plainly: one range of bins, no transformation.
    """
    found = evaluator(correction, direction, owner)
    outside = {}
    for name, (low, high) in found.clamped.items():
        values = _input(correction, name, found.inputs[name], (direction, source))
        if isinstance(values, np.ndarray):
            outside[name] = int(((values < low) | (values >= high)).sum())
    return outside


def _input(correction: Correction, name: str, kind: str, what: tuple[str, Source]) -> Any:
    """One input as a flat array, or as a number or word that is the same everywhere."""
    direction, source = what
    given = correction.inputs[name]
    if given.variation:
        return _typed(correction.variations[direction], kind)
    if given.value is not None:
        return _typed(given.value, kind)
    return source.once(
        (given.event_column, given.column, given.transform), lambda: _read(given, source)
    )


def _read(given: CorrectionInput, source: Source) -> Array:
    if given.event_column is not None:
        values = source.of_event(given.event_column)
    else:
        values = source.column(str(given.column))
    return np.abs(values) if given.transform == "abs" else values


def _typed(value: Any, kind: str) -> Any:
    return {"string": str, "int": int, "real": float}[kind](value)


def _flat(values: Any) -> Array:
    if isinstance(values, np.ndarray):
        return values.astype(np.float64, copy=False)
    layout = getattr(values, "layout", None)
    if layout is not None and layout.is_numpy:
        return np.asarray(layout.data, dtype=np.float64)
    return np.asarray(ak.to_numpy(ak.fill_none(values, np.nan)), dtype=np.float64)


def _called(found: Evaluator, inputs: Mapping[str, Any], source: Source, owner: str) -> Array:
    n = source.n
    arrays = {name: array for name, array in inputs.items() if isinstance(array, np.ndarray)}
    # these are kept with the source, so nothing else gets their identities
    sound = source.once(tuple(map(id, arrays.values())), lambda: _are_finite(arrays.values(), n))
    if sound.all():
        return _values(found, inputs, (n, source.bins), owner) if n else np.zeros(0)
    values = np.full(n, np.nan)
    if sound.any():
        of_sound = {name: array[sound] for name, array in arrays.items()}
        whole = int(sound.sum()), BinMemo()
        values[sound] = _values(found, {**inputs, **of_sound}, whole, owner)
    return values


def _are_finite(arrays: Iterable[Array], n: int) -> npt.NDArray[np.bool_]:
    """Which sets of n have only finite inputs."""
    found = np.ones(n, dtype=np.bool_)
    for array in arrays:
        found &= np.isfinite(array)
    return found


def _values(
    found: Evaluator, inputs: Mapping[str, Any], sets: tuple[int, BinMemo], owner: str
) -> Array:
    """The values of so many sets of finite inputs."""
    n, bins = sets
    arguments = {
        name: _as_type(inputs[name], kind) if isinstance(inputs[name], np.ndarray) else inputs[name]
        for name, kind in found.inputs.items()
    }
    words = {name: one for name, one in arguments.items() if not isinstance(one, np.ndarray)}
    table = found.table(words)
    looked_up = None if table is None else table.look_up(arguments, n, bins)
    if looked_up is not None:
        return looked_up
    try:
        return np.broadcast_to(found.evaluate(*arguments.values()), n)
    except (RuntimeError, IndexError, ValueError) as error:
        reason = said_by(error)
        given = ", ".join(_told(name, inputs[name]) for name in inputs)
        raise WeightError(f"{owner} cannot be evaluated", given, reason) from error


def _as_type(values: Array, kind: str) -> Any:
    return np.ascontiguousarray(values.astype(np.int64) if kind == "int" else values)


def _told(name: str, values: Any) -> str:
    if not isinstance(values, np.ndarray):
        return f"{name} = {values}"
    return f"{name} from {values.min():.6g} to {values.max():.6g}"
