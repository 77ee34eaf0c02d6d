"""The plain way: read all columns, then run everything again for each variation.

As HiggsDNA does: objects get their scale factors before anything is selected, bin after bin.
To see what of it the look-up of factors is, `Tables` has correctionlib for what was selected, and
`MoreBins` so many bins that it is half of the time, as it was where the goal was set.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import uproot

from benchmarks.peers import factors, factors_in_bins, selection
from benchmarks.peers.table import IDENTITY, write
from benchmarks.user.systematics import shift_jets, shift_photons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    Way = type["InBins"] | type["Tables"]
    Sources = Mapping[str, Any]

SHIFTS = {"Photon": shift_photons, "Jet": shift_jets}
COLLECTIONS = {
    "Photon": "pt eta phi mvaID r9 electronVeto isScEtaEB isScEtaEE",
    "Jet": "pt eta phi mass btagDeepFlavB jetId",
    "Electron": "pt eta phi mass charge dxy dz mvaFall17V2Iso_WP90",
    "Muon": "pt eta phi mass charge dxy dz pfRelIso03_all mediumId isGlobal",
    "GenPart": "pt pdgId statusFlags",
}
WHOLE = {
    *("electronVeto", "isScEtaEB", "isScEtaEE", "jetId", "charge", "mvaFall17V2Iso_WP90"),
    *("mediumId", "isGlobal", "pdgId", "statusFlags"),
}
WRITTEN = ("MET_pt", "MET_phi", "PV_npvs", "Pileup_nTrueInt", "fixedGridRhoFastjetAll")
PILEUP = {"nominal": "puWeight", "up": "puWeightUp", "down": "puWeightDown"}
PREFIRING = {d: f"L1PreFiringWeight_{name}" for d, name in factors.PREFIRING.items()}
EVENT = (*IDENTITY, "genWeight", *PILEUP.values(), *PREFIRING.values(), *WRITTEN)


def read(path: Path) -> Any:
    """All configured columns of a file, floating point as float64."""
    branches = [f"{c}_{field}" for c, fields in COLLECTIONS.items() for field in fields.split()]
    with uproot.open({str(path): "Events"}, array_cache=None, object_cache=None) as tree:
        flat = tree.arrays([*EVENT, *branches])
    events = {name: flat[name] for name in EVENT}
    for collection, fields in COLLECTIONS.items():
        by_field = {name: flat[f"{collection}_{name}"] for name in fields.split()}
        events[collection] = ak.zip({n: in_double(n, values) for n, values in by_field.items()})
    return ak.zip(events, depth_limit=1)


def in_double(name: str, values: Any) -> Any:
    """A field of a collection; floating point as float64."""
    return values if name in WHOLE else ak.values_astype(values, np.float64)


class InBins:
    """Factors of all photons and muons, looked up before the selection."""

    of_objects = staticmethod(factors_in_bins.of_objects)
    prepare = staticmethod(factors_in_bins.with_factors)


class MoreBins(InBins):
    """The same with twice the bins: 40 of photons, 32 of muons.

    Those of HiggsDNA for the trigger are 55 and 79.
    """

    prepare = staticmethod(partial(factors_in_bins.with_factors, cut=2))


class Tables:
    """Factors of what was selected, looked up by correctionlib."""

    of_objects = staticmethod(factors.of_objects)

    @staticmethod
    def prepare(events: Any, _directions: Sequence[str]) -> Any:
        """Nothing to prepare."""
        return events


def run(path: Path, sources: Sources, folder: Path) -> None:
    """One file: nominal, then up and down of each (collection, number, size) by name."""
    _run(path, sources, folder, InBins)


def run_in_more_bins(path: Path, sources: Sources, folder: Path) -> None:
    """The same, in more bins."""
    _run(path, sources, folder, MoreBins)


def run_with_tables(path: Path, sources: Sources, folder: Path) -> None:
    """The same, with correctionlib."""
    _run(path, sources, folder, Tables)


def _run(path: Path, sources: Sources, folder: Path, way: Way) -> None:
    events = read(path)
    prepared = way.prepare(events, ("nominal", "up", "down"))
    _process(prepared, folder / "nominal.parquet", way, nominal=True)
    for name, (collection, number, size) in sources.items():
        for direction in ("up", "down"):
            pt = SHIFTS[collection](events, direction, number, size)
            shifted = way.prepare(ak.with_field(events, pt, [collection, "pt"]), ("nominal",))
            _process(shifted, folder / f"{name}_{direction}.parquet", way, nominal=False)


def _process(events: Any, path: Path, way: Way, nominal: bool) -> None:
    best = selection.best_diphoton(events.Photon)
    found = ~ak.is_none(best)
    events, pair = events[found], ak.drop_none(best[found])
    electrons = selection.select_electrons(events.Electron, pair)
    muons = selection.select_muons(events.Muon, pair)
    jets = selection.select_jets(events.Jet, pair, electrons, muons)
    described = selection.tags(pair, electrons, muons, jets)
    weights = {**_of_event(events, "nominal"), **way.of_objects(pair, muons)}
    columns = {name: events[name] for name in (*IDENTITY, *WRITTEN)}
    columns |= selection.pair_columns(pair) | described
    columns["weight_central"] = ak.values_astype(events.genWeight, np.float64)
    for factor in weights.values():
        columns["weight_central"] = columns["weight_central"] * factor
    if nominal:
        found_factors = factors.directions(pair, muons, events, way.of_objects)
        for direction, by_source in found_factors.items():
            for source, factor in {**_of_event(events, direction), **by_source}.items():
                columns[f"weight_{source}_{direction}"] = factor
    write(path, columns, described["tag_idx"])


def _of_event(events: Any, direction: str) -> dict[str, Any]:
    return {"pileup": events[PILEUP[direction]], "prefiring": events[PREFIRING[direction]]}
