"""Taggers that compute on plain columns: the shipped ones, which every event meets.

They are asked once per variation instead of on stacked variations, and keep what a variation does
not touch.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy

from higgsflow.events.objects import Objects
from higgsflow.events.plain import PlainEvents, plain
from higgsflow.taggers.base import Decision, Tagger
from higgsflow.taggers.cut_groups import coded
from higgsflow.taggers.decisions import Later, PlainDecision
from higgsflow.taggers.late_columns import worked_out

if TYPE_CHECKING:
    from higgsflow.model.context import Context
    from higgsflow.taggers.cut_groups import CutGroup

ak = lazy.load("awkward")


class PlainTagger(Tagger):
    """Base of taggers that decide on plain columns; to others they look like any tagger."""

    @abstractmethod
    def decide(self, events: PlainEvents, context: Context) -> PlainDecision:
        """The decision on events that have the declared columns, of the declared types."""

    def select(self, events: Any, context: Context) -> Decision:
        """The same decision with awkward arrays."""
        decision = self.decide(as_plain(events, context), context)
        columns = {name: _view(values) for name, values in decision.columns.items()}
        groups = {name: _masks(group) for name, group in decision.cuts.items()}
        return Decision(decision.mask, columns, groups, decision.category)


def decided(tagger: PlainTagger, events: PlainEvents, context: Context) -> PlainDecision:
    """What it says of the events; its mask is the only cut of one that names none."""
    decision = tagger.decide(events, context)
    if decision.cuts:
        return decision
    return replace(decision, cuts={"events": coded({"mask": decision.mask})})


def as_plain(events: Any, context: Context) -> PlainEvents:
    """The events as plain columns, made once for all taggers of a step."""
    if isinstance(events, PlainEvents):
        return events
    # the events are kept, so that no others get their identity
    return context.once(("plain", id(events)), lambda: (events, plain(events)))[1]


def is_plain(tagger: Tagger) -> bool:
    """Whether a tagger is asked by `decide`: not if a subclass changed only `select`."""
    return isinstance(tagger, PlainTagger) and _decides(type(tagger))


@functools.cache
def _decides(kind: type[PlainTagger]) -> bool:
    """Whether `decide` is of the class itself, or of one before that of `select`."""
    order = kind.__mro__
    decide, select = (next(c for c in order if name in vars(c)) for name in ("decide", "select"))
    return order.index(decide) <= order.index(select)


def _view(values: Any) -> Any:
    objects = values.objects if isinstance(values, Later) else worked_out(values)
    return objects.view if isinstance(objects, Objects) else objects


def _masks(group: CutGroup) -> dict[str, Any]:
    masks = {name: group[name] for name in group.names}
    if group.lists is None:
        return masks
    offsets = ak.index.Index64(group.lists.offsets)
    return {
        name: ak.Array(ak.contents.ListOffsetArray(offsets, ak.contents.NumpyArray(mask)))
        for name, mask in masks.items()
    }
