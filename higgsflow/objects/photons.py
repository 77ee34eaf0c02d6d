"""Photons: acceptance, electron veto and identification."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from higgsflow.model.columns import Need, optional, required
from higgsflow.model.noun import Noun


class PhotonCuts(Noun):
    """Thresholds of selected photons."""

    pt_min: float = Field(default=25.0, description="pt > this [GeV]")
    eta_barrel_max: float = Field(default=1.4442, description="|eta| < this is the barrel")
    eta_endcap_min: float = Field(default=1.566, description="|eta| > this is the endcap")
    eta_endcap_max: float = Field(default=2.5, description="|eta| < this")
    mva_id_min: float = Field(default=-0.9, description="mvaID > this")
    electron_veto: bool = True


def photon_needs() -> tuple[Need, ...]:
    """Columns that the photon selection reads."""
    names = ("pt", "eta", "phi", "electronVeto", "mvaID")
    flags = ("isScEtaEB", "isScEtaEE", "r9")
    return required(*(f"Photon_{n}" for n in names)) + optional(*(f"Photon_{n}" for n in flags))


def quality_masks(photons: Any, cuts: PhotonCuts) -> dict[str, Any]:
    """Those masks that a change of momentum leaves as they are."""
    masks = {
        "acceptance": in_acceptance(photons, cuts),
        "electron_veto": photons.electronVeto == 1,
        "mva_id": photons.mvaID > cuts.mva_id_min,
    }
    if not cuts.electron_veto:
        del masks["electron_veto"]
    return masks


def in_acceptance(photons: Any, cuts: PhotonCuts) -> Any:
    """By the supercluster flags where the file has both, else by |eta|."""
    if {"isScEtaEB", "isScEtaEE"} <= set(photons.fields):
        return (photons.isScEtaEB == 1) | (photons.isScEtaEE == 1)
    eta = abs(photons.eta)
    endcap = (eta > cuts.eta_endcap_min) & (eta < cuts.eta_endcap_max)
    return (eta < cuts.eta_barrel_max) | endcap
