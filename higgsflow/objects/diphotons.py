"""Photon pairs: the Higgs boson candidate."""

from __future__ import annotations

from typing import Any

import lazy_loader as lazy
from pydantic import Field

from higgsflow.model.noun import Noun
from higgsflow.objects.kinematics import massless_pair_mass

ak = lazy.load("awkward")


class DiphotonCuts(Noun):
    """Thresholds of a photon pair."""

    lead_pt_min: float = Field(default=35.0, description="pt of the first > this [GeV]")
    sublead_pt_min: float = Field(default=25.0, description="pt of the second > this [GeV]")
    lead_pt_over_mass_min: float = Field(default=0.33, description="pt/m of the first > this")
    sublead_pt_over_mass_min: float = Field(default=0.25, description="pt/m of the second > this")
    mass_min: float = Field(default=100.0, description="m >= this [GeV]")
    mass_max: float = Field(default=180.0, description="m <= this [GeV]")


def photon_pairs(photons: Any) -> Any:
    """All pairs of the photons of each event; `lead` is the one with the larger pt."""
    pairs = ak.combinations(photons, 2, fields=["a", "b"])
    ordered = pairs.a.pt >= pairs.b.pt
    lead = ak.where(ordered, pairs.a, pairs.b)
    sublead = ak.where(ordered, pairs.b, pairs.a)
    return ak.zip(
        {"lead": lead, "sublead": sublead, "mass": massless_pair_mass(lead, sublead)},
        depth_limit=2,
    )


def pair_masks(pairs: Any, cuts: DiphotonCuts) -> dict[str, Any]:
    """Named masks of pairs, in the order in which they are applied."""
    return {
        "lead_pt": pairs.lead.pt > cuts.lead_pt_min,
        "sublead_pt": pairs.sublead.pt > cuts.sublead_pt_min,
        "lead_pt_over_mass": pairs.lead.pt / pairs.mass > cuts.lead_pt_over_mass_min,
        "sublead_pt_over_mass": pairs.sublead.pt / pairs.mass > cuts.sublead_pt_over_mass_min,
        "mass": (pairs.mass >= cuts.mass_min) & (pairs.mass <= cuts.mass_max),
    }


def best_pair(pairs: Any) -> Any:
    """The pair with the largest pt sum of each event (the first of equals), None without one."""
    chosen = ak.argmax(pairs.lead.pt + pairs.sublead.pt, axis=1, keepdims=True)
    return ak.firsts(pairs[chosen])
