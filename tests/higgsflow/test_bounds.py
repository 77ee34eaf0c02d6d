from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest
from hand_made import HADRONIC, ONE_PHOTON, run, systematics

from higgsflow import bounds
from higgsflow.bounds import check_dropped, with_witnesses
from higgsflow.errors import TaggerError, VariationError
from higgsflow.events.objects import Objects
from higgsflow.events.plain import plain
from higgsflow.model.systematic import Systematics
from higgsflow.taggers import DiphotonTagger
from higgsflow.taggers.function import tagger

SCALE = {
    "method": "from_function",
    "function": f"{__name__}:wild",
    "branch_modified": "Photon_pt",
    "directions": ["up"],
    "bound": 0.1,
}
SYSTEMATICS = Systematics.model_validate({"independent_collections": {"s": SCALE}})


def wild(events: Any, direction: str) -> Any:
    """Photons of more than 90 GeV are doubled."""
    return ak.where(events.Photon.pt > 90, 2.0, 1.05) * events.Photon.pt


def photons(*pts: float) -> Any:
    return plain(ak.zip({"Photon": ak.zip({"pt": ak.Array([[pt] for pt in pts])})}, depth_limit=1))


def test_block_of_which_nothing_is_kept_tells_of_a_wrong_bound() -> None:
    check_dropped(photons(50), SYSTEMATICS, ["s_up"])
    with pytest.raises(VariationError, match=r"'s' up of 'Photon_pt' shifts by up to 1, its bound"):
        check_dropped(photons(50, 95), SYSTEMATICS, ["s_up"])


def test_variation_that_is_not_made_is_not_looked_at() -> None:
    check_dropped(photons(95), SYSTEMATICS, ["nominal"])


def test_column_that_is_read_later_is_not_looked_at() -> None:
    check_dropped(plain(ak.Array([{"run": 1}])), SYSTEMATICS, ["s_up"])
    of_jets = {**SCALE, "requires_branches": ["Jet_pt"]}
    both = Systematics.model_validate({"independent_collections": {"s": of_jets}})
    check_dropped(photons(95), both, ["s_up"])


def test_chosen_ones_are_spread_over_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "N_CHECKED", 2)
    check_dropped(photons(50, 95, 50, 95), SYSTEMATICS, ["s_up"])
    with pytest.raises(VariationError):
        check_dropped(photons(50, 50, 95, 50), SYSTEMATICS, ["s_up"])


def test_witnesses_stand_among_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "N_CHECKED", 2)
    rows, witnesses = with_witnesses(np.array([1, 4]), 7)
    assert rows.tolist() == [0, 1, 4, 5]
    assert rows[witnesses].tolist() == [0, 5]
    assert with_witnesses(np.arange(3), 3)[1].tolist() == []


@pytest.mark.parametrize("others", [[], [HADRONIC]])
def test_event_that_never_reaches_the_taggers_tells_of_a_wrong_bound(others: Any) -> None:
    hard = {**ONE_PHOTON, "Photon": [{**p, "pt": 95.0} for p in ONE_PHOTON["Photon"]]}
    with pytest.raises(VariationError, match=r"its bound is 0\.1"):
        run(hard, *others, systematics=systematics({"s": SCALE}))


class WrongSkim(DiphotonTagger):
    """Forgets that shifts may lift a photon above the threshold."""

    def skim(self, events: Any, shifts: Any) -> Any:
        del shifts
        return super().skim(events, {})


def with_soft_photon() -> dict[str, Any]:
    lead, sublead = HADRONIC["Photon"]
    return {**HADRONIC, "Photon": [{**lead, "pt": 95.0}, {**sublead, "pt": 24.5}]}


def test_event_that_the_skim_drops_may_not_be_selected() -> None:
    sequence = [{"tagger": WrongSkim, "name": "pair"}, ["tth_hadronic"]]
    mild = systematics({"s": {**SCALE, "function": f"{__name__}:mild"}})
    with pytest.raises(TaggerError, match="'pair' selects events under 's_up' that its skim drops"):
        run(HADRONIC, with_soft_photon(), tag_sequence=sequence, systematics=mild)


@pytest.mark.parametrize("bound", [0.05, None])
def test_event_that_only_a_shift_selects_survives_the_skim(bound: float | None) -> None:
    mild = systematics({"s": {**SCALE, "function": f"{__name__}:mild", "bound": bound}})
    tables = run(HADRONIC, with_soft_photon(), systematics=mild).tables
    assert {name: len(table["event"]) for name, table in tables.items()} == {
        "nominal": 1,
        "s_up": 2,
    }


@tagger(reads=["Photon_pt"])
def one_photon(events: Any) -> Any:
    return ak.num(events.Photon.pt) == 1


def test_skim_of_one_of_two_first_taggers_is_not_asked() -> None:
    sequence = [["diphoton", f"{__name__}:one_photon"]]
    mild = systematics({"s": {**SCALE, "function": f"{__name__}:mild"}})
    changes = {"tag_sequence": sequence, "variables_of_interest": ["m_gg"]}
    tables = run(HADRONIC, ONE_PHOTON, systematics=mild, **changes).tables
    assert [table["tag_idx"].tolist() for table in tables.values()] == [[0, 1], [0, 1]]


def mild(events: Any, direction: str) -> Any:
    return events.Photon.pt * 1.05


class WithoutVeto(DiphotonTagger):
    """Changes the selection of the shipped tagger, whose skim does not know it."""

    def decide(self, events: Any, context: Any) -> Any:
        photons = events.collections["Photon"]
        all_pass = {"electronVeto": np.ones(photons.lists.n, np.bool_)}
        objects = Objects(photons.lists, {**photons.columns, **all_pass})
        return super().decide(events.with_columns({"Photon": objects}), context)


def test_skim_of_another_selection_is_not_asked() -> None:
    sequence = [{"tagger": WithoutVeto, "name": "pair"}, ["tth_hadronic"]]
    vetoed = [{**photon, "electronVeto": False} for photon in HADRONIC["Photon"]]
    mild = systematics({"s": {**SCALE, "function": f"{__name__}:mild"}})
    events = [{**HADRONIC, "Photon": vetoed}] * 3
    tables = run(*events, tag_sequence=sequence, systematics=mild).tables
    assert [len(table["event"]) for table in tables.values()] == [3, 3]
