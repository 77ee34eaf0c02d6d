"""Leptons and jets beside the diphoton, which the ttH and tHq taggers both look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from higgsflow.model.noun import text_of
from higgsflow.objects.jets import (
    JetCuts,
    count_jets,
    direction_masks,
    jet_needs,
    leading_pair_masses,
)
from higgsflow.objects.kinematics import SomeDirections, isolated_from
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
from higgsflow.taggers.base import COLLECTION
from higgsflow.taggers.cut_groups import CutGroup, coded
from higgsflow.taggers.decisions import Later
from higgsflow.taggers.late_columns import LateColumn, Places
from higgsflow.taggers.plain_tagger import PlainTagger, as_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from higgsflow.events.lists import Mask
    from higgsflow.events.objects import Objects
    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.columns import Need
    from higgsflow.model.context import Context
    from higgsflow.objects.jets import JetCounts
    from higgsflow.taggers.base import Decision

Counts = npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Selected:
    """Some objects of a collection, and what selected them."""

    all: Objects
    group: CutGroup

    @cached_property
    def passing(self) -> Mask:
        """Which objects are selected."""
        return self.group.passing

    @cached_property
    def counts(self) -> Counts:
        """How many objects of each event are selected."""
        return self.all.lists.count(self.passing).astype(np.int16)

    @cached_property
    def objects(self) -> Objects:
        """The selected objects with all their fields."""
        return self.all[self.passing]


@dataclass(frozen=True, eq=False)
class Activity:
    """Selected objects of n events, and counts of them."""

    electron: Selected
    muon: Selected
    jet: Selected
    n_leptons: Counts
    n_central: Counts
    n_forward: Counts
    n_b: Counts
    m_jj: LateColumn

    @property
    def cuts(self) -> dict[str, CutGroup]:
        """What selected the objects."""
        return {
            "electrons": self.electron.group,
            "muons": self.muon.group,
            "jets": self.jet.group,
        }

    @cached_property
    def columns(self) -> dict[str, Any]:
        """The columns that describe the objects; the same ones for all taggers that share them."""
        return {
            "n_electrons": self.electron.counts,
            "n_muons": self.muon.counts,
            "n_leptons": self.n_leptons,
            "n_central_jets": self.n_central,
            "n_forward_jets": self.n_forward,
            "n_b_jets": self.n_b,
            "m_jj": self.m_jj,
            "SelectedElectron": Later(self.electron),
            "SelectedMuon": Later(self.muon),
            "SelectedJet": Later(self.jet),
        }


class ActivityTagger(PlainTagger):
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

    def made_of(self, context: Context) -> dict[str, str]:
        """The selected objects are some of the input's."""
        return {f"Selected{name}": name for name in ("Electron", "Muon", "Jet")}

    def check(self, context: Context) -> None:
        """A year without a b-tagging threshold is an error."""
        self.jet.b_tag_of(context.year)

    def activity(self, events: Any, context: Context) -> Activity:
        """The selected objects, made once for all taggers of a step with the same cuts."""
        known = as_plain(events, context)
        cuts = (text_of(self.electron), text_of(self.muon), text_of(self.jet))
        key = ("activity", id(known), *cuts)
        # the events are kept, so that no others get their identity
        return context.once(key, lambda: (known, self._select_objects(known, context.year)))[1]

    def preselection(self, events: Any, context: Context) -> dict[str, Any]:
        """The cuts that all tags share."""
        known, worst = as_plain(events, context), self.photon_mva_id_min
        lead, sublead = known.flat["lead_mvaID"], known.flat["sublead_mvaID"]
        is_good = known.once(
            f"photon_mvaID {worst}", (lead, sublead), lambda: (lead > worst) & (sublead > worst)
        )
        candidate = self._z_candidate(known, self.activity(known, context))
        return {"photon_mvaID": is_good, "z_veto": ~candidate}

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

    def _z_candidate(self, events: PlainEvents, activity: Activity) -> Mask:
        """Whether a lepton pair of one flavour has a mass [GeV] in the window."""
        leptons = (activity.electron, activity.muon)

        def find() -> Mask:
            electrons, muons = (has_z_candidate(one.objects, self.z_window) for one in leptons)
            return electrons | muons

        return events.once(f"z {self.z_window}", leptons, find)

    def _select_objects(self, events: PlainEvents, year: str) -> Activity:
        electron = self._lepton(events, "Electron", self.electron, electron_masks)
        muon = self._lepton(events, "Muon", self.muon, muon_masks)
        jets = events.collections["Jet"]
        inputs = (jets.eta, jets.phi, jets.columns.get("jetId"), electron, muon, *_photons(events))
        fixed = events.once(
            f"jets {text_of(self.jet)}", inputs, lambda: self._fixed(events, jets, electron, muon)
        )
        jet = Selected(jets, fixed.preceded_by("pt", jets.pt > self.jet.pt_min))
        counts = count_jets(jets, jet.passing, *self._kinds(events, jets, year))
        place = (jets.eta, jets.phi)
        ways = events.once("directions of jets", place, lambda: SomeDirections(*place))
        return Activity(
            electron=electron,
            muon=muon,
            jet=jet,
            n_leptons=electron.counts + muon.counts,
            n_central=counts.central,
            n_forward=counts.forward,
            n_b=counts.b,
            m_jj=_dijet_mass(jets, counts, ways),
        )

    def _kinds(self, events: PlainEvents, jets: Objects, year: str) -> tuple[Mask, Mask]:
        """Which jets are central, and which of these have a b tag."""

        def find() -> tuple[Mask, Mask]:
            is_central = np.abs(jets.eta) < self.jet.eta_central_max
            return is_central, is_central & (jets.btagDeepFlavB > self.jet.b_tag_of(year))

        inputs = (jets.eta, jets.btagDeepFlavB)
        return events.once(f"kinds of jets {text_of(self.jet)} {year}", inputs, find)

    def _lepton(
        self,
        events: PlainEvents,
        name: str,
        cuts: Any,
        masks: Callable[[Any, Any], dict[str, Mask]],
    ) -> Selected:
        leptons = events.collections[name]

        def select() -> Selected:
            away = away_from_photons(leptons, events, cuts.photon_distance)
            named = {**masks(leptons, cuts), "photon_distance": away}
            return Selected(leptons, coded(named, leptons.lists))

        inputs = (*leptons.columns.values(), *_photons(events))
        return events.once(f"{name} {text_of(cuts)}", inputs, select)

    def _fixed(
        self, events: PlainEvents, jets: Objects, electron: Selected, muon: Selected
    ) -> CutGroup:
        """The cuts on jets that a change of momentum leaves as they are."""
        apart = self.jet.lepton_distance
        named = {
            **direction_masks(jets, self.jet),
            "photon_distance": away_from_photons(jets, events, self.jet.photon_distance),
            "electron_distance": isolated_from(jets, electron.objects, apart),
            "muon_distance": isolated_from(jets, muon.objects, apart),
        }
        return coded(named, jets.lists)


def _dijet_mass(jets: Objects, counts: JetCounts, ways: SomeDirections) -> LateColumn:
    """The mass of the leading central jets, of the events that are kept; NaN below two."""
    places = np.arange(len(counts.rows))
    return LateColumn(
        lambda at: leading_pair_masses(jets, counts, ways, at),
        Places.of_some(places, counts.rows, len(jets.lists)),
    )


def _photons(events: PlainEvents) -> tuple[Any, ...]:
    """What the distances from the photons are made from."""
    return tuple(events.flat[f"{w}_{n}"] for w in ("lead", "sublead") for n in ("eta", "phi"))
