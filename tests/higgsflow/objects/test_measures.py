"""What is told of cuts passes exactly where the masks of the taggers do, event by event."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
from hand_made import ELECTRON, JETS, LEPTONIC, MUON, PAIR, event
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.model.context import Context
from higgsflow.objects.measures import nearest_pair_mass
from higgsflow.taggers.diphoton import DiphotonTagger
from higgsflow.taggers.thq import THQTagger
from higgsflow.taggers.tth import TTHTagger

if TYPE_CHECKING:
    from higgsflow.taggers.base import Tagger

CONTEXT = Context(sample="S", year="2017", is_data=False)
PT = st.sampled_from([5.0, 20.0, 25.0, 30.0, 35.0, 60.0, 200.0, math.nan])
ETA = st.sampled_from([-3.0, -1.5, 0.0, 1.4442, 1.5, 1.566, 2.3, 2.4, 2.45, 4.8, math.nan])
PHI = st.sampled_from([-3.1, -1.5, 0.0, 0.15, 0.3, 1.4, 3.0])
FLAG = st.booleans()


def objects(most: int, **fields: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.fixed_dictionaries({"pt": PT, "eta": ETA, "phi": PHI, **fields})
    return st.lists(one, max_size=most)


SCORE = st.sampled_from([-0.95, -0.9, -0.8, -0.7, 0.5, math.nan])
SMALL = st.sampled_from([0.0, -0.045, 0.1, 0.2, -0.3])
CHARGE = st.sampled_from([-1, 1])
EVENTS = st.builds(
    event,
    Photon=objects(4, electronVeto=FLAG, mvaID=SCORE),
    Electron=objects(3, charge=CHARGE, dxy=SMALL, dz=SMALL, mvaIsoWP90=FLAG),
    Muon=objects(
        3, charge=CHARGE, dxy=SMALL, dz=SMALL, pfRelIso03_all=SMALL, mediumId=FLAG, isGlobal=FLAG
    ),
    Jet=objects(
        5,
        mass=st.just(5.0),
        jetId=st.sampled_from([0, 1, 6]),
        btagDeepFlavB=st.sampled_from([0.1, 0.304, 0.9]),
    ),
)
TYPES = event(Photon=PAIR, Electron=[ELECTRON], Muon=[MUON], Jet=JETS)


def one(content: dict[str, Any]) -> Any:
    return ak.Array([content, TYPES])[:1]


def check(tagger: Tagger, events: Any) -> Any:
    """Every value that is told passes as the mask of its cut says; returns the decision."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        decision = tagger.select(events, CONTEXT.fresh())
        told = tagger.measures(events, decision, CONTEXT)
    assert set(told) == set(decision.cuts)
    for group, masks in decision.cuts.items():
        assert set(masks) <= set(told[group].cuts)
        for cut, mask in masks.items():
            verdicts = np.atleast_1d(ak.to_numpy(ak.Array(mask)[0])).tolist()
            assert told[group].cuts[cut].accepted.tolist() == verdicts, (group, cut)
            assert len(told[group].labels) in (0, len(verdicts))
    return decision


@given(content=EVENTS)
@settings(max_examples=15, deadline=None)
def test_values_and_masks_agree(content: dict[str, Any]) -> None:
    events = one(content)
    found = check(DiphotonTagger(name="diphoton"), events)
    for name, values in found.columns.items():
        events = ak.with_field(events, values, name)
    check(TTHTagger(name="tth"), events)
    check(TTHTagger(name="leptonic", channels=("leptonic",)), events)
    check(THQTagger(name="thq"), events)


def test_acceptance_by_the_flags_of_the_file() -> None:
    flagged = [{**PAIR[0], "isScEtaEB": False, "isScEtaEE": True, "r9": 0.9},
               {**PAIR[1], "isScEtaEB": False, "isScEtaEE": False, "r9": 0.9}]  # fmt: skip
    events = ak.Array([event(Photon=flagged)])
    tagger = DiphotonTagger(name="diphoton")
    decision = check(tagger, events)
    acceptance = tagger.measures(events, decision, CONTEXT)["photons"].cuts["acceptance"]
    assert acceptance.condition == "isScEtaEB or isScEtaEE = 1"
    assert acceptance.values.tolist() == [1.0, 0.0]


def test_a_trigger_of_data_is_told() -> None:
    tagger = DiphotonTagger(name="diphoton", trigger=True, triggers={"2017": ("HLT_A", "HLT_B")})
    events = one({**LEPTONIC, "HLT_A": False, "HLT_B": True})
    context = Context(sample="D", year="2017", is_data=True)
    events = ak.with_field(ak.with_field(events, [False], "HLT_A"), [True], "HLT_B")
    told = tagger.measures(events, tagger.select(events, context), context)
    assert told["events"].cuts["trigger"].condition == "HLT_A or HLT_B >= 1"
    assert told["events"].cuts["trigger"].values.tolist() == [1.0]


@pytest.mark.parametrize(("charge", "expected"), [(-1, 91.2), (1, math.inf)])
def test_the_pair_nearest_to_the_window(charge: int, expected: float) -> None:
    one = {**MUON, "pt": 45.6, "eta": 0.0, "phi": 0.0, "mass": 0.0}
    pair = [one, {**one, "phi": math.pi, "charge": charge}]
    found = nearest_pair_mass((ak.Array([pair]),), (86.0, 96.0))
    assert found.values[0] == pytest.approx(expected)
    assert found.accepted.tolist() == [charge == 1]
