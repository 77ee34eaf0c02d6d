from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import pytest

from higgsflow.model.context import Context
from higgsflow.taggers import TTHTagger

if TYPE_CHECKING:
    from higgsflow.taggers.base import Decision

MC = Context(sample="S", year="2017", is_data=False)
LEPTON = {"pt": 30.0, "eta": 1.9, "phi": 1.0, "charge": 1, "dxy": 0.0, "dz": 0.0}
ELECTRON = {**LEPTON, "mvaIsoWP90": True}
MUON = {**LEPTON, "pfRelIso03_all": 0.0, "mediumId": True, "isGlobal": True}
JET = {"pt": 50.0, "eta": -2.0, "phi": 0.0, "mass": 0.0, "jetId": 6, "btagDeepFlavB": 0.0}
LIGHT = [{**JET, "phi": phi} for phi in (-1.0, -1.6, -2.2, 2.0)]
B_JET = {**JET, "eta": 1.0, "phi": -1.5, "btagDeepFlavB": 0.9}
PAIR = {"lead_eta": 0.0, "lead_phi": 0.0, "sublead_eta": 0.0, "sublead_phi": 3.0}

# leptons, jets, mvaID of the photons: leptonic, hadronic
TABLE = [
    (1, [B_JET, *LIGHT[:1]], 0.9, True, False),
    (1, [B_JET], 0.9, False, False),
    (1, LIGHT, 0.9, False, False),
    (0, [B_JET, *LIGHT[:3]], 0.9, False, True),
    (0, [B_JET, *LIGHT[:2]], 0.9, False, False),
    (0, LIGHT, 0.9, False, False),
    (1, [B_JET, *LIGHT], 0.9, True, False),
    (0, [B_JET, *LIGHT], -0.7, False, False),
]


def decide(tagger: TTHTagger) -> Decision:
    columns: dict[str, Any] = {
        "Electron": [[] for _ in TABLE[:-1]] + [[]],
        "Muon": [[MUON] * leptons for leptons, *_ in TABLE],
        "Jet": [jets for _, jets, *_ in TABLE],
        "lead_mvaID": [0.9] * len(TABLE),
        "sublead_mvaID": [mva for *_, mva, _, _ in TABLE],
        **{name: [value] * len(TABLE) for name, value in PAIR.items()},
    }
    columns["Electron"] = ak.Array([*columns["Electron"], [ELECTRON]])[:-1]
    return tagger.select(ak.zip({n: ak.Array(v) for n, v in columns.items()}, depth_limit=1), MC)


LEPTONIC = [row[3] for row in TABLE]
HADRONIC = [row[4] for row in TABLE]


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        (("leptonic",), LEPTONIC),
        (("hadronic",), HADRONIC),
        (("leptonic", "hadronic"), [a or b for a, b in zip(LEPTONIC, HADRONIC, strict=True)]),
    ],
)
def test_events_of_each_channel(channels: tuple[Any, ...], expected: list[bool]) -> None:
    assert decide(TTHTagger(name="tth", channels=channels)).mask.tolist() == expected


def test_category_is_the_position_of_the_channel() -> None:
    decision = decide(TTHTagger(name="tth", channels=("leptonic", "hadronic")))
    assert decision.category.tolist() == [int(passes) for passes in HADRONIC]
    decision = decide(TTHTagger(name="tth", channels=("hadronic", "leptonic")))
    assert decision.category.tolist() == [int(passes) for passes in LEPTONIC]


def test_cut_groups_are_one_per_channel() -> None:
    both = decide(TTHTagger(name="tth")).cuts
    assert [g for g in both if g.startswith("events")] == ["events_leptonic", "events_hadronic"]
    one = decide(TTHTagger(name="tth", channels=("hadronic",))).cuts
    assert [g for g in one if g.startswith("events")] == ["events"]


def test_thresholds_are_options() -> None:
    assert not any(decide(TTHTagger(name="tth", b_jets_min=2)).mask)
    loose = decide(TTHTagger(name="tth", hadronic_jets_min=3, channels=("hadronic",)))
    assert loose.mask.tolist() == [False, False, False, True, True, False, False, False]
