from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.errors import UnknownName
from higgsflow.model.context import Context
from higgsflow.taggers import THQTagger, TTHTagger, hadronic_activity

if TYPE_CHECKING:
    from higgsflow.taggers.hadronic_activity import Activity

MC = Context(sample="S", year="2017", is_data=False)
LEPTON = {"pt": 30.0, "eta": 1.0, "phi": 1.5, "charge": 1, "dxy": 0.0, "dz": 0.0}
ELECTRON = {**LEPTON, "mvaIsoWP90": True}
MUON = {**LEPTON, "pfRelIso03_all": 0.0, "mediumId": True, "isGlobal": True}
JET = {"pt": 50.0, "eta": 1.0, "phi": -1.5, "mass": 5.0, "jetId": 6, "btagDeepFlavB": 0.9}
PAIR = {"lead_eta": 0.0, "lead_phi": 0.0, "sublead_eta": 0.0, "sublead_phi": 3.0}
COUNTS = ("n_electrons", "n_muons", "n_leptons", "n_central_jets", "n_forward_jets", "n_b_jets")


def made(*, electrons: Any = (), muons: Any = (), jets: Any = ()) -> Any:
    """One event; a second one gives the types."""
    content = {
        "Electron": [[*electrons], [ELECTRON]],
        "Muon": [[*muons], [MUON]],
        "Jet": [[*jets], [JET]],
    }
    flat = {
        name: [value] * 2
        for name, value in {**PAIR, "lead_mvaID": 0.9, "sublead_mvaID": 0.9}.items()
    }
    columns = {name: ak.Array(values) for name, values in (content | flat).items()}
    return ak.zip(columns, depth_limit=1)


def activity(**objects: Any) -> Activity:
    return THQTagger(name="thq").activity(made(**objects), MC)


def counts(**objects: Any) -> list[int]:
    columns = activity(**objects).columns
    return [int(columns[name][0]) for name in COUNTS]


def test_selected_objects_are_counted() -> None:
    jets = [JET, {**JET, "eta": -2.4}, {**JET, "eta": -1.0, "btagDeepFlavB": 0.304}]
    assert counts(electrons=[ELECTRON], muons=[{**MUON, "phi": 2.5}], jets=jets) == [
        1,
        1,
        2,
        2,
        1,
        1,
    ]


def test_jets_are_clean_of_photons_and_selected_leptons() -> None:
    near_photon = {**JET, "eta": 0.0, "phi": 0.39}
    near_lepton = {**JET, "phi": 1.5}
    assert counts(jets=[near_photon, near_lepton])[3] == 1
    assert counts(jets=[near_photon, near_lepton], electrons=[ELECTRON])[3] == 0
    assert counts(jets=[near_lepton], muons=[{**MUON, "pt": 10.0}])[3] == 1


@pytest.mark.parametrize(("pt", "n"), [(25.0, 0), (25.001, 1), (math.nan, 0)])
def test_a_jet_has_more_than_the_least_pt(pt: float, n: int) -> None:
    assert counts(jets=[{**JET, "pt": pt}])[3] == n


def test_leptons_are_clean_of_photons() -> None:
    assert counts(electrons=[{**ELECTRON, "eta": 0.0, "phi": 0.19}])[0] == 0
    assert counts(muons=[{**MUON, "eta": 0.0, "phi": 2.9}])[1] == 0


@pytest.mark.parametrize(
    ("column", "bad"),
    [
        *((name, math.nan) for name in ("pt", "eta", "phi", "btagDeepFlavB")),
        # infinitely much passes a lower threshold
        *((name, math.inf) for name in ("eta", "phi")),
    ],
)
@np.errstate(invalid="ignore", over="ignore")
def test_jet_that_is_not_a_number_is_no_b_jet(column: str, bad: float) -> None:
    assert counts(jets=[{**JET, column: bad}])[5] == 0


def test_m_jj_is_of_central_jets_only() -> None:
    forward = {**JET, "pt": 500.0, "eta": 3.0}
    assert math.isnan(activity(jets=[JET, forward]).m_jj.values[0])
    both = activity(jets=[JET, {**JET, "eta": -1.0}, forward]).m_jj.values[0]
    assert both == pytest.approx(math.sqrt(2 * 50 * 50 * (math.cosh(2) - 1)), rel=0.01)


def test_m_jj_is_worked_out_for_those_events_that_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    masses = hadronic_activity.leading_pair_masses

    def noted(jets: Any, jet_counts: Any, ways: Any, at: Any) -> Any:
        asked.append(len(at))
        return masses(jets, jet_counts, ways, at)

    monkeypatch.setattr(hadronic_activity, "leading_pair_masses", noted)
    pair = [JET, {**JET, "eta": -1.0}]
    events = ak.concatenate([made(jets=pair)[:1], made(jets=[JET])[:1], made(jets=pair)[:1]])
    column = THQTagger(name="thq").activity(events, MC).m_jj
    assert asked == []
    kept = np.asarray(column.take(np.array([1, 2])))
    assert asked == [1]
    assert math.isnan(kept[0])
    assert kept[1] == column.values[2]


@pytest.mark.parametrize(("other", "found"), [("muon", True), ("electron", False)])
def test_z_candidate_is_of_one_flavour(other: str, found: bool) -> None:
    one = {**MUON, "pt": 45.6, "eta": 0.0}
    back = {"pt": 45.6, "eta": 0.0, "phi": 1.5 - math.pi, "charge": -1}
    leptons = {"muons": [one, {**MUON, **back}]}
    if other == "electron":
        leptons = {"muons": [one], "electrons": [{**ELECTRON, **back}]}
    cuts = THQTagger(name="thq").preselection(made(**leptons), MC)
    assert cuts["z_veto"][0] != found


def test_objects_are_selected_once_for_equal_cuts() -> None:
    context = MC.fresh()
    taggers = [TTHTagger(name="a"), THQTagger(name="b"), THQTagger(name="c", jet={"pt_min": 30.0})]
    content = {"Electron": [[ELECTRON]], "Muon": [[MUON]], "Jet": [[JET]]}
    events = ak.zip(
        {n: ak.Array(v) for n, v in (content | {k: [v] for k, v in PAIR.items()}).items()},
        depth_limit=1,
    )
    first, second, third = (tagger.activity(events, context) for tagger in taggers)
    assert first is second
    assert third is not first


def test_other_events_are_not_taken_for_the_first() -> None:
    """A context may be used twice, as in the test of a tagger."""
    empty = activity()
    assert activity(jets=[JET]).n_b[0] == empty.n_b[0] + 1


def test_taggers_follow_the_diphoton() -> None:
    assert "lead_mvaID" in THQTagger.needs_columns


def test_year_without_b_tag_threshold_is_an_error() -> None:
    with pytest.raises(UnknownName, match="no b-tagging threshold for year '1999'"):
        THQTagger(name="thq").check(Context(sample="S", year="1999", is_data=False))
