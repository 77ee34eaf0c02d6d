"""Leptons and jets beside the diphoton, which the ttH and tHq taggers both look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import lazy_loader as lazy
import numpy as np
from pydantic import Field

from higgsflow.objects.jets import JetCuts, jet_masks, jet_needs, leading_pair_mass
from higgsflow.objects.kinematics import isolated_from
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
from higgsflow.objects.measures import (
    electron_measures,
    jet_measures,
    muon_measures,
    nearest_pair_mass,
)
from higgsflow.selection.measured import Measured, Measures, above, measured
from higgsflow.taggers.base import COLLECTION, Decision, Tagger, all_of

if TYPE_CHECKING:
    from higgsflow.model.columns import Need
    from higgsflow.model.context import Context

ak = lazy.load("awkward")


@dataclass(frozen=True)
class Activity:
    """Selected objects of n events, and the masks that selected them."""

    electrons: Any
    muons: Any
    jets: Any
    n_leptons: Any
    n_central: Any
    n_forward: Any
    n_b: Any
    m_jj: Any
    cuts: dict[str, dict[str, Any]]
    _z_candidates: dict[tuple[float, float], Any] = field(default_factory=dict)

    @cached_property
    def columns(self) -> dict[str, Any]:
        """The columns that describe the objects; the same ones for all taggers that share them."""
        return {
            "n_electrons": ak.num(self.electrons.pt),
            "n_muons": ak.num(self.muons.pt),
            "n_leptons": self.n_leptons,
            "n_central_jets": self.n_central,
            "n_forward_jets": self.n_forward,
            "n_b_jets": self.n_b,
            "m_jj": self.m_jj,
            "SelectedElectron": self.electrons,
            "SelectedMuon": self.muons,
            "SelectedJet": self.jets,
        }

    def z_candidate(self, window: tuple[float, float]) -> Any:
        """Whether a lepton pair of one flavour has a mass [GeV] in the window; found once."""
        if window not in self._z_candidates:
            self._z_candidates[window] = has_z_candidate(self.electrons, window) | has_z_candidate(
                self.muons, window
            )
        return self._z_candidates[window]


class ActivityTagger(Tagger):
    """Base of taggers that follow the diphoton and count leptons and jets."""

    needs_columns: ClassVar[tuple[str, ...]] = tuple(
        f"{which}_{name}" for which in ("lead", "sublead") for name in ("eta", "phi", "mvaID")
    )

    electron: ElectronCuts = ElectronCuts()
    muon: MuonCuts = MuonCuts()
    jet: JetCuts = JetCuts()
    photon_mva_id_min: float = Field(default=-0.7, description="mvaID of both photons > this")
    z_window: tuple[float, float] = Field(default=(86.0, 96.0), description="vetoed [GeV]")

    def reads(self, context: Context) -> tuple[Need, ...]:
        """Electrons, muons and jets."""
        return electron_needs() + muon_needs() + jet_needs(self.jet)

    def adds(self, context: Context) -> dict[str, str]:
        """Counts of objects, the dijet mass [GeV] (NaN below two jets), and the objects."""
        counts = ("electrons", "muons", "leptons", "central_jets", "forward_jets", "b_jets")
        return {
            **dict.fromkeys((f"n_{name}" for name in counts), "int16"),
            "m_jj": "float64",
            **dict.fromkeys(("SelectedElectron", "SelectedMuon", "SelectedJet"), COLLECTION),
        }

    def describes(self, context: Context) -> dict[str, str]:
        """Counts of objects, and the dijet mass."""
        return {
            "n_electrons": "selected electrons",
            "n_muons": "selected muons",
            "n_leptons": "selected electrons and muons",
            "n_central_jets": "selected jets in the range of the tracker",
            "n_forward_jets": "selected jets beyond it",
            "n_b_jets": "selected central jets with a b tag",
            "m_jj": "mass of the two leading central jets; NaN where there are fewer [GeV]",
        }

    def check(self, context: Context) -> None:
        """A year without a b-tagging threshold is an error."""
        self.jet.b_tag_of(context.year)

    def activity(self, events: Any, context: Context) -> Activity:
        """The selected objects, made once for all taggers of a step with the same cuts."""
        key = ("activity", id(events), self.electron, self.muon, self.jet.model_dump_json())
        # the events are kept, so that no others get their identity
        return context.once(key, lambda: (events, self._select_objects(events, context.year)))[1]

    def preselection(self, events: Any, activity: Activity) -> dict[str, Any]:
        """The cuts that all tags share."""
        worst = self.photon_mva_id_min
        return {
            "photon_mvaID": (events.lead_mvaID > worst) & (events.sublead_mvaID > worst),
            "z_veto": ~activity.z_candidate(self.z_window),
        }

    def object_measures(
        self, events: Any, decision: Decision, context: Context
    ) -> dict[str, Measures]:
        """What the cuts on electrons, muons and jets look at in one event."""
        leptons = {
            "electron_distance": decision.columns["SelectedElectron"][0],
            "muon_distance": decision.columns["SelectedMuon"][0],
        }
        b_tag_min = self.jet.b_tag_of(context.year)
        return {
            "electrons": electron_measures(events, self.electron),
            "muons": muon_measures(events, self.muon),
            "jets": jet_measures(events, leptons, self.jet, b_tag_min),
        }

    def shared_measures(self, events: Any, decision: Decision) -> dict[str, Measured]:
        """What the cuts that all tags share look at."""
        columns = decision.columns
        worst = np.min([events.lead_mvaID[0], events.sublead_mvaID[0]])
        of_photons = measured(worst, above(self.photon_mva_id_min), what="the lower mvaID")
        leptons = (columns["SelectedElectron"], columns["SelectedMuon"])
        return {
            "photon_mvaID": of_photons,
            "z_veto": nearest_pair_mass(leptons, self.z_window),
        }

    def _select_objects(self, events: Any, year: str) -> Activity:
        by_electron = electron_masks(events.Electron, self.electron)
        by_muon = muon_masks(events.Muon, self.muon)
        by_jet = jet_masks(events.Jet, self.jet)
        for masks, objects, cuts in (
            (by_electron, events.Electron, self.electron),
            (by_muon, events.Muon, self.muon),
            (by_jet, events.Jet, self.jet),
        ):
            masks["photon_distance"] = away_from_photons(objects, events, cuts.photon_distance)
        electrons = events.Electron[all_of(by_electron)]
        muons = events.Muon[all_of(by_muon)]
        by_jet["electron_distance"] = isolated_from(events.Jet, electrons, self.jet.lepton_distance)
        by_jet["muon_distance"] = isolated_from(events.Jet, muons, self.jet.lepton_distance)
        jets = events.Jet[all_of(by_jet)]
        cuts_by_object = {"electrons": by_electron, "muons": by_muon, "jets": by_jet}
        return self._count(electrons, muons, jets, year, cuts_by_object)

    def _count(self, electrons: Any, muons: Any, jets: Any, year: str, cuts: Any) -> Activity:
        central = abs(jets.eta) < self.jet.eta_central_max
        b_tagged = central & (jets.btagDeepFlavB > self.jet.b_tag_of(year))
        return Activity(
            electrons=electrons,
            muons=muons,
            jets=jets,
            n_leptons=ak.num(electrons.pt) + ak.num(muons.pt),
            n_central=ak.sum(central, axis=1),
            n_forward=ak.sum(~central, axis=1),
            n_b=ak.sum(b_tagged, axis=1),
            m_jj=leading_pair_mass(jets[central]),
            cuts=cuts,
        )
