"""The explanation of one event: found, read, and sent through what jobs do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np

from higgsflow.errors import UnknownName, UserError
from higgsflow.events.columns import combine, get_column, has_column
from higgsflow.events.datasets import is_own
from higgsflow.events.golden import is_certified, load_golden
from higgsflow.events.stored_index import run_stage
from higgsflow.explain.content import AlsoThere, Explanation, VariationStory
from higgsflow.explain.corrections import correction_stories, shift_story
from higgsflow.explain.find import event_id, files_of, find_elsewhere, find_event
from higgsflow.explain.read import read_events
from higgsflow.explain.taggers import tagger_story
from higgsflow.explain.walk import walk
from higgsflow.explain.weights import Weighed, early_factors, normalization_of
from higgsflow.model.systematic import NOMINAL
from higgsflow.needs import GENERATOR_WEIGHT
from higgsflow.plan import make_plan
from higgsflow.report.formatting import processed
from higgsflow.taggers.candidates import candidate_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from higgsflow.explain.find import Place
    from higgsflow.explain.walk import Walk
    from higgsflow.explain.weights import Direction
    from higgsflow.model.analysis import AnalysisModel, Blinding
    from higgsflow.model.sample import SampleYear
    from higgsflow.plan import Plan

ak = lazy.load("awkward")

Columns = tuple[Any, Any]


def explain_event(
    analysis: AnalysisModel, sample: str, year: str, event: str, variation: str = NOMINAL
) -> Explanation:
    """The way of the event `RUN:LUMI:EVENT` through corrections, cuts, tags and weights.

    A variation of the events, such as `photon_pt_scale_up`, or of a weight, such as `pileup_up`, is
    told beside the nominal one.

    Raises:
        UserError: for an unknown name, and for an event that is not there.
    """
    pair = analysis.samples.pair(sample, year)
    plan = make_plan(analysis, pair)
    asked(plan, variation)
    wanted = event_id(event)
    place, *others = find_event(pair, files_of(analysis, pair), wanted)
    also, notes = list(_told(pair, others)), []
    for other, found in find_elsewhere(analysis, pair, wanted):
        if isinstance(found, UserError):
            notes.append(f"whether it is in {other.name} too cannot be told: {found.what}")
        else:
            also += _told(other, found)
    story = explain_entry(plan, place, variation)
    return story.changed(also=tuple(also), notes=(*story.notes, *notes))


def _told(pair: SampleYear, places: Iterable[Place]) -> Iterator[AlsoThere]:
    for place in places:
        yield AlsoThere(sample=pair.sample.name, year=pair.year, url=place.url, entry=place.entry)


def explain_entry(plan: Plan, place: Place, variation: str = NOMINAL) -> Explanation:
    """The same for an entry of a file."""
    events = read_events(plan, place.url, place.entry, place.entry + 1)
    first = events[0]
    about = {
        "analysis": plan.analysis.name,
        "sample": plan.pair.sample.name,
        "year": plan.pair.year,
        "event": ":".join(str(first[n][0]) for n in ("run", "luminosityBlock", "event")),
        "url": place.url,
        "entry": place.entry,
    }
    if dropped := _dropped(plan, first):
        return Explanation(**about, dropped=dropped)
    nominal = walk(plan, events, NOMINAL)
    blinding = _blinding(plan)
    if blinding is not None and _is_inside(blinding, nominal, first):
        low, high = blinding.window
        return Explanation(**about, hidden=f"{low:g} < {blinding.column} < {high:g}")
    corrections, corrected = correction_stories(plan, combine(*events))
    walked, of_weight = asked(plan, variation)
    teller = _Teller(plan, first, corrected, blinding)
    stories = [teller.tell(nominal)]
    if walked != NOMINAL:
        stories.append(teller.tell(walk(plan, events, walked)))
    elif of_weight is not None:
        stories.append(teller.tell(nominal, of_weight, variation))
    notes = (*teller.notes, *_of_rows(plan, nominal))
    return Explanation(**about, corrections=corrections, stories=tuple(stories), notes=notes)


def _of_rows(plan: Plan, nominal: Walk) -> Iterator[str]:
    if nominal.n_rows > 1:
        what = candidate_of(plan.steps)
        yield f"{nominal.n_rows} rows, one per {what}: the weights are those of the first"


def asked(plan: Plan, variation: str) -> tuple[str, Direction | None]:
    """The variation of the events, and the direction of a weight, that a name means.

    Raises:
        UnknownName: for a name of neither.
    """
    weights = {
        name: (weight, direction)
        for weight in plan.weights
        for direction, name in zip(weight.directions, weight.variations, strict=True)
    }
    of_events = plan.systematics.variations
    if variation in of_events:
        return variation, None
    if variation in weights:
        return NOMINAL, weights[variation]
    raise UnknownName("variation", variation, (*of_events, *weights), plan.pair.name)


def _dropped(plan: Plan, first: Any) -> str:
    """Why jobs do not look at an event of data at all; empty if they do."""
    era = plan.pair.era
    if plan.context.is_data and era.apply_golden_json:
        run, lumi = (ak.to_numpy(first[name]) for name in ("run", "luminosityBlock"))
        if not is_certified(load_golden(Path(str(era.golden_json))), run, lumi)[0]:
            return f"its lumisection is not in {era.golden_json}"
    dataset = plan.pair.dataset
    if dataset is not None and not is_own(dataset, first)[0]:
        return "it is of another primary dataset, or fired no trigger of this one"
    return ""


def _blinding(plan: Plan) -> Blinding | None:
    """The blinding where it hides anything."""
    blinding = plan.analysis.blinding
    return None if blinding.unblind or not plan.context.is_data else blinding


def _is_inside(blinding: Blinding, nominal: Walk, first: Any) -> bool:
    value = nominal.added(blinding.column)
    if value is None and blinding.column in nominal.table and nominal.is_in_table:
        value = nominal.table[blinding.column][0]
    if value is None and has_column(first, blinding.column):
        value = get_column(first, blinding.column)[0]
    low, high = blinding.window
    values = np.array([] if value is None else value, dtype=np.float64)
    return bool(((low < values) & (values < high)).any())


class _Teller:
    """Tells what became of one event under each variation."""

    def __init__(self, plan: Plan, first: Any, corrected: Any, blinding: Blinding | None) -> None:
        self._plan, self._corrected, self._blinding = plan, corrected, blinding
        is_data = plan.context.is_data
        self._initial = 1.0 if is_data else float(np.float64(first[GENERATOR_WEIGHT][0]))
        self._found = normalization_of(plan)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the weights lack, or should be read with."""
        if self._found is None:
            command = run_stage("UpdateScale1fb", self._plan.analysis, self._plan.pair)
            return (f"scale1fb of today is not in the store yet: {command}",)
        if not self._found.complete:
            return (f"scale1fb is that of {processed(self._found.fraction)} of the entries",)
        return ()

    def tell(
        self, found: Walk, of_weight: Direction | None = None, name: str = ""
    ) -> VariationStory:
        """The story of one variation; of a weight's with the name it has."""
        plan, context = self._plan, self._plan.context
        is_shifted = found.variation != NOMINAL
        tag = plan.tags[found.tag_idx] if found.tag_idx >= 0 else ""
        return VariationStory(
            variation=name or found.variation,
            shift=shift_story(plan, self._corrected, found.variation) if is_shifted else None,
            steps=tuple(
                tuple(tagger_story(tagger, context.fresh(), self._blinding) for tagger in step)
                for step in found.steps
            ),
            candidates=found.candidates,
            tag=tag,
            kept=found.is_in_table and bool(tag or plan.analysis.tag_sequence.keep_untagged),
            weight_of="" if of_weight is None else f"{of_weight[0].name} {of_weight[1]}",
            **self._weights(found, of_weight),
        )

    def _weights(self, found: Walk, of_weight: Direction | None) -> dict[str, Any]:
        if not found.is_in_table:
            return {"factors": early_factors(self._plan, found, self._initial)}
        weighed = Weighed(self._plan, found, self._found)
        weight, merged = weighed.weight, weighed.merged
        if of_weight is not None:
            weight, merged = weighed.of_direction(of_weight)
        return {"factors": weighed.factors, "weight": weight, "merged_weight": merged}
