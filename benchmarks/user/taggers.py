"""The tags of the measured analysis as a user writes them after the diphoton, in plain awkward."""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np

from benchmarks.peers import selection
from higgsflow.taggers.base import COLLECTION
from higgsflow.taggers.function import tagger

_TRACK = ("pt", "eta", "phi", "mass", "charge", "dxy", "dz")
_READ = (
    *(f"Electron_{name}" for name in (*_TRACK, "mvaFall17V2Iso_WP90")),
    *(f"Muon_{name}" for name in (*_TRACK, "pfRelIso03_all", "mediumId", "isGlobal")),
    *(f"Jet_{name}" for name in ("pt", "eta", "phi", "mass", "btagDeepFlavB", "jetId")),
)
_COUNTS = ("electrons", "muons", "leptons", "central_jets", "forward_jets", "b_jets")
_ADDED = {**dict.fromkeys((f"n_{name}" for name in _COUNTS), "int16"), "m_jj": "float64"}


@tagger(reads=_READ, adds={**_ADDED, "wanted": "int64", "SelectedMuon": COLLECTION})
def objects(events: Any) -> tuple[Any, dict[str, Any]]:
    """Leptons and jets beside the diphoton, and which of the tags wants the event."""
    photons = {
        which: ak.zip({name: events[f"{which}_{name}"] for name in selection.PHOTON_FIELDS})
        for which in ("lead", "sublead")
    }
    pair = ak.zip(photons, depth_limit=1)
    electrons = selection.select_electrons(events.Electron, pair)
    muons = selection.select_muons(events.Muon, pair)
    jets = selection.select_jets(events.Jet, pair, electrons, muons)
    columns = selection.tags(pair, electrons, muons, jets)
    wanted = columns.pop("tag_idx")
    return np.ones(len(events), dtype=bool), {
        **columns, "wanted": wanted, "SelectedMuon": muons
    }  # fmt: skip


@tagger()
def tth_leptonic(events: Any) -> Any:
    """Leptonic ttH."""
    return events.wanted == selection.TTH_LEPTONIC


@tagger()
def thq_leptonic(events: Any) -> Any:
    """Leptonic tHq."""
    return events.wanted == selection.THQ_LEPTONIC


@tagger()
def tth_hadronic(events: Any) -> Any:
    """Hadronic ttH."""
    return events.wanted == selection.TTH_HADRONIC
