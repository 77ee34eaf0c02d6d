"""The diphoton preselection: two photons that make a Higgs boson candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt
from pydantic import Field

from higgsflow.errors import UnknownName
from higgsflow.events.plain import plain
from higgsflow.model.columns import Need, required
from higgsflow.model.noun import text_of
from higgsflow.objects.diphotons import (
    DiphotonCuts,
    best_pairs,
    pair_angles,
    pair_masks,
    photon_pairs,
)
from higgsflow.objects.kinematics import SomeDirections, SomeMomenta
from higgsflow.objects.measures import pair_measures, photon_measures
from higgsflow.objects.photons import PhotonCuts, photon_needs, quality_masks
from higgsflow.selection.measured import Measures, at_least, measured
from higgsflow.taggers.base import all_of
from higgsflow.taggers.cut_groups import coded
from higgsflow.taggers.decisions import PlainDecision
from higgsflow.taggers.late_columns import LateColumn, Places
from higgsflow.taggers.plain_tagger import PlainTagger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.events.lists import Index, Mask
    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.context import Context
    from higgsflow.objects.diphotons import PairAngles, PhotonPairs
    from higgsflow.objects.kinematics import SomeDistances
    from higgsflow.taggers.base import Decision

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


class DiphotonTagger(PlainTagger):
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

    def made_of(self, context: Context) -> dict[str, str]:
        """Both objects are photons."""
        return {"lead": "Photon", "sublead": "Photon"}

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
        photons = plain(events).collections["Photon"]
        together = np.ones(photons.lists.n, dtype=np.bool_)
        if "Photon_electronVeto" not in shifts and self.photon.electron_veto:
            together &= photons.electronVeto == 1
        if "Photon_mvaID" not in shifts:
            together &= photons.mvaID > self.photon.mva_id_min
        bound = shifts.get("Photon_pt", 0.0)
        # a negative pt would grow when scaled down: no bound can be given for it
        if bound is not None and self.photon.pt_min >= 0:
            # a little more than the bound, since shifts are checked with a tolerance
            together &= photons.pt * (1 + bound + 1e-6) > self.photon.pt_min
        return photons.lists.count(together) >= 2

    def decide(self, events: PlainEvents, context: Context) -> PlainDecision:
        """The best pair of selected photons."""
        photons = events.collections["Photon"]
        quality, angles = self._fixed(events)
        by_photon = coded({"pt": photons.pt > self.photon.pt_min, **quality}, photons.lists)
        selected = by_photon.passing
        pairs = photon_pairs(photons.pt, angles, selected)
        by_pair = coded(pair_masks(pairs, self.diphoton), pairs.lists)
        passing = by_pair.passing
        best, found = best_pairs(pairs, passing), pairs.lists.any(passing)
        cuts = {"two_photons": photons.lists.count(selected) >= 2, "diphoton": found}
        triggers = self._triggers_of(context)
        if triggers:
            fired = np.logical_or.reduce([events.flat[name] != 0 for name in triggers])
            cuts = {"trigger": fired, **cuts}
        by_event = coded(cuts)
        return PlainDecision(
            mask=by_event.passing,
            columns=_pair_columns(events, (pairs, angles.distances), best, found),
            cuts={"events": by_event, "photons": by_photon, "diphotons": by_pair},
        )

    def _fixed(self, events: PlainEvents) -> tuple[dict[str, Mask], PairAngles]:
        """What pt, which variations change most, does not touch: masks of photons, and pairs."""
        photons = events.collections["Photon"]
        inputs = tuple(values for name, values in photons.columns.items() if name != "pt")

        def find() -> tuple[dict[str, Mask], PairAngles]:
            masks = quality_masks(photons, self.photon)
            return masks, pair_angles(photons, np.asarray(all_of(masks)))

        return events.once(f"photons {text_of(self.photon)}", inputs, find)

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


def _pair_columns(
    events: PlainEvents, known: tuple[PhotonPairs, SomeDistances], best: Index, found: Mask
) -> dict[str, LateColumn]:
    """Columns of the chosen pair; NaN where there is none."""
    (pairs, distances), photons = known, events.collections["Photon"]
    inputs = photons.eta, photons.phi
    ways = events.once("directions of photons", inputs, lambda: SomeDirections(*inputs))
    lead, sublead = pairs.lead.take(best), pairs.sublead.take(best)
    total = SomeMomenta(photons.pt, ways, lead, sublead)
    rows, n = found.nonzero()[0], len(found)
    of_pairs = Places.of_some(best, rows, n)
    of_best = Places.of_some(np.arange(len(rows)), rows, n)
    columns = {
        "m_gg": LateColumn(pairs.mass.take, of_pairs),
        "pt_gg": LateColumn(lambda at: total.at(at).pt, of_best),
        "eta_gg": LateColumn(lambda at: total.at(at).eta, of_best),
        "phi_gg": LateColumn(lambda at: total.at(at).phi, of_best),
        "dR_gg": LateColumn(lambda at: distances.at(pairs.number.take(at)), of_pairs),
    }
    for which, positions in {"lead": lead, "sublead": sublead}.items():
        of_photons = Places.of_some(positions, rows, n)
        for name in _PHOTON_COLUMNS:
            columns[f"{which}_{name}"] = (
                LateColumn.of(photons.columns[name], of_photons)
                if name in photons.columns
                else LateColumn(_nothing, of_photons)
            )
    return columns


def _nothing(at: Index) -> npt.NDArray[np.float64]:
    """Of a column that the file does not have."""
    return np.full(len(at), np.nan)
