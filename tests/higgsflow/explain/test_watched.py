from __future__ import annotations

import awkward as ak
from hand_made import LEPTONIC, NO_TAG, OF_OBJECTS, event, model

from higgsflow.explain.watched import WatchedTagger, watch
from higgsflow.model.context import Context
from higgsflow.plan import make_plan
from higgsflow.taggers.diphoton import DiphotonTagger

CONTEXT = Context(sample="S", year="2017", is_data=False)
EVENTS = ak.Array([LEPTONIC, NO_TAG, event(**OF_OBJECTS)])


def test_says_what_the_tagger_says_and_keeps_it_of_single_events() -> None:
    tagger = DiphotonTagger(name="diphoton")
    watched = WatchedTagger.of(tagger)
    watched.select(EVENTS, CONTEXT)
    watched.select(EVENTS[:0], CONTEXT)
    assert watched.last is None
    said = watched.select(EVENTS[1:2], CONTEXT)
    assert watched.last is not None
    assert watched.last.decision is said
    assert said.columns["m_gg"] == tagger.select(EVENTS[1:2], CONTEXT).columns["m_gg"]
    assert watched.last.events.event.to_list() == [3]


def test_declares_what_the_tagger_declares_and_drops_nothing() -> None:
    tagger = DiphotonTagger(name="diphoton")
    watched = WatchedTagger.of(tagger)
    assert watched.inner is tagger
    assert watched.reads(CONTEXT) == tagger.reads(CONTEXT)
    assert watched.adds(CONTEXT) == tagger.adds(CONTEXT)
    assert (watched.needs(), watched.files()) == (tagger.needs(), tagger.files())
    assert watched.skim(EVENTS, {}) is None


def test_every_tagger_of_a_plan_is_watched() -> None:
    analysis = model()
    plan = make_plan(analysis, analysis.samples.pairs[0])
    watched, steps = watch(plan)
    assert watched.steps == steps
    inner = tuple(tuple(tagger.inner for tagger in step) for step in steps)
    assert inner == plan.steps
