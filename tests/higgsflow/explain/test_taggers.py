from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import awkward as ak
from hand_made import HADRONIC, OF_OBJECTS, PAIR, event

from higgsflow.explain.taggers import tagger_story
from higgsflow.explain.watched import WatchedTagger
from higgsflow.model.analysis import Blinding
from higgsflow.model.context import Context
from higgsflow.taggers.base import Decision, Tagger
from higgsflow.taggers.diphoton import DiphotonTagger
from higgsflow.taggers.function import FunctionTagger, tagger

if TYPE_CHECKING:
    from higgsflow.explain.content import TaggerStory

CONTEXT = Context(sample="S", year="2017", is_data=False)


@tagger(reads=["w", "Photon_pt"], adds={"twice": "float64"})
def heavy(events: Any, threshold: float = 2.0) -> Any:
    masks = {"w": events.w > threshold, "pt": events.Photon.pt > 50}
    cuts = {"mine": {"w": masks["w"]}, "photons": {"pt": masks["pt"]}}
    return Decision(masks["w"], {"twice": 2 * events.w}, cuts)


def story(of: Tagger, content: dict[str, Any], blinding: Blinding | None = None) -> TaggerStory:
    watched = WatchedTagger.of(of)
    watched.select(ak.Array([content, event(**OF_OBJECTS)])[:1], CONTEXT)
    return tagger_story(watched, CONTEXT, blinding)


def test_cuts_of_a_shipped_tagger_with_value_and_condition() -> None:
    soft = [PAIR[0], {**PAIR[1], "pt": 20.0}]
    found = story(DiphotonTagger(name="diphoton"), {**HADRONIC, "Photon": soft})
    assert not found.passed
    assert [group.name for group in found.groups] == ["photons", "diphotons", "events"]
    photons, pairs, events = found.groups
    pt = photons.cuts[0]
    assert (pt.name, pt.values, pt.condition, pt.passed) == (
        "pt", (60.0, 20.0), "> 25", (True, False),
    )  # fmt: skip
    assert photons.entries == ("0", "1")
    assert pairs.entries == ()
    assert events.entries is None
    assert events.cuts[0].condition == "selected photons >= 2"
    assert (found.read, found.options) == ({}, {})


def test_a_function_tells_its_verdicts_and_what_it_read() -> None:
    found = story(FunctionTagger(name="heavy", function=f"{__name__}:heavy"), {**HADRONIC, "w": 3})
    assert found.passed
    assert found.columns == {"twice": 6.0}
    assert found.read == {"w": 3.0, "Photon_pt": tuple(photon["pt"] for photon in PAIR)}
    assert found.options == {"threshold": "2.0"}
    by_name = {group.name: group for group in found.groups}
    assert by_name["photons"].entries == ("0", "1")
    assert by_name["photons"].cuts[0].passed == (True, True)
    assert by_name["mine"].entries is None
    assert by_name["mine"].cuts[0].condition == ""


def test_a_mass_inside_the_blinded_window_is_not_told() -> None:
    """Of pairs that are not chosen too, such as one that fails another cut."""
    failing = [{**PAIR[0], "pt": 200.0}, {**PAIR[1], "pt": 26.0}]
    tagger = DiphotonTagger(name="diphoton")
    mass = story(tagger, {**HADRONIC, "Photon": failing}).groups[1].cuts[-1]
    assert 115 < mass.values[0] < 150
    blinding = Blinding(window=(115, 150))
    hidden = story(tagger, {**HADRONIC, "Photon": failing}, blinding).groups[1].cuts[-1]
    assert math.isnan(hidden.values[0])
