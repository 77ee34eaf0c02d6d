"""Factors that are taken over from the nominal run are those that would be made anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import awkward as ak
import hand_made
import numpy as np
import pytest
from hand_made import HADRONIC, JET, LEPTONIC, MODIFYING, MUON, event, run, systematics

from higgsflow import late_weights
from higgsflow.demo.corrections import write_corrections
from higgsflow.errors import UndeclaredColumn
from higgsflow.plan import make_plan
from higgsflow.taggers.variants import Reached
from higgsflow.weights import evaluate

if TYPE_CHECKING:
    from pathlib import Path

    from higgsflow.block import BlockResult

MUONS = {
    "type": "object",
    "branches": {"up": "sf", "central": "sf"},
    "input_collection": "Muon",
    "target_collections": ["SelectedMuon"],
    "modify_central_weight": True,
}
OF_PAIR = {
    "method": "from_function",
    "function": f"{__name__}:of_pair",
    "requires_branches": ["lead_pt", "Jet_pt"],
    "modify_central_weight": True,
}
OF_EVENT = {
    "method": "from_function",
    "function": f"{__name__}:of_event",
    "modifies_taggers": ["tth_leptonic", "tth_hadronic"],
}
SHIFTS = {
    f"{name}_scale": {
        "method": "from_function",
        "function": f"{__name__}:some_{name}",
        "branch_modified": f"{collection}_pt",
        "directions": ["up"],
    }
    for name, collection in (("photons", "Photon"), ("jets", "Jet"), ("muons", "Muon"))
}
WEIGHTS = {"muons": MUONS, "pair": OF_PAIR, "event": OF_EVENT}


def some_photons(events: Any, direction: str) -> Any:
    """Of events with an even number."""
    return events.Photon.pt * ak.where(events.event % 2 == 0, 1.1, 1.0)


def muons_aside(events: Any, direction: str) -> Any:
    """They stay selected, some in another bin of the scale factors."""
    return events.Muon.eta + ak.where(events.event % 8 == 0, 0.7, 0.0)


def some_jets(events: Any, direction: str) -> Any:
    return events.Jet.pt * ak.where(events.event % 3 == 0, 0.1, 1.0)


def harder_muons(events: Any, direction: str) -> Any:
    """They stay selected."""
    return events.Muon.pt * ak.where(events.event % 2 == 0, 2.0, 1.0)


def some_muons(events: Any, direction: str) -> Any:
    return events.Muon.pt * ak.where(events.event % 2 == 0, 0.1, 1.0)


def of_pair(events: Any) -> Any:
    factor = ak.to_numpy(events.lead_pt) / 60 + ak.to_numpy(ak.sum(events.Jet.pt, axis=1)) / 1000
    return {"central": factor, "up": 2 * factor, "down": factor / 2}


def of_muons(events: Any) -> Any:
    return _of_sum(events.Muon.pt)


def of_selected_muons(events: Any) -> Any:
    return _of_sum(events.SelectedMuon.pt)


def _of_sum(pt: Any) -> dict[str, Any]:
    factor = ak.to_numpy(ak.sum(pt, axis=1)) / 100
    return {"central": factor, "up": factor, "down": factor}


def of_event(events: Any) -> Any:
    """Looks at columns that it does not declare, but which neither vary nor are made."""
    factor = 1 + ak.to_numpy(events.event) / 10 + ak.to_numpy(ak.sum(events.Jet.eta, axis=1)) / 100
    return {"up": factor, "down": factor}


def result(shifts: dict[str, Any] | None = None, **weights: Any) -> BlockResult:
    shifts = shifts or {}
    events = []
    for i in range(12):
        kind = HADRONIC if i % 4 else LEPTONIC
        muons = [{**MUON, "sf": 1.0 + i}] if kind is LEPTONIC else []
        events.append({**kind, "event": i, "Muon": muons, "w": 1.0 + i})
    return run(*events, systematics=systematics({**SHIFTS, **shifts}, **weights))


def test_factors_of_variations_are_those_made_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_corrections(tmp_path)
    inputs = {"systematic": {"variation": True}, "eta": "Muon_eta", "pt": "Muon_pt"}
    correction = {"file": str(tmp_path / "muons.json"), "name": "id", "inputs": inputs}
    correction["variations"] = {"central": "nominal", "up": "up"}
    of_file = {**MUONS, "method": "correctionlib", "correction": correction}
    del of_file["branches"]
    # objects whose columns taggers add one by one
    inputs = {**inputs, "eta": "Photon_eta", "pt": "Photon_pt"}
    of_photons = {"input_collection": "Photon", "target_collections": ["lead", "sublead"]}
    photons = {**of_file, **of_photons, "correction": {**correction, "inputs": inputs}}
    weights = {**WEIGHTS, "file": of_file, "photons": photons}
    function = f"{__name__}:muons_aside"
    of_eta = {"branch_modified": "Muon_eta", "function": function}
    shifts = {"more_scale": {**SHIFTS["muons_scale"], **of_eta}}
    found = result(shifts, **weights)
    # as if every event differed from the nominal run
    monkeypatch.setattr(Reached, "differing", lambda self, *_: np.arange(len(self.rows)))
    expected = result(shifts, **weights)
    central = {name: found.tables[name]["weight_central"].sum() for name in found.tables}
    assert central["more_scale_up"] != central["nominal"]
    for variation, table in expected.tables.items():
        assert len(table["event"])
        for name, values in table.items():
            np.testing.assert_array_equal(found.tables[variation][name], values)
    assert found.ledgers == expected.ledgers


def test_weights_are_evaluated_again_only_where_they_must(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def counting(weight: Any, events: Any, *wanted: Any) -> Any:
        asked.append((weight.name, len(events)))
        return evaluate(weight, events, *wanted)

    monkeypatch.setattr(late_weights, "evaluate", counting)
    tables = result(**WEIGHTS).tables
    assert len(tables["nominal"]["event"]) == 12
    of_event, of_pair = ([n for name, n in asked if name == one] for one in ("event", "pair"))
    # muons and jets that are lost make no event that the nominal run has not
    assert of_event == [12]
    # the pairs of six events, and the jets of those of four that are still selected
    assert of_pair[0] == 12
    assert 6 <= sum(of_pair[1:]) <= 10


@pytest.mark.parametrize(
    ("function", "column"),
    [
        ("of_muons", "Muon_pt"),
        ("of_selected_muons", "SelectedMuon"),
        ("of_selected_muons", "SelectedMuon_pt"),
    ],
)
def test_factor_of_columns_that_a_variation_changes_is_made_again(
    function: str, column: str
) -> None:
    """The same events are selected, by the same objects."""
    looking = {"function": f"{__name__}:{function}", "requires_branches": [column]}
    weight = {**OF_PAIR, **looking, "modifies_taggers": ["tth_leptonic"]}
    shift = {**SHIFTS["muons_scale"], "function": f"{__name__}:harder_muons"}
    events = [{**LEPTONIC, "event": i, "w": 1.0} for i in range(2)]
    tables = run(*events, systematics=systematics({"muons_scale": shift}, muons=weight)).tables
    nominal, varied = (tables[name] for name in ("nominal", "muons_scale_up"))
    assert varied["event"].tolist() == nominal["event"].tolist() == [0, 1]
    ratios = varied["weight_central"] / nominal["weight_central"]
    np.testing.assert_allclose(ratios, [2.0, 1.0])


def test_function_does_not_see_what_varies_unless_it_says_so() -> None:
    undeclared = {"requires_branches": ["Jet_pt"], "modifies_taggers": ["tth_leptonic"]}
    with pytest.raises(UndeclaredColumn, match="lead_pt"):
        result(pair={**OF_PAIR, **undeclared})


def test_sums_to_preserve_are_of_all_events_that_reach_the_step_of_the_bins() -> None:
    weight = {**MODIFYING, "preserve": {"column": "n_central_jets", "edges": [0, 3, 9]}}
    events = [{**HADRONIC, "w": 2.0}, {**LEPTONIC, "w": 3.0}, event(w=0.5)]
    shift = {"photons_scale": SHIFTS["photons_scale"]}
    ledgers = run(*events, systematics=systematics(shift, b=weight)).ledgers
    sums = {name: kept.sumw for name, kept in ledgers["nominal"].kept.items() if kept.n}
    central = {"b::0": 2.0, "b:central:0": 3.5, "b::1": 1.0, "b:central:1": 2.0}
    assert sums == {**central, "b:up:0": 3.0, "b:up:1": 1.5}
    varied = ledgers["photons_scale_up"].kept
    assert {name: kept.sumw for name, kept in varied.items() if kept.n} == central


def test_direction_under_a_variation_becomes_the_central_one() -> None:
    weight = {**MODIFYING, "modifies_taggers": ["tth_hadronic"], "under": {"jets_scale_up": "up"}}
    events = [{**HADRONIC, "event": 1, "w": 2.0, "w_up": 3.0}, event(Jet=[JET])]
    tables = run(*events, systematics=systematics(SHIFTS, s=weight)).tables
    assert tables["nominal"]["weight_central"].tolist() == [2.0]
    assert tables["jets_scale_up"]["weight_central"].tolist() == [3.0]
    assert tables["photons_scale_up"]["weight_central"].tolist() == [2.0]


def test_plan_that_explains_has_central_factors_of_variations_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also of a source that leaves the central weight as it is."""
    beside = {**MODIFYING, "modify_central_weight": False, "modifies_taggers": ["tth_hadronic"]}
    monkeypatch.setattr(
        hand_made, "make_plan", lambda *of: replace(make_plan(*of), tells_central=True)
    )
    events = {**HADRONIC, "event": 1, "w": 2.0}
    tables = run(events, systematics=systematics(SHIFTS, s=beside)).tables
    for name in ("nominal", "jets_scale_up"):
        assert tables[name]["weight_s_central"].tolist() == [2.0]
        assert tables[name]["weight_central"].tolist() == [1.0]


