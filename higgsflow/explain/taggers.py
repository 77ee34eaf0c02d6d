"""What one tagger said of one event, cut by cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np

from higgsflow.events.columns import get_column, has_column
from higgsflow.explain.content import CutStory, GroupStory, TaggerStory
from higgsflow.explain.walk import accepts
from higgsflow.selection.measured import Measures
from higgsflow.taggers.base import COLLECTION
from higgsflow.taggers.function import FunctionTagger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.explain.watched import Answer, WatchedTagger
    from higgsflow.model.analysis import Blinding
    from higgsflow.model.context import Context
    from higgsflow.selection.measured import Measured
    from higgsflow.taggers.base import Tagger

ak = lazy.load("awkward")


def tagger_story(
    watched: WatchedTagger, context: Context, blinding: Blinding | None
) -> TaggerStory:
    """The verdict, and for each cut its value and what passes; values in the window are hidden."""
    answer, tagger = watched.last, watched.inner
    assert answer is not None
    measures = tagger.measures(answer.events, answer.decision, context)
    what = tagger.candidate()
    kept: dict[str, Any] = {what: {"mask": answer.decision.mask}} if what else {}
    groups = [
        _group(name, cuts, measures.get(name), blinding)
        for name, cuts in {**kept, **answer.decision.cuts}.items()
    ]
    category = None if what else answer.decision.category
    told: dict[str, Any] = {} if measures else _instead(tagger, answer, context)
    return TaggerStory(
        name=tagger.name,
        passed=accepts(watched),
        category=None if category is None else int(category[0]),
        # cuts on objects come before those on their numbers
        groups=tuple(sorted(groups, key=lambda group: group.name.startswith("events"))),
        columns={
            name: _told(ak.Array(answer.decision.columns[name])[:1])
            for name, kind in tagger.adds(context).items()
            if kind != COLLECTION
        },
        **told,
    )


def _told(column: Any) -> float | tuple[float, ...]:
    """A number of the event, or those of its candidates."""
    values = [float(v) for v in ak.flatten(ak.fill_none(column, np.nan, axis=-1), axis=None)]
    return tuple(values) if column.ndim > 1 else values[0]


def _group(
    name: str, cuts: Mapping[str, Any], told: Measures | None, blinding: Blinding | None
) -> GroupStory:
    passed = {cut: _verdicts(mask) for cut, mask in cuts.items()}
    n_entries = max((len(verdicts) for verdicts in passed.values()), default=0)
    is_of_event = all(ak.Array(mask).ndim == 1 for mask in cuts.values())
    measures = Measures({}) if told is None else told
    labels = measures.labels or tuple(map(str, range(n_entries)))
    return GroupStory(
        name=name,
        entries=None if is_of_event else labels,
        cuts=tuple(
            _cut(cut, passed.get(cut, ()), measures.cuts.get(cut), blinding)
            for cut in dict.fromkeys((*passed, *measures.cuts))
        ),
    )


def _cut(
    name: str, passed: tuple[bool, ...], told: Measured | None, blinding: Blinding | None
) -> CutStory:
    if told is None:
        return CutStory(name=name, passed=passed)
    values = np.array(told.values)
    if blinding is not None and told.column == blinding.column:
        low, high = blinding.window
        values[(values > low) & (values < high)] = np.nan
    return CutStory(
        name=name, passed=passed, values=tuple(values.tolist()), condition=told.condition
    )


def _verdicts(mask: Any) -> tuple[bool, ...]:
    """Of the event, or of each of its objects; a missing one passes nothing."""
    array = ak.Array(mask)
    filled = ak.fill_none(array, False) if "?" in str(array.type) else array
    return tuple(np.atleast_1d(np.asarray(ak.to_numpy(filled[0]), dtype=np.bool_)).tolist())


def _instead(tagger: Tagger, answer: Answer, context: Context) -> dict[str, Any]:
    """Of a tagger that tells no values: the numbers that it read, also of objects, and options."""
    names = [*(need.name for need in tagger.reads(context)), *tagger.needs()]
    found = {
        name: get_column(answer.events, name)
        for name in dict.fromkeys(names)
        if has_column(answer.events, name)
    }
    read = {name: _first(column) for name, column in found.items() if _is_of_numbers(column)}
    if isinstance(tagger, FunctionTagger):
        options = {**tagger.defaults(), **tagger.options}
    else:
        options = tagger.model_dump(mode="json", exclude={"name"})
    return {"read": read, "options": {name: str(value) for name, value in options.items()}}


def _is_of_numbers(column: Any) -> bool:
    """Of one for each event, or for each object."""
    return column.ndim <= 2 and not getattr(column, "fields", [])


def _first(column: Any) -> float | tuple[float, ...]:
    """What the first event has of it."""
    return float(column[0]) if column.ndim == 1 else tuple(map(float, column[0]))
