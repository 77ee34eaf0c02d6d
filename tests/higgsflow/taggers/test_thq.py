from __future__ import annotations

from typing import Any

import awkward as ak
import pytest

from higgsflow.model.context import Context
from higgsflow.taggers import THQTagger

MC = Context(sample="S", year="2017", is_data=False)
LEPTON = {"pt": 30.0, "eta": 1.9, "phi": 1.0, "charge": 1, "dxy": 0.0, "dz": 0.0}
ELECTRON = {**LEPTON, "mvaIsoWP90": True}
MUON = {**LEPTON, "pfRelIso03_all": 0.0, "mediumId": True, "isGlobal": True}
B_JET = {"pt": 50.0, "eta": 1.0, "phi": -1.5, "mass": 0.0, "jetId": 6, "btagDeepFlavB": 0.9}
FORWARD = {**B_JET, "eta": 3.0}
PAIR = {"lead_eta": 0.0, "lead_phi": 0.0, "sublead_eta": 0.0, "sublead_phi": 3.0}


def passes(electrons: int, jets: list[Any], mva: float = 0.9, **options: Any) -> bool:
    columns: dict[str, Any] = {
        "Electron": [[ELECTRON] * electrons, [ELECTRON]],
        "Muon": [[], [MUON]],
        "Jet": [jets, [B_JET]],
        "lead_mvaID": [mva] * 2,
        "sublead_mvaID": [0.9] * 2,
        **{name: [value] * 2 for name, value in PAIR.items()},
    }
    events = ak.zip({n: ak.Array(v) for n, v in columns.items()}, depth_limit=1)
    return bool(THQTagger(name="thq", **options).select(events, MC).mask[0])


@pytest.mark.parametrize(
    ("electrons", "jets", "expected"),
    [
        (1, [B_JET, FORWARD], True),
        (0, [B_JET, FORWARD], False),
        (1, [B_JET], False),
        (1, [FORWARD], False),  # beyond the tracker nothing is b-tagged
        (1, [B_JET, {**FORWARD, "eta": 4.7}], False),
    ],
)
def test_needs_a_lepton_a_b_jet_and_a_forward_jet(
    electrons: int, jets: list[Any], expected: bool
) -> None:
    assert passes(electrons, jets) is expected


def test_needs_identified_photons() -> None:
    assert not passes(1, [B_JET, FORWARD], mva=-0.7)


def test_thresholds_are_options() -> None:
    assert passes(1, [B_JET], forward_jets_min=0)
    assert not passes(1, [B_JET, FORWARD], b_jets_min=2)
