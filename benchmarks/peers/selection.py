"""The reference selection in plain awkward, for objects with pt [GeV], eta and phi.

Written from the description of the selection and not from the program's taggers, so that both
agree only if both are right. In float64, as the program computes, so that all select the same.
"""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np

PHOTON_FIELDS = ("pt", "eta", "phi", "mvaID", "r9")
B_TAG = 0.3040  # medium working point of DeepFlavour, 2017
Z_WINDOW = (86.0, 96.0)  # GeV
TTH_LEPTONIC, THQ_LEPTONIC, TTH_HADRONIC = range(3)


def delta_r(a: Any, b: Any) -> Any:
    """Distance of objects in eta and phi."""
    dphi = (a.phi - b.phi + np.pi) % (2 * np.pi) - np.pi
    return np.hypot(a.eta - b.eta, dphi)


def sum_of_two(a: Any, b: Any) -> dict[str, Any]:
    """Mass and pt [GeV], eta and phi of a pair; objects without a mass have none."""
    total = [x + y for x, y in zip(_cartesian(a), _cartesian(b), strict=True)]
    px, py, pz, energy = total
    pt = np.hypot(px, py)
    mass = np.sqrt(np.maximum(energy**2 - pt**2 - pz**2, 0))
    return {"mass": mass, "pt": pt, "eta": np.arcsinh(pz / pt), "phi": np.arctan2(py, px)}


def _cartesian(one: Any) -> tuple[Any, Any, Any, Any]:
    px, py, pz = one.pt * np.cos(one.phi), one.pt * np.sin(one.phi), one.pt * np.sinh(one.eta)
    mass = one.mass if "mass" in one.fields else 0.0
    return px, py, pz, np.sqrt(px**2 + py**2 + pz**2 + mass**2)


def best_diphoton(photons: Any) -> Any:
    """Of each event the pair with the largest sum of pt, None where there is none."""
    in_acceptance = photons.isScEtaEB | photons.isScEtaEE
    good = (photons.pt > 25) & in_acceptance & photons.electronVeto & (photons.mvaID > -0.9)
    factors = (name for name in photons.fields if name.startswith("factor_"))
    kept = ak.zip({name: photons[name][good] for name in (*PHOTON_FIELDS, *factors)})
    kept = kept[ak.argsort(kept.pt, axis=1, ascending=False, stable=True)]
    pairs = ak.combinations(kept, 2, fields=["lead", "sublead"])
    lead, sublead = pairs.lead, pairs.sublead
    angle = np.cosh(lead.eta - sublead.eta) - np.cos(lead.phi - sublead.phi)
    mass = np.sqrt(2 * lead.pt * sublead.pt * angle)
    passed = (
        (lead.pt > 35) & (lead.pt / mass > 0.33) & (sublead.pt / mass > 0.25)
        & (mass >= 100) & (mass <= 180)
    )  # fmt: skip
    pairs = ak.with_field(pairs, mass, "mass")[passed]
    best = ak.argmax(pairs.lead.pt + pairs.sublead.pt, axis=1, keepdims=True)
    return ak.firsts(pairs[best])


def select_electrons(electrons: Any, pair: Any) -> Any:
    """Electrons of the selection, apart from both photons of the pair."""
    eta = abs(electrons.eta)
    good = (
        (electrons.pt > 20) & (eta < 2.4) & ~((eta >= 1.4442) & (eta <= 1.566))
        & (abs(electrons.dxy) < 0.045) & (abs(electrons.dz) < 0.2)
        & electrons.mvaFall17V2Iso_WP90
    )  # fmt: skip
    return electrons[good & _apart(electrons, pair, 0.2)]


def select_muons(muons: Any, pair: Any) -> Any:
    """Muons of the selection, apart from both photons of the pair."""
    good = (
        (muons.pt > 20) & (abs(muons.eta) < 2.5) & (abs(muons.dxy) < 0.045)
        & (abs(muons.dz) < 0.2) & (muons.pfRelIso03_all < 0.3) & muons.mediumId & muons.isGlobal
    )  # fmt: skip
    return muons[good & _apart(muons, pair, 0.2)]


def select_jets(jets: Any, pair: Any, electrons: Any, muons: Any) -> Any:
    """Jets of the selection, apart from photons and selected leptons."""
    good = (jets.pt > 25) & (abs(jets.eta) < 4.7) & (jets.jetId >= 1) & _apart(jets, pair, 0.4)
    for leptons in (electrons, muons):
        one, other = ak.unzip(ak.cartesian([jets, leptons], nested=True))
        good = good & ak.all(delta_r(one, other) >= 0.4, axis=-1)
    return jets[good]


def _apart(objects: Any, pair: Any, distance: float) -> Any:
    from_lead, from_sublead = delta_r(objects, pair.lead), delta_r(objects, pair.sublead)
    return (from_lead >= distance) & (from_sublead >= distance)


def has_z(leptons: Any) -> Any:
    """Whether two leptons of opposite charge have the mass of a Z boson."""
    a, b = ak.unzip(ak.combinations(leptons, 2))
    mass = sum_of_two(a, b)["mass"]
    of_z = (mass > Z_WINDOW[0]) & (mass < Z_WINDOW[1])
    return ak.any(of_z & (a.charge * b.charge < 0), axis=1)


def dijet_mass(jets: Any) -> Any:
    """Mass [GeV] of the two jets with the largest pt; NaN where there are fewer."""
    ordered = jets[ak.argsort(jets.pt, axis=1, ascending=False, stable=True)]
    two = ak.pad_none(ordered, 2)
    return ak.fill_none(sum_of_two(two[:, 0], two[:, 1])["mass"], np.nan)


def pair_columns(pair: Any) -> dict[str, Any]:
    """What is written of a pair."""
    total = sum_of_two(pair.lead, pair.sublead)
    columns = {f"{name}_gg": total[name] for name in ("pt", "eta", "phi")}
    columns |= {"m_gg": pair.mass, "dR_gg": delta_r(pair.lead, pair.sublead)}
    for which in ("lead", "sublead"):
        columns |= {f"{which}_{name}": pair[which][name] for name in PHOTON_FIELDS}
    return columns


def tags(pair: Any, electrons: Any, muons: Any, jets: Any) -> dict[str, Any]:
    """What is written of the objects of each event, and its tag, -1 for none."""
    central = abs(jets.eta) < 2.4
    n = {
        "n_electrons": ak.num(electrons), "n_muons": ak.num(muons),
        "n_leptons": ak.num(electrons) + ak.num(muons),
        "n_central_jets": ak.sum(central, axis=1), "n_forward_jets": ak.sum(~central, axis=1),
        "n_b_jets": ak.sum(central & (jets.btagDeepFlavB > B_TAG), axis=1),
    }  # fmt: skip
    good_photons = (pair.lead.mvaID > -0.7) & (pair.sublead.mvaID > -0.7)
    common = good_photons & ~has_z(electrons) & ~has_z(muons) & (n["n_b_jets"] >= 1)
    leptonic = n["n_leptons"] >= 1
    tag = ak.where(common & ~leptonic & (n["n_central_jets"] >= 4), TTH_HADRONIC, -1)
    tag = ak.where(common & leptonic & (n["n_forward_jets"] >= 1), THQ_LEPTONIC, tag)
    tag = ak.where(common & leptonic & (n["n_central_jets"] >= 2), TTH_LEPTONIC, tag)
    return {**n, "m_jj": dijet_mass(jets[central]), "tag_idx": tag}
