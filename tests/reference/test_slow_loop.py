"""The reference loop on events made by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from slow_loop import Cuts, Result, Selected, Setup, WeightColumns, process_events

SCALES = {"photon_pt_scale_up": 1.01, "photon_pt_scale_down": 0.99}
KEEP_ALL = Setup("2017", is_data=False, keep_untagged=True)


def photon(pt: float, eta: float, phi: float, **other: Any) -> dict[str, Any]:
    return {"pt": pt, "eta": eta, "phi": phi, "electronVeto": True, "mvaID": 0.9, **other}


def electron(pt: float, eta: float, phi: float, **other: Any) -> dict[str, Any]:
    defaults = {"charge": 1, "dxy": 0.0, "dz": 0.0, "WP90": True}
    return {"pt": pt, "eta": eta, "phi": phi, **defaults, **other}


def muon(pt: float, eta: float, phi: float, **other: Any) -> dict[str, Any]:
    identity = {"pfRelIso03_all": 0.0, "mediumId": True, "isGlobal": True}
    return {
        "pt": pt,
        "eta": eta,
        "phi": phi,
        "charge": 1,
        "dxy": 0.0,
        "dz": 0.0,
        **identity,
        **other,
    }


def jet(pt: float, eta: float, phi: float, **other: Any) -> dict[str, Any]:
    return {
        "pt": pt,
        "eta": eta,
        "phi": phi,
        "mass": 0.0,
        "jetId": 6,
        "btagDeepFlavB": 0.0,
        **other,
    }


GOOD_PAIR = [photon(60.0, 0.0, 0.0), photon(60.0, 0.0, 3.0)]
B_JET = jet(50.0, 1.0, 1.5, btagDeepFlavB=0.9)


def event(photons: list[dict[str, Any]] | None = None, **other: Any) -> dict[str, Any]:
    empty = {"Electron": [], "Muon": [], "Jet": [], "genWeight": 1.0}
    index = {"run": 1, "luminosityBlock": 2, "event": 3}
    return {**index, **empty, "Photon": GOOD_PAIR if photons is None else photons, **other}


def only(result: Result) -> Selected:
    (selected,) = result.events
    return selected


def run(*events: dict[str, Any], setup: Setup = KEEP_ALL) -> Result:
    return process_events(events, setup)


def test_mass_of_two_massless_photons() -> None:
    """m^2 = 2 pt1 pt2 (cosh 0 - cos 3); the same mass comes from the four-vectors."""
    selected = only(run(event()))
    assert selected.m_gg == pytest.approx(math.sqrt(2 * 60 * 60 * (1 - math.cos(3.0))))
    assert selected.m_gg == pytest.approx(2 * 60 * math.sin(1.5))
    assert selected.pt_gg == pytest.approx(2 * 60 * math.cos(1.5))
    assert (selected.eta_gg, selected.phi_gg, selected.dR_gg) == pytest.approx((0.0, 1.5, 3.0))


def test_angle_between_photons_goes_the_short_way() -> None:
    selected = only(run(event([photon(60.0, 0.5, 3.0), photon(120.0, -1.0, -3.0)])))
    assert selected.dR_gg == pytest.approx(math.hypot(1.5, 2 * math.pi - 6.0))
    assert (selected.lead_pt, selected.sublead_pt) == (120.0, 60.0)


@pytest.mark.parametrize(
    "bad",
    [
        {"pt": 25.0},
        {"pt": math.nan},
        {"eta": 1.5},
        {"eta": 1.4442},
        {"eta": 2.5},
        {"eta": math.nan},
        {"electronVeto": False},
        {"mvaID": -0.9},
        {"mvaID": math.nan},
        {"isScEtaEB": False, "isScEtaEE": False},
        {"phi": math.nan},
    ],
)
def test_bad_photon_makes_no_pair(bad: dict[str, Any]) -> None:
    result = run(event([GOOD_PAIR[0], photon(60.0, 0.0, 3.0) | bad]))
    assert result.variations["nominal"].n_diphoton == 0


def test_supercluster_flags_replace_the_eta_cut() -> None:
    inside = photon(60.0, 1.5, 3.0, isScEtaEB=False, isScEtaEE=True)
    assert run(event([GOOD_PAIR[0], inside])).variations["nominal"].n_diphoton == 1


@pytest.mark.parametrize(
    ("pt", "passes"), [((34.9, 90.0), True), ((35.0, 30.0), False), ((200.0, 26.0), False)]
)
def test_a_pair_needs_both_its_momenta(pt: tuple[float, float], passes: bool) -> None:
    pair = [photon(pt[0], 0.0, 0.0), photon(pt[1], 0.0, 3.0)]
    assert run(event(pair)).variations["nominal"].n_diphoton == int(passes)


def test_passing_pair_of_largest_pt_sum_wins() -> None:
    """The hardest photon makes no pair in the mass window."""
    photons = [photon(900.0, 0.0, 1.5), *GOOD_PAIR, photon(62.0, 0.0, 3.0)]
    assert only(run(event(photons))).lead_pt == 62.0


def test_of_equal_pairs_the_first_wins() -> None:
    photons = [*GOOD_PAIR, photon(60.0, 0.0, 3.1)]
    selected = only(run(event(photons)))
    assert (selected.lead_phi, selected.sublead_phi) == (0.0, 3.0)


@pytest.mark.parametrize(
    "bad",
    [
        {"pt": 20.0},
        {"eta": 1.5},
        {"eta": -1.4442},
        {"eta": 2.4},
        {"dxy": -0.045},
        {"dz": 0.2},
        {"WP90": False},
        {"dxy": math.nan},
        {"eta": 0.1, "phi": 0.1},
    ],
)
def test_bad_electron_is_not_counted(bad: dict[str, Any]) -> None:
    electrons = [electron(30.0, 1.0, 1.5), electron(30.0, 1.0, 1.5) | bad]
    assert only(run(event(Electron=electrons))).n_electrons == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"pt": 20.0},
        {"eta": 2.5},
        {"dxy": 0.05},
        {"dz": -0.3},
        {"pfRelIso03_all": 0.3},
        {"mediumId": False},
        {"isGlobal": False},
        {"eta": 0.0, "phi": 2.9},
    ],
)
def test_bad_muon_is_not_counted(bad: dict[str, Any]) -> None:
    muons = [muon(30.0, 1.5, 1.5), muon(30.0, 1.0, 1.5) | bad]
    assert only(run(event(Muon=muons))).n_muons == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"pt": 25.0},
        {"jetId": 0},
        {"eta": 0.3, "phi": 0.2},
        {"eta": 1.0, "phi": 1.85},
        {"eta": 4.7},
    ],
)
def test_bad_jet_is_not_counted(bad: dict[str, Any]) -> None:
    jets = [B_JET | {"phi": -1.5}, B_JET | bad]
    selected = only(run(event(Jet=jets, Electron=[electron(30.0, 1.0, 1.5)])))
    assert (selected.n_central_jets, selected.n_forward_jets) == (1, 0)


def test_jets_at_the_border_are_forward_and_never_b_jets() -> None:
    selected = only(run(event(Jet=[B_JET | {"eta": -2.4}, B_JET])))
    assert (selected.n_central_jets, selected.n_forward_jets, selected.n_b_jets) == (1, 1, 1)


def test_mass_of_jets_is_of_the_two_leading_with_their_masses() -> None:
    jets = [jet(30.0, 0.0, 1.0), jet(50.0, 0.0, 1.5, mass=10.0), jet(40.0, 0.0, -1.5, mass=5.0)]
    energies = math.hypot(50.0, 10.0) + math.hypot(40.0, 5.0)
    px = 90.0 * math.cos(1.5)
    py = 10.0 * math.sin(1.5)
    expected = math.sqrt(energies**2 - px**2 - py**2)
    assert only(run(event(Jet=jets))).m_jj == pytest.approx(expected)


def test_mass_of_jets_is_nan_for_one_central_jet() -> None:
    assert math.isnan(only(run(event(Jet=[B_JET, jet(50.0, 3.0, 1.0)]))).m_jj)


FOUR_JETS = [B_JET, *(jet(40.0, -2.0, phi) for phi in (-1.0, -1.5, -2.0))]


@pytest.mark.parametrize(
    ("content", "tag"),
    [
        ({"Jet": FOUR_JETS}, 2),
        ({"Jet": FOUR_JETS[:3]}, -1),
        ({"Jet": FOUR_JETS, "Muon": [muon(30.0, 1.9, 1.0)]}, 0),
        ({"Jet": [B_JET, jet(40.0, 3.0, 1.0)], "Muon": [muon(30.0, 1.9, 1.0)]}, 1),
        ({"Jet": [B_JET], "Muon": [muon(30.0, 1.9, 1.0)]}, -1),
        ({"Jet": [B_JET, jet(40.0, 3.0, 1.0)]}, -1),
        ({"Jet": FOUR_JETS, "photons": [GOOD_PAIR[0], GOOD_PAIR[1] | {"mvaID": -0.7}]}, -1),
    ],
)
def test_tag_of_an_event(content: dict[str, Any], tag: int) -> None:
    assert only(run(event(**content))).tag == tag


@pytest.mark.parametrize(
    ("pt", "charge", "vetoed"),
    [
        (45.6, -1, True),
        (45.6, 1, False),
        (48.1, -1, False),
        (47.9, -1, True),
        (43.1, -1, True),
        (42.9, -1, False),
    ],
)
def test_z_veto_takes_opposite_charges_near_the_z(pt: float, charge: int, vetoed: bool) -> None:
    """Two massless muons back to back: m = 2 pt."""
    muons = [muon(pt, 0.0, 1.5), muon(pt, 0.0, 1.5 - math.pi, charge=charge)]
    flow = run(event(Muon=muons)).variations["nominal"].cut_flows
    assert flow["tth_leptonic"].alone[1].n == int(not vetoed)


def test_unlike_flavours_are_no_z() -> None:
    other = muon(45.6, 0.0, 1.5 - math.pi, charge=-1)
    result = run(event(Electron=[electron(45.6, 0.0, 1.5)], Muon=[other]))
    flow = result.variations["nominal"].cut_flows
    assert flow["tth_leptonic"].alone[1].n == 1


def test_untagged_events_are_dropped() -> None:
    result = run(event(), setup=replace(KEEP_ALL, keep_untagged=False))
    assert (result.events, result.variations["nominal"].n_diphoton) == ([], 1)


def test_photon_scale_moves_pt_and_mass_of_simulation() -> None:
    result = run(event(), setup=replace(KEEP_ALL, photon_pt_scale=SCALES))
    masses = [e.m_gg / result.events[0].m_gg for e in result.events]
    assert masses == pytest.approx([1.0, 1.01, 0.99])


def test_data_has_unit_weights_and_no_variations() -> None:
    weights = {"pu": WeightColumns("puWeight", {"up": "puWeightUp"})}
    setup = Setup("2017", True, photon_pt_scale=SCALES, weights=weights, keep_untagged=True)
    selected = only(run(event(genWeight=7.0), setup=setup))
    assert (selected.weight_initial, selected.weight_central, selected.weights) == (1.0, 1.0, {})


def test_golden_json_comes_first_but_sums_are_of_all_read() -> None:
    setup = Setup("2017", True, golden={"1": [[3, 4]]}, keep_untagged=True)
    result = run(event(), event(luminosityBlock=3), setup=setup)
    assert (result.n_read, result.n_certified, result.sum_g) == (2, 1, 2.0)
    assert result.variations["nominal"].cut_flows["diphoton"].total.n == 1
    assert only(result).luminosityBlock == 3


def test_weights_multiply_and_their_columns_are_factors() -> None:
    weights = {
        "a": WeightColumns("a", {"up": "a_up"}),
        "b": WeightColumns("b", {"up": "b_up"}, modifies=("tth_hadronic",)),
    }
    setup = replace(KEEP_ALL, weights=weights)
    columns: dict[str, Any] = {"genWeight": -2.0, "a": 3.0, "a_up": 5.0, "b": 7.0, "b_up": 11.0}
    result = run(event(**columns), event(**columns, Jet=FOUR_JETS), setup=setup)
    untagged, hadronic = result.events
    assert (untagged.weight_central, hadronic.weight_central) == (-6.0, -42.0)
    assert untagged.weights == {"weight_a_up": 5.0, "weight_b_up": 1.0}
    assert hadronic.weights == {"weight_a_up": 5.0, "weight_b_up": 11.0}
    assert hadronic.full_weights == {"a_up": -70.0, "b_up": -66.0}
    assert result.variations["nominal"].cut_flows["diphoton"].total.sum_w == -12.0


def test_year_without_b_tag_threshold_is_an_error() -> None:
    with pytest.raises(ValueError, match="1999"):
        run(setup=Setup("1999", False))


def test_no_events_give_all_counters() -> None:
    result = run().variations["nominal"]
    assert list(result.cut_flows) == ["diphoton", "tth_leptonic", "thq_leptonic", "tth_hadronic"]
    assert result.overlap.matrix == [[0, 0, 0]] * 3


def test_thresholds_can_be_changed() -> None:
    assert run(event(), setup=replace(KEEP_ALL, cuts=Cuts(lead_pt=60.0))).events == []
