from __future__ import annotations

import awkward as ak
from hand_made import HADRONIC, OF_OBJECTS, event, model

from higgsflow.explain.corrections import correction_stories, shift_story
from higgsflow.plan import make_plan

SCALE = {
    "method": "from_function",
    "function": "higgsflow.corrections.photons:scale_pt",
    "branch_modified": "Photon_pt",
    "kwargs": {"shift": 0.5},
}
TAKEN = {"method": "from_branch", "branch_modified": "Photon_pt"}
SYSTEMATICS = {
    "corrections": {
        "first": {**TAKEN, "branches": {"central": "Photon_better"}},
        "second": {**TAKEN, "branches": {"central": "Photon_best"}},
    },
    "independent_collections": {"scale": SCALE},
}


def test_values_before_and_after_in_the_order_of_the_corrections() -> None:
    analysis = model(systematics=SYSTEMATICS)
    plan = make_plan(analysis, analysis.samples.pairs[0])
    photons = [{**p, "better": 61.0, "best": 62.0} for p in HADRONIC["Photon"]]
    events = ak.Array([{**HADRONIC, "Photon": photons}, event(**OF_OBJECTS)])[:1]
    stories, corrected = correction_stories(plan, events)
    told = [(s.name, s.changes[0].before, s.changes[0].after) for s in stories]
    assert told == [
        ("first", (60.0, 60.0), (61.0, 61.0)),
        ("second", (61.0, 61.0), (62.0, 62.0)),
    ]
    shift = shift_story(plan, corrected, "scale_down")
    assert (shift.name, shift.changes[0].column) == ("scale_down", "Photon_pt")
    assert shift.changes[0].after == (31.0, 31.0)