def test_plan_that_explains_keeps_no_sums_of_variations_for_a_source_beside_the_central_weight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bins = {"column": "n_central_jets", "edges": [0, 3, 9]}
    beside = {**MODIFYING, "modify_central_weight": False, "preserve": bins}
    content = systematics({"jets_scale": SHIFTS["jets_scale"]}, s=beside)
    monkeypatch.setattr(
        hand_made, "make_plan", lambda *of: replace(make_plan(*of), tells_central=True)
    )
    found = run({**HADRONIC, "event": 1, "w": 2.0}, systematics=content)
    assert found.tables["jets_scale_up"]["weight_s_central"].tolist() == [2.0]
    assert found.ledgers["nominal"].kept
    assert not found.ledgers["jets_scale_up"].kept


def test_factors_of_which_variations_write_nothing_are_made_nominally_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They were evaluated for the events of each variation, and thrown away."""
    asked = []

    def watching(weight: Any, events: Any, wanted: Any = None) -> Any:
        asked.append((weight.name, None if wanted is None else set(wanted)))
        return evaluate(weight, events, wanted)

    monkeypatch.setattr(late_weights, "evaluate", watching)
    pair = {**OF_PAIR, "under": {"photons_scale_up": "down"}}
    looking = {**OF_EVENT, "requires_branches": ["lead_pt"]}
    tables = result(pair=pair, event=looking).tables
    assert asked == [("event", None), ("pair", None), ("pair", {"down"})]
    # half of the pairs are harder, and nominally their factor is twice that of down
    nominal, varied = (tables[name]["weight_central"] for name in ("nominal", "photons_scale_up"))
    rest = tables["nominal"]["event"] % 2 == 1
    np.testing.assert_allclose(varied[rest], nominal[rest] / 2)
    assert "weight_event_up" in tables["nominal"]
