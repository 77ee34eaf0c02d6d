"""Events made by hand on their way."""

from __future__ import annotations

from typing import Any

import awkward as ak
from hand_made import HADRONIC, LEPTONIC, NO_TAG, OF_OBJECTS, ONE_PHOTON, event, model, rest_of

from higgsflow.explain.walk import Walk, accepts, walk
from higgsflow.plan import make_plan
from higgsflow.taggers.function import tagger


def walked(content: dict[str, Any], variation: str = "nominal", **changes: Any) -> Walk:
    analysis = model(**changes)
    plan = make_plan(analysis, analysis.samples.pairs[0])
    events = ak.Array([content, event(**OF_OBJECTS)])[:1]
    return walk(plan, (events, rest_of(plan, events)), variation)


def test_an_event_that_is_tagged() -> None:
    found = walked(LEPTONIC)
    assert [[t.name for t in step] for step in found.steps] == [
        ["diphoton"],
        ["tth_leptonic", "tth_hadronic"],
    ]
    assert (found.tag_idx, found.candidates, found.is_in_table) == (0, ("tth_leptonic",), True)
    assert [accepts(tagger) for tagger in found.steps[1]] == [True, False]
    assert found.added("m_gg") == found.table["m_gg"][0]
    assert found.added("not there") is None


@tagger(reads=["Jet_pt"], adds={"jet_pt": "float64"}, one_row_per="jet")
def hard_jets(events: Any) -> Any:
    return events.Jet.pt > 40, {"jet_pt": events.Jet.pt}


def test_an_event_with_a_row_for_each_candidate() -> None:
    changes = {
        "tag_sequence": ["diphoton", f"{__name__}:hard_jets"],
        "variables_of_interest": ["jet_pt"],
    }
    found = walked(HADRONIC, **changes)
    assert (found.tag_idx, found.n_rows, found.candidates) == (0, 4, ("hard_jets",))
    assert found.added("jet_pt").tolist() == [50.0] * 4
    none = walked(NO_TAG, **changes)
    assert (none.tag_idx, none.n_rows, none.is_in_table) == (-1, 0, False)
    assert not accepts(none.steps[1][0])


def test_an_event_without_a_tag_has_its_columns_all_the_same() -> None:
    found = walked(NO_TAG)
    assert (found.tag_idx, found.candidates, found.is_in_table) == (-1, (), True)
    assert len(found.steps) == 2


def test_an_event_ends_where_it_is_rejected() -> None:
    found = walked(ONE_PHOTON)
    assert [[t.name for t in step] for step in found.steps] == [["diphoton"]]
    assert (found.tag_idx, found.is_in_table) == (-1, False)


def test_a_variation_is_told_also_where_nominal_is_rejected() -> None:
    scale = {
        "method": "from_function",
        "function": "higgsflow.corrections.photons:scale_pt",
        "branch_modified": "Photon_pt",
        "kwargs": {"shift": 0.5},
    }
    soft = {**HADRONIC, "Photon": [{**p, "pt": 40.0} for p in HADRONIC["Photon"]]}
    systematics = {"independent_collections": {"scale": scale}}
    assert walked(soft, systematics=systematics).tag_idx == -1
    up = walked(soft, "scale_up", systematics=systematics)
    assert (up.tag_idx, up.added("lead_pt")) == (1, 60.0)
    down = walked(HADRONIC, "scale_down", systematics=systematics)
    assert len(down.steps) == 1
