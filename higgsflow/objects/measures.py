"""What the cuts on objects look at, in one event.

`events` holds one event here; the masks that decide are those of the modules beside this one.
"""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.objects.kinematics import delta_r, massless_pair_mass, pair_sum
from higgsflow.selection.measured import (
    Measured,
    Measures,
    above,
    at_least,
    at_most,
    below,
    between,
    equal,
    measured,
    within,
)

if TYPE_CHECKING:
    from higgsflow.objects.diphotons import DiphotonCuts
    from higgsflow.objects.jets import JetCuts
    from higgsflow.objects.leptons import ElectronCuts, LeptonCuts, MuonCuts
    from higgsflow.objects.photons import PhotonCuts

Floats = npt.NDArray[np.float64]


def photon_measures(events: Any, cuts: PhotonCuts) -> Measures:
    """Pt [GeV], acceptance, electron veto and identification of each photon."""
    photons = events.Photon[0]
    found = {
        "pt": measured(photons.pt, above(cuts.pt_min)),
        "acceptance": _acceptance(photons, cuts),
        "electron_veto": measured(photons.electronVeto, equal(1)),
        "mva_id": measured(photons.mvaID, above(cuts.mva_id_min)),
    }
    if not cuts.electron_veto:
        del found["electron_veto"]
    return Measures(found, _indices(len(photons)))


def _acceptance(photons: Any, cuts: PhotonCuts) -> Measured:
    if {"isScEtaEB", "isScEtaEE"} <= set(photons.fields):
        # of an object in the barrel the first flag is set, of one in an endcap the second
        found = (_floats(photons.isScEtaEB) == 1) | (_floats(photons.isScEtaEE) == 1)
        return measured(found, equal(1), what="isScEtaEB or isScEtaEE")
    endcap = between(cuts.eta_endcap_min, cuts.eta_endcap_max)
    return measured(abs(_floats(photons.eta)), below(cuts.eta_barrel_max), endcap, what="|eta|")


def pair_measures(events: Any, selected: Any, cuts: DiphotonCuts) -> Measures:
    """The pairs of the selected photons, which `selected` has as booleans per photon."""
    photons = events.Photon[0]
    pt, eta, phi = (_floats(photons[name]) for name in ("pt", "eta", "phi"))
    pairs = [
        (a, b) if pt[a] >= pt[b] else (b, a)
        for a, b in combinations(np.flatnonzero(np.asarray(selected)).tolist(), 2)
    ]
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    lead, sublead = (SimpleNamespace(pt=pt[i], eta=eta[i], phi=phi[i]) for i in (first, second))
    mass = np.asarray(massless_pair_mass(lead, sublead))
    with np.errstate(invalid="ignore", divide="ignore"):
        over_mass = (lead.pt / mass, sublead.pt / mass)
    found = {
        "lead_pt": measured(lead.pt, above(cuts.lead_pt_min)),
        "sublead_pt": measured(sublead.pt, above(cuts.sublead_pt_min)),
        "lead_pt_over_mass": measured(over_mass[0], above(cuts.lead_pt_over_mass_min)),
        "sublead_pt_over_mass": measured(over_mass[1], above(cuts.sublead_pt_over_mass_min)),
        "mass": measured(mass, within(cuts.mass_min, cuts.mass_max), column="m_gg"),
    }
    return Measures(found, tuple(f"{a} and {b}" for a, b in pairs))


def electron_measures(events: Any, cuts: ElectronCuts) -> Measures:
    """What electrons are asked for, with the distance to the nearer photon."""
    electrons = events.Electron[0]
    eta = abs(_floats(electrons.eta))
    gap = (below(min(cuts.gap[0], cuts.eta_max)), between(cuts.gap[1], cuts.eta_max))
    found = {
        "pt": measured(electrons.pt, above(cuts.pt_min)),
        "eta": measured(eta, *gap, what="|eta|"),
        **_impact(electrons, cuts),
        "mva_id": measured(electrons.mvaIsoWP90, equal(1)),
        "photon_distance": _from_photons(events, electrons, cuts.photon_distance),
    }
    return Measures(found, _indices(len(electrons)))


