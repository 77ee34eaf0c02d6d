"""The diphoton preselection: two photons that make a Higgs boson candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt
from pydantic import Field

from higgsflow.errors import UnknownName
from higgsflow.model.columns import Need, required
from higgsflow.objects.diphotons import DiphotonCuts, best_pair, pair_masks, photon_pairs
from higgsflow.objects.kinematics import delta_r, pair_sum
from higgsflow.objects.measures import pair_measures, photon_measures
from higgsflow.objects.photons import PhotonCuts, photon_masks, photon_needs
from higgsflow.selection.measured import Measures, at_least, measured
from higgsflow.taggers.base import Decision, Tagger, all_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.model.context import Context

ak = lazy.load("awkward")

TRIGGERS = {
    "2016": "HLT_Diphoton30_18_R9Id_OR_IsoCaloId_AND_HE_R9Id_Mass90",
    "2017": "HLT_Diphoton30_22_R9Id_OR_IsoCaloId_AND_HE_R9Id_Mass90",
    "2018": "HLT_Diphoton30_22_R9Id_OR_IsoCaloId_AND_HE_R9Id_Mass90",
}
_PHOTON_COLUMNS = ("pt", "eta", "phi", "mvaID", "r9")
_PAIR = {
    "m_gg": "invariant mass of the photon pair [GeV]",
    "pt_gg": "transverse momentum of the photon pair [GeV]",
    "eta_gg": "pseudorapidity of the photon pair",
    "phi_gg": "azimuth of the photon pair [rad]",
    "dR_gg": "distance of the two photons in eta and phi",
}
_PHOTON = {
    "pt": "transverse momentum of the {} photon [GeV]",
    "eta": "pseudorapidity of the {} photon",
    "phi": "azimuth of the {} photon [rad]",
    "mvaID": "identification score of the {} photon",
    "r9": "R9 of the {} photon; NaN where the input has none",
}


class DiphotonTagger(Tagger):
    """Selects events with a photon pair; adds the pair's mass [GeV] and kinematics."""

    photon: PhotonCuts = PhotonCuts()
    diphoton: DiphotonCuts = DiphotonCuts()
    trigger: bool = Field(default=False, description="ask data for a diphoton trigger")
    triggers: dict[str, tuple[str, ...]] = Field(
        default={year: (name,) for year, name in TRIGGERS.items()},
        description="HLT columns per year, any of which suffices",
    )

    def reads(self, context: Context) -> tuple[Need, ...]:
        """Photons, and the trigger of data where it is asked for."""
        return photon_needs() + required(*self._triggers_of(context))

    def adds(self, context: Context) -> dict[str, str]:
        """The pair and its two photons; r9 is NaN where a file has none."""
        pair = ("m_gg", "pt_gg", "eta_gg", "phi_gg", "dR_gg")
        photons = (f"{which}_{c}" for which in ("lead", "sublead") for c in _PHOTON_COLUMNS)
        return dict.fromkeys((*pair, *photons), "float64")

    def describes(self, context: Context) -> dict[str, str]:
        """The pair and its two photons."""
        names = {"lead": "leading", "sublead": "subleading"}
        photons = {
            f"{which}_{column}": text.format(name)
            for which, name in names.items()
            for column, text in _PHOTON.items()
        }
        return {**_PAIR, **photons}

    def check(self, context: Context) -> None:
        """A year without a trigger is an error where the trigger is asked for."""
        self._triggers_of(context)

    def _triggers_of(self, context: Context) -> tuple[str, ...]:
        if not self.trigger or not context.is_data:
            return ()
        if context.year not in self.triggers:
            raise UnknownName("trigger for year", context.year, self.triggers, f"'{self.name}'")
        return self.triggers[context.year]

    def skim(self, events: Any, shifts: Mapping[str, float | None]) -> Any:
        """At least two photons that pass the cuts no variation can undo."""
        masks = [np.ones_like(events.Photon.pt, dtype=np.bool_)]
        if "Photon_electronVeto" not in shifts and self.photon.electron_veto:
            masks.append(events.Photon.electronVeto == 1)
        if "Photon_mvaID" not in shifts:
            masks.append(events.Photon.mvaID > self.photon.mva_id_min)
        bound = shifts.get("Photon_pt", 0.0)
        # a negative pt would grow when scaled down: no bound can be given for it
        if bound is not None and self.photon.pt_min >= 0:
            # a little more than the bound, since shifts are checked with a tolerance
            masks.append(events.Photon.pt * (1 + bound + 1e-6) > self.photon.pt_min)
        together = masks[0]
        for mask in masks[1:]:
            together = together & mask
        return ak.sum(together, axis=1) >= 2

    def select(self, events: Any, context: Context) -> Decision:
        """The best pair of selected photons."""
        photons = events.Photon
        by_photon = photon_masks(photons, self.photon)
        selected = photons[all_of(by_photon)]
        pairs = photon_pairs(selected[[c for c in _PHOTON_COLUMNS if c in photons.fields]])
        by_pair = pair_masks(pairs, self.diphoton)
        best = best_pair(pairs[all_of(by_pair)])
        found = ~ak.to_numpy(ak.is_none(best))
        cuts = {"two_photons": ak.to_numpy(ak.num(selected.pt) >= 2), "diphoton": found}
        triggers = self._triggers_of(context)
        if triggers:
            fired = np.logical_or.reduce([ak.to_numpy(events[name]) for name in triggers])
            cuts = {"trigger": fired, **cuts}
        return Decision(
            mask=all_of(cuts),
            columns=_pair_columns(best, found),
            cuts={"events": cuts, "photons": by_photon, "diphotons": by_pair},
        )

    def measures(self, events: Any, decision: Decision, context: Context) -> dict[str, Measures]:
        """Photons, their pairs, and how many of each there are."""
        selected = ak.to_numpy(all_of(decision.cuts["photons"])[0])
        pairs = pair_measures(events, selected, self.diphoton)
        passing = ak.sum(all_of(decision.cuts["diphotons"])[0])
        cuts = {
            "two_photons": measured(selected.sum(), at_least(2), what="selected photons"),
            "diphoton": measured(passing, at_least(1), what="pairs that pass"),
        }
        triggers = self._triggers_of(context)
        if triggers:
            fired = sum(int(events[name][0]) for name in triggers)
            cuts = {"trigger": measured(fired, at_least(1), what=" or ".join(triggers)), **cuts}
        photons = photon_measures(events, self.photon)
        return {"photons": photons, "diphotons": pairs, "events": Measures(cuts)}


def _pair_columns(best: Any, found: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Columns of the chosen pair; NaN where there is none."""
    pair = ak.drop_none(best)
    total = pair_sum(pair.lead[["pt", "eta", "phi"]], pair.sublead[["pt", "eta", "phi"]])
    columns = {
        "m_gg": pair.mass,
        "pt_gg": total.pt,
        "eta_gg": total.eta,
        "phi_gg": total.phi,
        "dR_gg": delta_r(pair.lead.eta, pair.lead.phi, pair.sublead.eta, pair.sublead.phi),
    }
    for which in ("lead", "sublead"):
        columns |= {f"{which}_{name}": pair[which, name] for name in pair[which].fields}
    names = (*columns, *(f"{which}_{c}" for which in ("lead", "sublead") for c in _PHOTON_COLUMNS))
    filled = {name: np.full(len(found), np.nan) for name in names}
    for name, values in columns.items():
        filled[name][found] = ak.to_numpy(values)
    return filled
