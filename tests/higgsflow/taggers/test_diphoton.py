from __future__ import annotations

import math
from typing import Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.errors import UnknownName
from higgsflow.model.context import Context
from higgsflow.taggers import DiphotonTagger
from higgsflow.taggers.diphoton import TRIGGERS

MC = Context(sample="S", year="2017", is_data=False)
DATA = Context(sample="D", year="2017", is_data=True)
TAGGER = DiphotonTagger(name="diphoton")


def photon(pt: float = 60.0, phi: float = 0.0, **other: Any) -> dict[str, Any]:
    return {"pt": pt, "eta": 0.0, "phi": phi, "electronVeto": True, "mvaID": 0.9, **other}


def events(*photons: list[dict[str, Any]], **columns: Any) -> ak.Array:
    # one event of one photon gives the types, also without any event
    typed = ak.Array([*photons, [photon()]])[:-1]
    return ak.zip({"Photon": typed, **columns}, depth_limit=1)


PAIR = [photon(), photon(phi=3.0)]


def test_columns_of_a_pair_are_those_worked_out_by_hand() -> None:
    """Two massless photons of 60 GeV, 3 rad apart."""
    decision = TAGGER.select(events([photon(phi=3.0, r9=0.8), photon(r9=0.9)], []), MC)
    values = {name: column[0] for name, column in decision.columns.items()}
    assert decision.mask.tolist() == [True, False]
    assert values["m_gg"] == pytest.approx(120 * math.sin(1.5))
    assert values["pt_gg"] == pytest.approx(120 * math.cos(1.5))
    assert (values["phi_gg"], values["dR_gg"]) == pytest.approx((1.5, 3.0))
    assert (values["lead_phi"], values["sublead_phi"]) == (3.0, 0.0)
    assert (values["lead_r9"], values["sublead_mvaID"]) == (0.8, 0.9)


def test_columns_are_nan_without_a_pair_and_r9_without_one_in_the_file() -> None:
    columns = TAGGER.select(events(PAIR, [photon()]), MC).columns
    assert set(columns) == set(TAGGER.adds(MC))
    assert all(math.isnan(column[1]) for column in columns.values())
    assert math.isnan(columns["lead_r9"][0])


def test_no_events_give_all_columns() -> None:
    decision = TAGGER.select(events(), MC)
    assert set(decision.columns) == set(TAGGER.adds(MC))
    assert all(len(np.asarray(column)) == 0 for column in decision.columns.values())


def test_hardest_photon_need_not_be_in_the_pair() -> None:
    decision = TAGGER.select(events([photon(900.0, 1.5), *PAIR, photon(62.0, 3.1)]), MC)
    assert decision.columns["lead_pt"].tolist() == [62.0]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("column", ["pt", "eta", "phi"])
@np.errstate(invalid="ignore", divide="ignore", over="ignore")
def test_photon_that_is_not_a_number_makes_no_pair(column: str, bad: float) -> None:
    decision = TAGGER.select(events([photon(), {**photon(phi=3.0), column: bad}], PAIR), MC)
    assert decision.mask.tolist() == [False, True]


@pytest.mark.parametrize(("pt", "passes"), [(25.0, False), (25.001, True), (math.nan, False)])
def test_a_photon_has_more_than_the_least_pt(pt: float, passes: bool) -> None:
    cuts = TAGGER.select(events([photon(), photon(pt, 3.0)]), MC).cuts
    assert cuts["photons"]["pt"].tolist() == [[True, passes]]


def test_cut_groups_are_of_events_photons_and_pairs() -> None:
    cuts = TAGGER.select(events(PAIR, [photon()]), MC).cuts
    assert list(cuts) == ["events", "photons", "diphotons"]
    assert cuts["events"]["two_photons"].tolist() == [True, False]
    assert ak.num(cuts["photons"]["pt"]).tolist() == [2, 1]
    assert ak.num(cuts["diphotons"]["mass"]).tolist() == [1, 0]


def test_trigger_is_asked_of_data_only() -> None:
    tagger = DiphotonTagger(name="d", trigger=True)
    name = TRIGGERS["2017"]
    assert name in {need.name for need in tagger.reads(DATA)}
    assert name not in {need.name for need in tagger.reads(MC)}
    fired = events(PAIR, PAIR, **{name: np.array([True, False])})
    decision = tagger.select(fired, DATA)
    assert decision.mask.tolist() == [True, False]
    assert list(decision.cuts["events"]) == ["trigger", "two_photons", "diphoton"]


@pytest.mark.parametrize(("year", "second"), [("2016", "18"), ("2017", "22"), ("2018", "22")])
def test_trigger_of_a_year(year: str, second: str) -> None:
    name = f"HLT_Diphoton30_{second}_R9Id_OR_IsoCaloId_AND_HE_R9Id_Mass90"
    needs = DiphotonTagger(name="d", trigger=True).reads(
        Context(sample="D", year=year, is_data=True)
    )
    assert [need.name for need in needs if need.name.startswith("HLT")] == [name]


def test_year_without_trigger_is_an_error() -> None:
    with pytest.raises(UnknownName, match="no trigger for year '2022' in 'd'"):
        DiphotonTagger(name="d", trigger=True).check(Context(sample="D", year="2022", is_data=True))


def test_skim_uses_only_what_no_variation_changes() -> None:
    content = events(
        [photon(24.9), photon()],  # within 1 % of the threshold
        [photon(24.0), photon()],
        [photon(mvaID=-0.95), photon()],
        [photon(electronVeto=False), photon()],
        [photon(math.nan), photon()],
    )

    def kept(shifts: dict[str, float | None]) -> list[int]:
        return np.flatnonzero(TAGGER.skim(content, shifts)).tolist()

    assert kept({}) == []
    assert kept({"Photon_pt": 0.01}) == [0]
    assert kept({"Photon_pt": None}) == [0, 1, 4]
    assert kept({"Photon_mvaID": 0.01}) == [2]
    assert kept({"Photon_electronVeto": None, "Photon_pt": 0.05}) == [0, 1, 3]


def test_skim_leaves_pt_alone_where_its_threshold_is_negative() -> None:
    tagger = DiphotonTagger(name="d", photon={"pt_min": -10.0})
    assert tagger.skim(events([photon(-5.0), photon()]), {}).tolist() == [True]
