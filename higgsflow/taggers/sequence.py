"""Running a tag sequence: steps in order, overlap removal in the last.

Row-wise throughout: the rows may be the events of several stacked variations.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from higgsflow.errors import InvalidConfiguration, TaggerError
from higgsflow.events.columns import with_column
from higgsflow.model.reference import resolve
from higgsflow.profiling import span
from higgsflow.taggers.base import Tagger
from higgsflow.taggers.contract import PlainDecision, checked
from higgsflow.taggers.function import FunctionTagger

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from higgsflow.model.context import Context
    from higgsflow.model.tagging import TaggerSpec, TagSequence

ak = lazy.load("awkward")

Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]
UNTAGGED = -1
Steps = tuple[tuple[Tagger, ...], ...]


@dataclass(frozen=True)
class StepResult:
    """What the taggers of one step said of the rows that reached it.

    Attributes:
        rows: positions of these rows in the input of the sequence.
        decisions: per tagger its decision.
        events: these rows with the columns that the taggers added, where they were asked for.
    """

    rows: Index
    taggers: tuple[Tagger, ...]
    decisions: tuple[PlainDecision, ...]
    events: Any = None

    @cached_property
    def masks(self) -> Any:
        """Taggers x rows."""
        return np.array([decision.mask for decision in self.decisions], dtype=np.bool_)


@dataclass(frozen=True)
class SequenceResult:
    """The rows that are kept, with all added columns.

    Attributes:
        events: the kept rows.
        rows: their positions in the input.
        tag_idx: int16 per kept row, -1 without a tag.
        tag_category: int16 per kept row, 0 where its tagger has none.
        steps: what each step said, the last one of all rows that reached it.
    """

    events: Any
    rows: Index
    tag_idx: npt.NDArray[np.int16]
    tag_category: npt.NDArray[np.int16]
    steps: tuple[StepResult, ...]


def load_steps(sequence: TagSequence) -> Steps:
    """The tagger objects of a configured sequence.

    Raises:
        UserError: for code that cannot be found, or options a tagger does not have.
    """
    return tuple(tuple(load_tagger(spec) for spec in step) for step in sequence.tag_list)


def load_tagger(spec: TaggerSpec) -> Tagger:
    """The tagger that a spec names, with its options."""
    found = resolve(spec.tagger)
    try:
        if inspect.isclass(found) and issubclass(found, Tagger):
            return found(name=spec.name, **spec.options)
        if isinstance(found, Tagger):
            options = {name: getattr(found, name) for name in type(found).model_fields}
            return type(found)(**{**options, **spec.options, "name": spec.name})
        if callable(found):
            return FunctionTagger(name=spec.name, function=spec.tagger, options=spec.options)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        raise InvalidConfiguration(f"options of tagger '{spec.name}'", place, reason) from error
    raise TaggerError(
        f"'{spec.tagger}' is neither a tagger nor a function", f"tagger '{spec.name}'"
    )


@span("sequence")
def run_sequence(
    steps: Steps,
    events: Any,
    context: Context,
    keep_untagged: bool,
    watched: Collection[int] = (),
) -> SequenceResult:
    """Runs all steps on the events; zero events go through all the same, so columns are typed.

    The results of the watched steps hold the events that reached them.
    """
    rows = np.arange(len(events))
    results = []
    for number, taggers in enumerate(steps):
        result, events = _run_step(taggers, events, rows, context.fresh())
        results.append(replace(result, events=events) if number in watched else result)
        kept = result.masks.any(axis=0)
        if taggers is steps[-1]:
            break
        rows, events = rows[kept], events[kept]
    tag_idx = remove_overlap(results[-1].masks)
    category = _categories(results[-1], tag_idx)
    if not keep_untagged:
        kept = tag_idx != UNTAGGED
        rows, events, tag_idx, category = rows[kept], events[kept], tag_idx[kept], category[kept]
    return SequenceResult(events, rows, tag_idx, category, tuple(results))


def remove_overlap(masks: Any) -> npt.NDArray[np.int16]:
    """The first tag whose mask holds, per row; -1 for none. masks: taggers x rows."""
    tagged = masks.any(axis=0)
    return np.where(tagged, masks.argmax(axis=0), UNTAGGED).astype(np.int16)


def overlap_matrix(masks: Any) -> npt.NDArray[np.int64]:
    """O_ij = |mask_i and mask_j|. masks: taggers x rows."""
    counts = masks.astype(np.int64)
    return np.asarray(counts @ counts.T)


def _run_step(
    taggers: Sequence[Tagger], events: Any, rows: Index, context: Context
) -> tuple[StepResult, Any]:
    decisions = []
    added: dict[str, tuple[str, Any]] = {}
    for tagger in taggers:
        # what is not a number fails every cut: it needs no warning on the way there
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            answer = tagger.select(events, context)
        decision = checked(tagger, answer, len(rows), context)
        _merge_columns(added, tagger, decision.columns)
        decisions.append(decision)
    for name, (_, values) in added.items():
        # a number per event never goes into a collection, whatever its name
        if isinstance(values, np.ndarray):
            events = ak.with_field(events, values, name)
        else:
            events = with_column(events, name, values)
    return StepResult(rows, tuple(taggers), tuple(decisions)), events


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
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        both_real = a.dtype.kind == "f" and b.dtype.kind == "f"
        return bool(np.array_equal(a, b, equal_nan=both_real))
    return bool(ak.array_equal(a, b, equal_nan=True))


def _categories(step: StepResult, tag_idx: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    chosen = np.zeros(len(tag_idx), dtype=np.int16)
    for position, decision in enumerate(step.decisions):
        if decision.category is not None:
            mine = tag_idx == position
            chosen[mine] = decision.category[mine]
    return chosen
