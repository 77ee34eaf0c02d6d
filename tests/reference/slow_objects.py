"""The selection of objects and the cuts of the taggers, for one event."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from slow_kinematics import Object, add, delta_r, diphoton_mass, four_vector, is_separated

B_TAG = {
    "2016": 0.3093,
    "2017": 0.3040,
    "2018": 0.2783,
    "2016UL_preVFP": 0.2598,
    "2016UL_postVFP": 0.2489,
    "2022": 0.3086,
    "2022EE": 0.3196,
}


@dataclass(frozen=True)
class Cuts:
    """All thresholds of the reference selection; momenta and masses in GeV, dxy and dz in cm."""

    photon_pt: float = 25.0
    photon_mva: float = -0.9
    lead_pt: float = 35.0
    sublead_pt: float = 25.0
    lead_pt_over_m: float = 0.33
    sublead_pt_over_m: float = 0.25
    m_min: float = 100.0
    m_max: float = 180.0
    lepton_pt: float = 20.0
    electron_eta: float = 2.4
    muon_eta: float = 2.5
    dxy: float = 0.045
    dz: float = 0.2
    muon_iso: float = 0.3
    lepton_photon_dr: float = 0.2
    jet_pt: float = 25.0
    jet_id: int = 1
    jet_dr: float = 0.4
    central_eta: float = 2.4
    forward_eta: float = 4.7
    tag_photon_mva: float = -0.7
    z_min: float = 86.0
    z_max: float = 96.0
    b_tag: dict[str, float] = field(default_factory=lambda: dict(B_TAG))


@dataclass(frozen=True)
class Diphoton:
    """The chosen pair, lead has the larger pt; mass in GeV."""

    lead: Object
    sublead: Object
    mass: float

    @property
    def photons(self) -> list[Object]:
        """Both photons, lead first."""
        return [self.lead, self.sublead]


@dataclass(frozen=True)
class Content:
    """What the tag taggers look at in an event with a diphoton."""

    diphoton: Diphoton
    electrons: list[Object]
    muons: list[Object]
    central: list[Object]
    forward: list[Object]
    b_jets: list[Object]


def is_outside_gap(eta: float, eta_max: float) -> bool:
    """|eta| below the limit and outside the closed barrel-endcap gap."""
    return abs(eta) < eta_max and not 1.4442 <= abs(eta) <= 1.566


def passes_photon(photon: Object, cuts: Cuts) -> bool:
    """Acceptance, electron veto and loose identification."""
    if "isScEtaEB" in photon and "isScEtaEE" in photon:
        in_acceptance = photon["isScEtaEB"] or photon["isScEtaEE"]
    else:
        in_acceptance = abs(photon["eta"]) < 1.4442 or 1.566 < abs(photon["eta"]) < 2.5
    return bool(
        photon["pt"] > cuts.photon_pt
        and in_acceptance
        and photon["electronVeto"]
        and photon["mvaID"] > cuts.photon_mva
    )


def passes_pair(pair: Diphoton, cuts: Cuts) -> bool:
    """Transverse momenta, their ratios to the mass, and the mass window."""
    return bool(
        cuts.m_min <= pair.mass <= cuts.m_max
        and pair.lead["pt"] > cuts.lead_pt
        and pair.sublead["pt"] > cuts.sublead_pt
        and pair.lead["pt"] / pair.mass > cuts.lead_pt_over_m
        and pair.sublead["pt"] / pair.mass > cuts.sublead_pt_over_m
    )


def best_diphoton(photons: list[Object], cuts: Cuts) -> Diphoton | None:
    """The passing pair with the largest pt sum; of equal ones the first in file order."""
    best = None
    best_sum = 0.0
    for one, two in combinations(photons, 2):
        lead, sublead = (one, two) if one["pt"] >= two["pt"] else (two, one)
        pair = Diphoton(lead, sublead, diphoton_mass(lead, sublead))
        pt_sum = lead["pt"] + sublead["pt"]
        if passes_pair(pair, cuts) and (best is None or pt_sum > best_sum):
            best, best_sum = pair, pt_sum
    return best


def passes_electron(electron: Object, photons: list[Object], cuts: Cuts) -> bool:
    """Electron selection, clean of the two photons."""
    return bool(
        electron["pt"] > cuts.lepton_pt
        and is_outside_gap(electron["eta"], cuts.electron_eta)
        and abs(electron["dxy"]) < cuts.dxy
        and abs(electron["dz"]) < cuts.dz
        and electron["WP90"]
        and is_separated(electron, photons, cuts.lepton_photon_dr)
    )


def passes_muon(muon: Object, photons: list[Object], cuts: Cuts) -> bool:
    """Muon selection, clean of the two photons."""
    return bool(
        muon["pt"] > cuts.lepton_pt
        and abs(muon["eta"]) < cuts.muon_eta
        and abs(muon["dxy"]) < cuts.dxy
        and abs(muon["dz"]) < cuts.dz
        and muon["pfRelIso03_all"] < cuts.muon_iso
        and muon["mediumId"]
        and muon["isGlobal"]
        and is_separated(muon, photons, cuts.lepton_photon_dr)
    )


def passes_jet(jet: Object, others: list[Object], cuts: Cuts) -> bool:
    """Jet selection, clean of the two photons and the selected leptons."""
    return bool(
        jet["pt"] > cuts.jet_pt
        and jet["jetId"] >= cuts.jet_id
        and is_separated(jet, others, cuts.jet_dr)
    )


def select_content(
    event: dict[str, list[Object]], diphoton: Diphoton, cuts: Cuts, year: str
) -> Content:
    """Leptons and jets around a chosen diphoton."""
    photons = diphoton.photons
    electrons = [e for e in event["Electron"] if passes_electron(e, photons, cuts)]
    muons = [m for m in event["Muon"] if passes_muon(m, photons, cuts)]
    jets = [j for j in event["Jet"] if passes_jet(j, photons + electrons + muons, cuts)]
    central = [j for j in jets if abs(j["eta"]) < cuts.central_eta]
    forward = [j for j in jets if cuts.central_eta <= abs(j["eta"]) < cuts.forward_eta]
    b_jets = [j for j in central if j["btagDeepFlavB"] > cuts.b_tag[year]]
    return Content(diphoton, electrons, muons, central, forward, b_jets)


def has_z_candidate(content: Content, cuts: Cuts) -> bool:
    """True where an opposite-sign same-flavour pair of selected leptons is near the Z mass."""
    for flavour in (content.electrons, content.muons):
        for one, two in combinations(flavour, 2):
            if one["charge"] * two["charge"] < 0:
                mass = pair_mass(one, two)
                if cuts.z_min < mass < cuts.z_max:
                    return True
    return False


def pair_mass(one: Object, two: Object) -> float:
    """Mass in GeV of two objects with their own masses; massless where they have none."""
    sum_of_both = add(
        four_vector(one, one.get("mass", 0.0)), four_vector(two, two.get("mass", 0.0))
    )
    return sum_of_both.mass


def leading_jets_mass(central: list[Object]) -> float:
    """Mass in GeV of the two central jets of largest pt, NaN for fewer than two."""
    if len(central) < 2:
        return float("nan")
    first, second = sorted(central, key=lambda jet: -jet["pt"])[:2]
    return pair_mass(first, second)


def diphoton_columns(pair: Diphoton) -> dict[str, Any]:
    """The m_gg, pt_gg, eta_gg, phi_gg and dR_gg of a pair."""
    total = add(four_vector(pair.lead, 0.0), four_vector(pair.sublead, 0.0))
    return {
        "m_gg": pair.mass,
        "pt_gg": total.pt,
        "eta_gg": total.eta,
        "phi_gg": total.phi,
        "dR_gg": delta_r(pair.lead, pair.sublead),
    }


def tag_cuts(tag: str, content: Content, cuts: Cuts) -> dict[str, bool]:
    """Named cuts of one tag, in order."""
    n_leptons = len(content.electrons) + len(content.muons)
    common = {
        "photon_mvaID": all(p["mvaID"] > cuts.tag_photon_mva for p in content.diphoton.photons),
        "z_veto": not has_z_candidate(content, cuts),
    }
    has_b_jet = len(content.b_jets) >= 1
    if tag == "tth_leptonic":
        jets = len(content.central) >= 2
        return {**common, "leptons": n_leptons >= 1, "jets": jets, "b_jets": has_b_jet}
    if tag == "thq_leptonic":
        forward = len(content.forward) >= 1
        return {**common, "leptons": n_leptons >= 1, "b_jets": has_b_jet, "forward_jets": forward}
    if tag == "tth_hadronic":
        jets = len(content.central) >= 4
        return {**common, "leptons": n_leptons == 0, "jets": jets, "b_jets": has_b_jet}
    raise ValueError(f"no tag {tag!r}")