def muon_measures(events: Any, cuts: MuonCuts) -> Measures:
    """What muons are asked for, with the distance to the nearer photon."""
    muons = events.Muon[0]
    found = {
        "pt": measured(muons.pt, above(cuts.pt_min)),
        "eta": measured(abs(_floats(muons.eta)), below(cuts.eta_max), what="|eta|"),
        **_impact(muons, cuts),
        "isolation": measured(muons.pfRelIso03_all, below(cuts.isolation_max)),
        "medium_id": measured(muons.mediumId, equal(1)),
        "global": measured(muons.isGlobal, equal(1)),
        "photon_distance": _from_photons(events, muons, cuts.photon_distance),
    }
    return Measures(found, _indices(len(muons)))


def jet_measures(events: Any, leptons: dict[str, Any], cuts: JetCuts, b_tag_min: float) -> Measures:
    """What jets are asked for; the b tag has no verdict of its own, since it selects no jets.

    `leptons` are the selected electrons and muons of the event, by the name of the distance.
    """
    jets = events.Jet[0]
    found = {
        "pt": measured(jets.pt, above(cuts.pt_min)),
        "eta": measured(abs(_floats(jets.eta)), below(cuts.eta_forward_max), what="|eta|"),
    }
    if cuts.jet_id_min is not None:
        found["jet_id"] = measured(jets.jetId, at_least(cuts.jet_id_min))
    found["photon_distance"] = _from_photons(events, jets, cuts.photon_distance)
    for name, others in leptons.items():
        distance = _nearest(jets, _floats(others.eta), _floats(others.phi))
        found[name] = measured(distance, at_least(cuts.lepton_distance), what="dR")
    b_tag = measured(jets.btagDeepFlavB, above(b_tag_min), what="btagDeepFlavB")
    return Measures({**found, "b_tag": b_tag}, _indices(len(jets)))


def nearest_pair_mass(collections: tuple[Any, ...], window: tuple[float, float]) -> Measured:
    """Of pairs of opposite charge and one flavour the mass [GeV] nearest to the window's middle.

    Infinite where there is no such pair: it is outside of any window.
    """
    masses = [mass for leptons in collections for mass in _opposite_pairs(leptons[0])]
    middle = (window[0] + window[1]) / 2
    nearest = min(masses, key=lambda mass: abs(mass - middle), default=np.inf)
    return measured(nearest, at_most(window[0]), at_least(window[1]), what="mass of a lepton pair")


def _opposite_pairs(leptons: Any) -> list[float]:
    found = []
    for a, b in combinations(range(len(leptons)), 2):
        if leptons.charge[a] * leptons.charge[b] < 0:
            mass = float(pair_sum(leptons[a : a + 1], leptons[b : b + 1]).mass[0])
            # what is not a number is in no window
            found.extend([mass] if not np.isnan(mass) else [])
    return found


def _impact(leptons: Any, cuts: LeptonCuts) -> dict[str, Measured]:
    return {
        "dxy": measured(abs(_floats(leptons.dxy)), below(cuts.dxy_max), what="|dxy|"),
        "dz": measured(abs(_floats(leptons.dz)), below(cuts.dz_max), what="|dz|"),
    }


def _from_photons(events: Any, objects: Any, distance: float) -> Measured:
    eta, phi = (
        np.array([events[f"{which}_{name}"][0] for which in ("lead", "sublead")])
        for name in ("eta", "phi")
    )
    return measured(_nearest(objects, eta, phi), at_least(distance), what="dR")


def _nearest(objects: Any, eta: Floats, phi: Floats) -> Floats:
    """Of each object the distance to the nearest; infinite where there is none."""
    mine = [_floats(objects[name])[:, None] for name in ("eta", "phi")]
    apart = _floats(delta_r(mine[0], mine[1], eta[None, :], phi[None, :]))
    # unlike fmin, this keeps what is not a number, which fails the cut
    return _floats(np.min(apart, axis=1, initial=np.inf))


def _floats(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _indices(n: int) -> tuple[str, ...]:
    return tuple(str(i) for i in range(n))
