"""The steps of a tag sequence: asking their taggers, and overlap removal in the last.

Row-wise throughout: the rows may be the events of several stacked variations.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from higgsflow.compiled.choice import compiled
from higgsflow.errors import InvalidConfiguration, TaggerError
from higgsflow.events.objects import Objects
from higgsflow.events.plain import PlainEvents
from higgsflow.events.users_code import UNLIKE_ARRAYS, asked
from higgsflow.model.defined_in import blaming, place_of_class
from higgsflow.model.findings import explain
from higgsflow.model.reference import resolve
from higgsflow.taggers.base import Tagger
from higgsflow.taggers.candidates import checked_candidates
from higgsflow.taggers.contract import checked
from higgsflow.taggers.decisions import Later, PlainDecision
from higgsflow.taggers.function import FunctionTagger
from higgsflow.taggers.late_columns import worked_out
from higgsflow.taggers.looked_at import offered
from higgsflow.taggers.plain_tagger import PlainTagger, decided, is_plain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from higgsflow.events.lists import Index
    from higgsflow.model.context import Context
    from higgsflow.model.tagging import TaggerSpec, TagSequence
    from higgsflow.taggers.looked_at import Offered

ak = lazy.load("awkward")

UNTAGGED = -1
Steps = tuple[tuple[Tagger, ...], ...]


@dataclass(frozen=True)
class StepResult:
    """What the taggers of one step said of the rows that reached it.

    Attributes:
        rows: positions of these rows in the input of the sequence.
        decisions: per tagger its decision.
    """

    rows: Index
    taggers: tuple[Tagger, ...]
    decisions: tuple[PlainDecision, ...]

    @cached_property
    def masks(self) -> Any:
        """Taggers x rows."""
        return np.array([decision.mask for decision in self.decisions], dtype=np.bool_)

    @cached_property
    def added(self) -> dict[str, Any]:
        """The columns that the taggers add, together.

        Raises:
            TaggerError: when two of them add other values under one name.
        """
        added: dict[str, tuple[str, Any]] = {}
        for tagger, decision in zip(self.taggers, self.decisions, strict=True):
            _merge_columns(added, tagger, decision.columns)
        return {name: values for name, (_, values) in added.items()}


def load_steps(sequence: TagSequence) -> Steps:
    """The tagger objects of a configured sequence.

    Raises:
        UserError: for code that cannot be found, or options a tagger does not have.
    """
    return tuple(tuple(load_tagger(spec) for spec in step) for step in sequence.tag_list)


def load_tagger(spec: TaggerSpec) -> Tagger:
    """The tagger that a spec names, with its options.

    Raises:
        InvalidConfiguration: for options that it does not have.
        TaggerError: for what is no tagger.
    """
    found = resolve(spec.tagger)
    _check_is_whole(spec, found)
    try:
        if inspect.isclass(found) and issubclass(found, Tagger):
            # not by calling it, which tells what is wrong in other words
            return found.model_validate({**spec.options, "name": spec.name})
        if isinstance(found, Tagger):
            options = {name: getattr(found, name) for name in type(found).model_fields}
            return type(found).model_validate({**options, **spec.options, "name": spec.name})
        if callable(found):
            return FunctionTagger(name=spec.name, function=spec.tagger, options=spec.options)
    except ValidationError as error:
        what = f"options of tagger '{spec.name}' are not valid:"
        raise InvalidConfiguration(what, *explain(error, spec.options)) from error
    raise TaggerError(
        f"'{spec.tagger}' is neither a tagger nor a function", f"tagger '{spec.name}'"
    )


def _check_is_whole(spec: TaggerSpec, found: Any) -> None:
    """Raises for a class that is no tagger, or lacks what each has, and for an option `name`."""
    if not inspect.isclass(found):
        return
    what = f"'{spec.tagger}' is a class, but no tagger"
    if not issubclass(found, Tagger):
        raise TaggerError(what, place_of_class(found), "derive it from higgsflow.Tagger")
    if inspect.isabstract(found):
        lacks = ", ".join(sorted(found.__abstractmethods__))
        what = f"tagger '{spec.name}' has no {lacks}"
        raise TaggerError(what, place_of_class(found), "docs/taggers.md has an example")
    if "name" in spec.options:
        what = f"'name' of tagger '{spec.name}' is no option"
        raise InvalidConfiguration(what, "", "write it beside `tagger` and `options`")


def ask(
    taggers: Sequence[Tagger],
    events: PlainEvents | Offered,
    context: Context,
    hidden: Collection[str] = (),
    noted: set[str] | None = None,
) -> tuple[PlainDecision, ...]:
    """What the taggers of a step say of the events; none of these are fine, columns are typed.

    Code of users does not see the hidden columns, the shipped taggers read what they declare, and
    are asked of `PlainEvents` only. Columns that code of users has looked at are `noted`.
    """
    context, noted = context.fresh(), set() if noted is None else noted
    seen = _Seen(events, hidden, noted)
    decisions = []
    # what is not a number fails every cut: it needs no warning on the way there
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for tagger in taggers:
            if isinstance(tagger, PlainTagger) and is_plain(tagger):
                decisions.append(decided(tagger, events, context))  # type: ignore[arg-type]
            else:
                code = tagger.function if isinstance(tagger, FunctionTagger) else tagger.select
                with blaming(code):
                    decisions.append(seen.answer(tagger, context))
    return tuple(decisions)


class _Seen:
    """Events as code of users sees them."""

    def __init__(
        self, events: PlainEvents | Offered, hidden: Collection[str], noted: set[str]
    ) -> None:
        self._events, self._hidden, self._noted = events, hidden, noted

    def answer(self, tagger: Tagger, context: Context) -> PlainDecision:
        """What a tagger says of them."""
        found = self._of_what_is_looked_at(tagger, context)
        if found is None:
            self._noted |= self._columns.names
            found = asked(self._view(context), lambda view: self._select(tagger, context, view))
        return found

    def _of_what_is_looked_at(self, tagger: Tagger, context: Context) -> PlainDecision | None:
        """None where it cannot work with arrays that are not there yet, as numba cannot.

        What is wrong with the tagger itself shows when it is asked again. Memory, files and the
        like may be there the second time: without them it has failed at the first.
        """
        try:
            return self._select(tagger, context, self._view(context))
        except UNLIKE_ARRAYS:
            return None

    def _select(self, tagger: Tagger, context: Context, view: Any) -> PlainDecision:
        """What it says of the columns of a view, in an array of its own.

        What it names there, the next tagger does not see.
        """
        # derives from awkward's arrays, and awkward waits until events are there
        from higgsflow.events.quick_views import quick  # noqa: PLC0415

        make_plain = checked_candidates if tagger.candidate() else checked
        return make_plain(tagger, tagger.select(quick(view), context), len(self._events), context)

    def _view(self, context: Context) -> Any:
        whole = self._columns.names <= self._noted
        return context.once(("view", whole), lambda: self._columns.view(self._noted))

    @cached_property
    def _columns(self) -> Offered:
        events = self._events
        found = offered(events) if isinstance(events, PlainEvents) else events
        return found.without(self._hidden)


@compiled("columns.first_of")
def remove_overlap(masks: Any) -> npt.NDArray[np.int16]:
    """The first tag whose mask holds, per row; -1 for none. masks: taggers x rows."""
    tagged = masks.any(axis=0)
    return np.where(tagged, masks.argmax(axis=0), UNTAGGED).astype(np.int16)


def joined_columns(before: Mapping[str, Any], step: StepResult) -> dict[str, Any]:
    """The columns of earlier steps, for the rows of a step, and those that it adds.

    Raises:
        TaggerError: when it gives other values to a name of an earlier step.
    """
    for name, values in step.added.items():
        if name in before and not _same(before[name], values):
            raise TaggerError(
                f"taggers of two steps add different '{name}', '{step.taggers[0].name}' the second",
                "",
                "give both the same options, or let both stand in the last step",
            )
    return {**before, **step.added}


def _merge_columns(
    added: dict[str, tuple[str, Any]], tagger: Tagger, columns: Mapping[str, Any]
) -> None:
    for name, values in columns.items():
        if name in added and not _same(added[name][1], values):
            raise TaggerError(
                f"taggers '{added[name][0]}' and '{tagger.name}' add different '{name}'",
                "",
                "give both the same options, or one column another name",
            )
        added.setdefault(name, (tagger.name, values))


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    a, b = worked_out(a), worked_out(b)
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        both_real = a.dtype.kind == "f" and b.dtype.kind == "f"
        return bool(np.array_equal(a, b, equal_nan=both_real))
    a, b = (v.objects if isinstance(v, Later) else v for v in (a, b))
    a, b = (v.view if isinstance(v, Objects) else v for v in (a, b))
    return bool(ak.array_equal(a, b, equal_nan=True))


def categories(
    step: StepResult, tag_idx: npt.NDArray[np.int16], rows: Index
) -> npt.NDArray[np.int16]:
    """The category that its tagger gives each of some rows, whose tags these are; 0 without one."""
    chosen = np.zeros(len(rows), dtype=np.int16)
    for position, decision in enumerate(step.decisions):
        if decision.category is not None:
            # a row has one tag at most
            chosen += decision.category.take(rows) * (tag_idx == position)
    return chosen
