"""A coffea processor as its users write it: virtual arrays, early cut, Weights, correctionlib."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from coffea import processor
from coffea.analysis_tools import Weights
from coffea.nanoevents import NanoAODSchema, NanoEventsFactory

from benchmarks.peers import factors, selection
from benchmarks.peers.rerun import COLLECTIONS, PILEUP, in_double
from benchmarks.peers.table import IDENTITY, write
from benchmarks.user.systematics import shift_jets, shift_photons

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Schema(NanoAODSchema):  # type: ignore[misc]
    """As it is, but for vertices, of which the measured files lack the position."""

    mixins = {name: mixin for name, mixin in NanoAODSchema.mixins.items() if name != "PV"}
    warn_missing_crossrefs = False


def double(objects: Any, collection: str) -> Any:
    """The fields of a collection that are used, floating point as float64; read when needed."""
    fields = COLLECTIONS[collection].split()
    return ak.zip({name: in_double(name, objects[name]) for name in fields})


class DiphotonProcessor(processor.ProcessorABC):
    """The measured analysis; one file per variation in the folder."""

    def __init__(self, sources: Mapping[str, Any], folder: Path) -> None:
        self._sources, self._folder = sources, folder

    def process(self, events: Any) -> dict[str, int]:
        """Nominal, then up and down of each (collection, number, size) by name."""
        photons, jets = double(events.Photon, "Photon"), double(events.Jet, "Jet")
        kept = {"nominal": self.process_shift(events, photons, jets, "nominal")}
        objects = ak.zip({"Photon": photons, "Jet": jets}, depth_limit=1)
        for name, (collection, number, size) in self._sources.items():
            for direction in ("up", "down"):
                shift = f"{name}_{direction}"
                if collection == "Photon":
                    pt = shift_photons(objects, direction, number, size)
                    moved = ak.with_field(photons, pt, "pt")
                    kept[shift] = self.process_shift(events, moved, jets, shift)
                else:
                    pt = shift_jets(objects, direction, number, size)
                    moved = ak.with_field(jets, pt, "pt")
                    kept[shift] = self.process_shift(events, photons, moved, shift)
        return kept

    def process_shift(self, events: Any, photons: Any, jets: Any, shift: str) -> int:
        """Selection, weights and output of one variation."""
        best = selection.best_diphoton(photons)
        found = ~ak.is_none(best)
        events, jets, pair = events[found], jets[found], ak.drop_none(best[found])
        electrons = selection.select_electrons(double(events.Electron, "Electron"), pair)
        muons = selection.select_muons(double(events.Muon, "Muon"), pair)
        jets = selection.select_jets(jets, pair, electrons, muons)
        described = selection.tags(pair, electrons, muons, jets)
        tagged = described["tag_idx"] >= 0
        events, pair, muons = events[tagged], pair[tagged], muons[tagged]
        described = {name: values[tagged] for name, values in described.items()}
        columns = {name: events[name] for name in IDENTITY} | event_columns(events)
        columns |= selection.pair_columns(pair) | described
        columns |= weight_columns(events, pair, muons, nominal=shift == "nominal")
        write(self._folder / f"{shift}.parquet", columns, described["tag_idx"])
        return len(events)

    def postprocess(self, accumulator: Any) -> Any:
        """Nothing to do."""
        return accumulator


def event_columns(events: Any) -> dict[str, Any]:
    """What is written of the event."""
    return {
        "MET_pt": events.MET.pt, "MET_phi": events.MET.phi, "PV_npvs": events.PV.npvs,
        "Pileup_nTrueInt": events.Pileup.nTrueInt,
        "fixedGridRhoFastjetAll": events.fixedGridRhoFastjetAll,
    }  # fmt: skip


def weight_columns(events: Any, pair: Any, muons: Any, nominal: bool) -> dict[str, Any]:
    """The central weight, and for nominal events the factors of all directions."""
    weights = Weights(len(events), storeIndividual=True)
    weights.add("genWeight", np.asarray(events.genWeight, dtype=np.float64))
    prefiring = {d: events.L1PreFiringWeight[name] for d, name in factors.PREFIRING.items()}
    central = {
        "pileup": events[PILEUP["nominal"]], "prefiring": prefiring["nominal"],
        **factors.of_objects(pair, muons),
    }  # fmt: skip
    for name, factor in central.items():
        weights.add(name, ak.to_numpy(factor))
    columns = {"weight_central": weights.weight()}
    if nominal:
        for direction, by_source in factors.directions(pair, muons, events).items():
            of_event = {"pileup": events[PILEUP[direction]], "prefiring": prefiring[direction]}
            for source, factor in {**of_event, **by_source}.items():
                columns[f"weight_{source}_{direction}"] = factor
    return columns


def run(path: Path, sources: Mapping[str, Any], folder: Path) -> None:
    """One file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        events = NanoEventsFactory.from_root(
            {str(path): "Events"}, schemaclass=Schema, mode="virtual",
            uproot_options={"array_cache": None, "object_cache": None},
        ).events()  # fmt: skip
        DiphotonProcessor(sources, folder).process(events)
