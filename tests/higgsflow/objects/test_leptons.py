from __future__ import annotations

import math
from typing import Any

import awkward as ak
import pytest

from higgsflow.events.columns import locate
from higgsflow.events.plain import plain
from higgsflow.events.plain_values import plain_values
from higgsflow.objects.leptons import (
    ElectronCuts,
    MuonCuts,
    away_from_photons,
    electron_masks,
    electron_needs,
    has_z_candidate,
    muon_masks,
    muon_needs,
)
from higgsflow.taggers.base import all_of

TRACK = {"pt": 30.0, "eta": 1.0, "phi": 1.5, "charge": 1, "dxy": 0.0, "dz": 0.0}
ELECTRON = {**TRACK, "mvaIsoWP90": True}
MUON = {**TRACK, "pfRelIso03_all": 0.1, "mediumId": True, "isGlobal": True}
NAN, INF = math.nan, math.inf


def objects(*events: list[dict[str, Any]]) -> Any:
    return plain_values(ak.Array([*events]))


def electron_passes(**change: Any) -> bool:
    masks = electron_masks(objects([{**ELECTRON, **change}]), ElectronCuts())
    return bool(all_of(masks)[0])


def muon_passes(**change: Any) -> bool:
    return bool(all_of(muon_masks(objects([{**MUON, **change}]), MuonCuts()))[0])


@pytest.mark.parametrize(
    ("column", "failing", "good"),
    [
        ("pt", [20.0, NAN], 20.001),
        ("eta", [2.4, -2.4, 1.4442, -1.566, 1.5, NAN, INF], -1.5661),
        ("dxy", [0.045, -0.045, NAN, -INF], -0.0449),
        ("dz", [0.2, -0.2, NAN, INF], 0.199),
        ("mvaIsoWP90", [False], True),
    ],
)
def test_each_cut_on_electrons_has_its_side_and_edge(
    column: str, failing: list[Any], good: Any
) -> None:
    assert not any(electron_passes(**{column: value}) for value in failing)
    assert electron_passes(**{column: good})


@pytest.mark.parametrize(
    ("column", "failing", "good"),
    [
        ("pt", [20.0, NAN], 20.001),
        ("eta", [2.5, -2.5, NAN, INF], 1.5),
        ("dxy", [0.045, -0.045, NAN], -0.0449),
        ("dz", [0.2, -0.2, NAN], 0.199),
        ("pfRelIso03_all", [0.3, NAN, INF], 0.299),
        ("mediumId", [False], True),
        ("isGlobal", [False], True),
    ],
)
def test_each_cut_on_muons_has_its_side_and_edge(
    column: str, failing: list[Any], good: Any
) -> None:
    assert not any(muon_passes(**{column: value}) for value in failing)
    assert muon_passes(**{column: good})


def test_lepton_is_away_from_both_photons() -> None:
    events = ak.Array([{"lead_eta": 0.0, "lead_phi": 0.0, "sublead_eta": 0.0, "sublead_phi": 3.0}])
    at = [(0.0, 0.2), (0.0, 0.19), (0.0, 2.9), (1.0, 1.5), (NAN, 1.5), (1.0, NAN)]
    leptons = objects([{"eta": eta, "phi": phi} for eta, phi in at])
    expected = [True, False, False, True, False, False]
    assert away_from_photons(leptons, plain(events), 0.2).tolist() == expected


@pytest.mark.parametrize(
    ("pt", "charge", "found"),
    [
        (45.6, -1, True),
        (45.6, 1, False),
        (48.001, -1, False),
        (47.999, -1, True),
        (43.001, -1, True),
        (42.999, -1, False),
        (NAN, -1, False),
    ],
)
def test_z_candidate_of_two_leptons_back_to_back(pt: float, charge: int, found: bool) -> None:
    """m = 2 pt, and 86 < m < 96."""
    pair = [{**TRACK, "pt": pt, "eta": 0.0}]
    pair.append({**pair[0], "phi": 1.5 - math.pi, "charge": charge})
    assert has_z_candidate(objects(pair), (86.0, 96.0)).tolist() == [found]


def test_no_leptons_are_no_z_candidate() -> None:
    leptons = objects([], [TRACK])
    assert has_z_candidate(leptons, (86.0, 96.0)).tolist() == [False, False]


def test_working_point_goes_by_several_names() -> None:
    names = {"Electron_mvaIso_WP90", "Electron_mvaFall17V1Iso_WP90"}
    available = {n.name for n in electron_needs()[:-2]} | names
    found = locate(electron_needs(), available, "f.root", {})
    assert found["Electron_mvaIsoWP90"] == "Electron_mvaIso_WP90"


def test_masses_are_optional() -> None:
    needs = electron_needs() + muon_needs()
    assert {n.name for n in needs if n.optional} == {"Electron_mass", "Muon_mass"}
