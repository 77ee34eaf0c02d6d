"""One row per candidate: what a tagger says of the candidates of events, and the rows of these.

Within the sequence an event remains one entry, with the candidates that are kept as a collection:
variations are compared event by event, as for any tagger. Only what leaves it has a row for each.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np

from higgsflow.errors import InvalidConfiguration, TaggerError
from higgsflow.events.lists import Lists, from_counts
from higgsflow.events.objects import Objects
from higgsflow.events.users_code import as_array, unlike_column
from higgsflow.taggers.base import CANDIDATE_IDX, COLLECTION
from higgsflow.taggers.contract import booleans, cast, check_form, check_names, groups, one_for_each
from higgsflow.taggers.cut_groups import coded
from higgsflow.taggers.decisions import PlainDecision, take
from higgsflow.taggers.plain_tagger import is_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from higgsflow.events.lists import Mask
    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.context import Context
    from higgsflow.taggers.base import Decision, Tagger
    from higgsflow.taggers.cut_groups import CutGroup
    from higgsflow.taggers.sequence import Steps
    from higgsflow.taggers.variants import SequenceResult

ak = lazy.load("awkward")

# the collection of what is kept; with spaces, which no column of an analysis has
CANDIDATES = "candidates of rows"
_CATEGORY = "tag_category"
_EVENTS = "events"


def candidate_of(steps: Steps) -> str:
    """What the outputs of a sequence have a row for each of; empty where that is an event."""
    return steps[-1][0].candidate()


def check_candidates(steps: Steps, context: Context, analysis: AnalysisModel) -> None:
    """Raises where a tagger of candidates does not stand alone at the end, or cannot be one."""
    final_fit = analysis.outputs.finalfit
    of_events = {
        "keep_untagged": analysis.tag_sequence.keep_untagged,
        "outputs.finalfit.notag": final_fit is not None and final_fit.notag,
    }
    for number, step in enumerate(steps):
        for tagger in (tagger for tagger in step if tagger.candidate()):
            makes = f"tagger '{tagger.name}' makes one row per {tagger.candidate()}"
            if number + 1 < len(steps):
                after = steps[number + 1][0].name
                what = f"{makes}, but '{after}' comes after it"
                raise InvalidConfiguration(what, "tag_sequence", "let it be the last step")
            if len(step) > 1:
                other = next(t.name for t in step if t is not tagger)
                what = f"{makes}, but '{other}' stands in the same step"
                raise InvalidConfiguration(what, "tag_sequence", "let it be the only one there")
            for key in (key for key, is_said in of_events.items() if is_said):
                what = f"{makes}, of which events without a tag have none"
                raise InvalidConfiguration(what, key, "take it out")
            _check_itself(tagger, tagger.adds(context), makes)


def _check_itself(tagger: Tagger, added: Mapping[str, str], makes: str) -> None:
    if is_plain(tagger):
        raise TaggerError(makes, "", "derive it from higgsflow.Tagger, and let it `select`")
    if not tagger.candidate().isidentifier() or tagger.candidate() == _EVENTS:
        raise TaggerError(f"{makes}, which is no name", "", "say such as 'probe'")
    for name, kind in added.items():
        if kind == COLLECTION:
            what = f"{makes}, and adds the collection '{name}'"
            raise TaggerError(what, "", "let it add numbers, one for each")


def checked_candidates(
    tagger: Tagger, decision: Decision, n: int, context: Context
) -> PlainDecision:
    """The decision on events, with those candidates that are kept as a collection.

    The mask has one boolean for each candidate, in a list for each event. Columns, and categories,
    have a value for each of these, or one for each event, which all of its candidates get.

    Raises:
        TaggerError: when the tagger does not keep its word.
        UnknownName: when it did not return a column that it declares.
    """
    said = f"tagger '{tagger.name}' returned"
    check_form(decision, said)
    declared = tagger.adds(context)
    check_names(decision, tagger, declared)
    lists, mask = _mask(decision.mask, tagger, n)
    kept, positions = lists.chosen(mask)
    category = np.zeros(n) if decision.category is None else decision.category
    given = {**decision.columns, _CATEGORY: category}
    columns = {
        name: _values(given[name], (f"{said} '{name}'", kind), lists)
        for name, kind in {**declared, _CATEGORY: "int16"}.items()
    }
    columns[CANDIDATE_IDX] = lists.places.astype(np.int32)
    some = Objects(kept, {name: values.take(positions) for name, values in columns.items()})
    chosen = kept.counts > 0
    known = _groups(groups(decision, said, n, context), tagger.candidate(), (chosen, mask), lists)
    return PlainDecision(chosen, {CANDIDATES: some}, known)


def _groups(
    known: dict[str, CutGroup], what: str, masks: tuple[Mask, Mask], lists: Lists
) -> dict[str, CutGroup]:
    """Cuts of events and of candidates: where the tagger tells none, what it keeps of each.

    Of events the last one is whether they have a row, so that under every variation the same pass.
    """
    of_events, of_candidates = masks
    told = known.get(_EVENTS)
    cuts = {} if told is None else {name: told[name] for name in told.names}
    last = "mask" if told is None else f"{what} kept"
    return {
        _EVENTS: coded({**cuts, last: of_events}),
        what: coded({"mask": of_candidates}, lists),
        **{name: group for name, group in known.items() if name != _EVENTS},
    }


def _mask(values: Any, tagger: Tagger, n: int) -> tuple[Lists, Mask]:
    """The lists of all candidates, and which of these are kept."""
    said, what = f"tagger '{tagger.name}' returned a mask", tagger.candidate()
    array = _array(values, said)
    hint = f"return one boolean for each {what}, in a list for each event"
    if array.ndim == 1 and n:
        raise TaggerError(f"{said} of events, but makes one row per {what}", "", hint)
    if len(array) != n:
        raise TaggerError(f"{said} with {len(array)} lists for {n} events", "", hint)
    if array.ndim == 1:
        return from_counts(np.zeros(0, dtype=np.int64)), np.zeros(0, dtype=np.bool_)
    lists = _lists(array)
    return lists, booleans(one_for_each(ak.flatten(array, axis=1), said, lists.n), said)


def _values(values: Any, what: tuple[str, str], lists: Lists) -> npt.NDArray[Any]:
    """One number for each candidate; `what` is said of them, and their type."""
    said, kind = what
    array = _array(values, said)
    if array.ndim == 1:
        return cast(lists.per_object(one_for_each(array, said, len(lists))), kind, said)
    if len(array) != len(lists) or not np.array_equal(_lists(array).counts, lists.counts):
        hint = "return a value for each one of the mask, or one for each event"
        raise TaggerError(f"{said} with other lists than its mask", "", hint)
    return cast(one_for_each(ak.flatten(array, axis=1), said, lists.n), kind, said)


def _array(values: Any, said: str) -> Any:
    """What may be an array of lists, as awkward has it."""
    if found := unlike_column(values):
        what = "None" if values is None else found
        raise TaggerError(f"{said} that is {what}", "", "return an array")
    refused = TaggerError(f"{said} that holds what is no number", "", "return numbers")
    if isinstance(values, ak.Array) or (type(values) is np.ndarray and values.ndim == 1):
        return values
    return as_array(values, refused)


def _lists(array: Any) -> Lists:
    """Where the lists begin; one that is missing is empty."""
    counts = ak.num(array, axis=1)
    return from_counts(np.asarray(ak.to_numpy(ak.fill_none(counts, 0)), dtype=np.int64))


def one_row_each(found: SequenceResult) -> SequenceResult:
    """The result with a row for each candidate that is kept, where a tagger makes such."""
    objects = found.kept.added.get(CANDIDATES)
    if objects is None:
        return found
    owners = objects.lists.owners
    own = dict(objects.columns)
    category = own.pop(_CATEGORY)
    of_events = {n: take(v, owners) for n, v in found.kept.added.items() if n != CANDIDATES}
    rows = replace(found.kept, rows=found.kept.rows.take(owners), added={**of_events, **own})
    return replace(found, kept=rows, tag_idx=found.tag_idx.take(owners), tag_category=category)
