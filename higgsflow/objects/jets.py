"""Jets: acceptance, identification, b-tagging, and distance from photons and leptons."""

from __future__ import annotations

from typing import Any

import lazy_loader as lazy
import numpy as np
from pydantic import Field

from higgsflow.errors import UnknownName
from higgsflow.model.columns import Need, required
from higgsflow.model.noun import Noun
from higgsflow.objects.kinematics import pair_sum

ak = lazy.load("awkward")

# medium working point of DeepFlavour per year
B_TAG_THRESHOLDS = {
    "2016": 0.3093,
    "2017": 0.3040,
    "2018": 0.2783,
    "2016UL_preVFP": 0.2598,
    "2016UL_postVFP": 0.2489,
    "2022": 0.3086,
    "2022EE": 0.3196,
}


class JetCuts(Noun):
    """Thresholds of selected jets."""

    pt_min: float = Field(default=25.0, description="pt > this [GeV]")
    eta_central_max: float = Field(default=2.4, description="|eta| < this is central")
    eta_forward_max: float = Field(default=4.7, description="|eta| < this and not central: forward")
    jet_id_min: int | None = Field(default=1, description="jetId >= this; null for no such cut")
    photon_distance: float = Field(default=0.4, description="dR from both photons >= this")
    lepton_distance: float = Field(default=0.4, description="dR from selected leptons >= this")
    b_tag_min: dict[str, float] = Field(
        default=B_TAG_THRESHOLDS, description="btagDeepFlavB > this, per year"
    )

    def b_tag_of(self, year: str) -> float:
        """The b-tagging threshold of a year.

        Raises:
            UnknownName: for a year without one.
        """
        if year not in self.b_tag_min:
            raise UnknownName("b-tagging threshold for year", year, self.b_tag_min, "b_tag_min")
        return self.b_tag_min[year]


def jet_needs(cuts: JetCuts) -> tuple[Need, ...]:
    """Columns that the jet selection reads."""
    names = ("pt", "eta", "phi", "mass", "btagDeepFlavB")
    identification = required("Jet_jetId") if cuts.jet_id_min is not None else ()
    return required(*(f"Jet_{name}" for name in names)) + identification


def jet_masks(jets: Any, cuts: JetCuts) -> dict[str, Any]:
    """Named masks of jets, without the distances."""
    masks = {"pt": jets.pt > cuts.pt_min, "eta": abs(jets.eta) < cuts.eta_forward_max}
    if cuts.jet_id_min is not None:
        masks["jet_id"] = jets.jetId >= cuts.jet_id_min
    return masks


def leading_pair_mass(jets: Any) -> Any:
    """Invariant mass [GeV] of the two jets of largest pt; NaN where there are fewer than two."""
    ordered = jets[ak.argsort(jets.pt, axis=1, ascending=False, stable=True)]
    padded = ak.pad_none(ordered, 2, axis=1)
    return ak.fill_none(pair_sum(padded[:, 0], padded[:, 1]).mass, np.nan)
