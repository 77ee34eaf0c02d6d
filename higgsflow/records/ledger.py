"""What was counted of one variation; ledgers of chunks add to the ledger of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import SerializerFunctionWrapHandler, WrapSerializer

from higgsflow.model.noun import Frozen
from higgsflow.records.exact_counters import add_kept
from higgsflow.records.moments import MeasuredColumns, Moments
from higgsflow.selection.cutflow import Counter, CutFlow

T = TypeVar("T", bound=Any)


def _written(columns: Mapping[str, Moments], write: SerializerFunctionWrapHandler) -> Any:
    """Whatever holds the moments, pydantic writes a dictionary."""
    return write(dict(columns))


Measured = Annotated[Mapping[str, Moments], WrapSerializer(_written)]


class StepFlow(Frozen):
    """The cut flow of one group of cuts of one tagger."""

    step: int
    tagger: str
    group: str
    flow: CutFlow


class Ledger(Frozen):
    """Counters of one variation.

    Attributes:
        flows: cut flows per step, tagger and cut group.
        before: per tag the events of its mask, before overlap removal.
        after: per tag the events that got it.
        overlap: O_ij, events in the masks of tags i and j.
        moments: per tag and column, over the events after the sequence.
        yields: per tag the counter with the central weight, and with the full weight of each
            direction of each weight systematic.
        kept: sums before the cuts that would change them, by what they are of.
    """

    flows: tuple[StepFlow, ...] = ()
    before: dict[str, Counter] = {}
    after: dict[str, Counter] = {}
    overlap: tuple[tuple[int, ...], ...] = ()
    moments: dict[str, Measured] = {}
    yields: dict[str, dict[str, Counter]] = {}
    kept: dict[str, Counter] = {}

    def __add__(self, other: Ledger) -> Ledger:
        if not self.before:
            return other
        if not other.before:
            return self
        return Ledger.trusted(
            flows=tuple(_add_flows(a, b) for a, b in zip(self.flows, other.flows, strict=True)),
            before=_add_maps(self.before, other.before),
            after=_add_maps(self.after, other.after),
            overlap=tuple(
                tuple(a + b for a, b in zip(x, y, strict=True))
                for x, y in zip(self.overlap, other.overlap, strict=True)
            ),
            moments={
                tag: _add_columns(self.moments[tag], other.moments[tag])
                for tag in self.moments
                if tag in other.moments
            },
            yields=_add_nested(self.yields, other.yields),
            kept=add_kept(self.kept, other.kept),
        )


def _add_flows(a: StepFlow, b: StepFlow) -> StepFlow:
    if (a.step, a.tagger, a.group) != (b.step, b.tagger, b.group):
        raise ValueError(f"unlike steps: {a.step} {a.tagger} and {b.step} {b.tagger}")
    return StepFlow.trusted(step=a.step, tagger=a.tagger, group=a.group, flow=a.flow + b.flow)


def _add_maps(a: Mapping[str, T], b: Mapping[str, T]) -> dict[str, T]:
    """Sum by key, of the keys that both have: a column that one job did not make is not known."""
    return {key: a[key] + b[key] for key in a if key in b}


def _add_columns(a: Mapping[str, Moments], b: Mapping[str, Moments]) -> Mapping[str, Moments]:
    """At once where they are the same columns, as in all blocks of a job."""
    if isinstance(a, MeasuredColumns) and isinstance(b, MeasuredColumns) and tuple(a) == tuple(b):
        return a + b
    return _add_maps(a, b)


def _add_nested(
    a: Mapping[str, Mapping[str, T]], b: Mapping[str, Mapping[str, T]]
) -> dict[str, dict[str, T]]:
    return {key: _add_maps(a[key], b[key]) for key in a if key in b}
