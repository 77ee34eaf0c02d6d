"""Whole events from their processes: the same code makes simulation and data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from higgsflow.demo import constants, jets, leptons, photons, processes, unused, weights
from higgsflow.demo.kinematics import Directions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.integer[Any]]
    Masks = NDArray[np.bool_]

TRIGGERS = {
    "2016": "HLT_Diphoton30_18_R9Id_OR_IsoCaloId_AND_HE_R9Id_Mass90",
    "2017": "HLT_Diphoton30_22_R9Id_OR_IsoCaloId_AND_HE_R9Id_Mass90",
    "2018": "HLT_Diphoton30_22_R9Id_OR_IsoCaloId_AND_HE_R9Id_Mass90",
}


class Content(NamedTuple):
    """What the detector saw: collections of objects, columns of the event, prefiring weights."""

    collections: dict[str, Any]
    columns: dict[str, NDArray[Any]]
    prefiring: dict[str, NDArray[np.float32]]

    def keep(self, mask: Masks) -> Content:
        """The events of the mask only."""
        return Content(*({name: values[mask] for name, values in part.items()} for part in self))


def make_content(rng: np.random.Generator, year: str, process: Integers, single: Masks) -> Content:
    """Everything that data and simulation have in common, for one process index per event.

    Events marked `single` have one photon.
    """
    topology = processes.draw_topology(rng, process)
    pair, exists, fake = photons.draw_photons(rng, process, single)
    prompt = leptons.draw_leptons(rng, topology)
    proper = jets.draw_jets(rng, topology, prompt)
    doubles = (
        Directions(*(np.hstack(both) for both in zip(pair, prompt.at, strict=True))),
        np.hstack([exists, prompt.exists & ~prompt.is_muon]),
    )
    all_jets = jets.with_doubles(rng, proper, doubles)
    collections = {
        "Photon": photons.photon_collection(rng, pair, exists, fake),
        "Electron": leptons.electron_collection(rng, prompt, pair),
        "Muon": leptons.muon_collection(rng, prompt),
        "Jet": jets.jet_collection(rng, all_jets, year),
    }
    trigger = {TRIGGERS[year]: photons.fires_diphoton_trigger(pair, exists, year)}
    columns = _missing_momentum(rng, prompt.number) | trigger
    return Content(collections, columns, weights.prefiring_weights(*all_jets[:2], year))


def _missing_momentum(rng: np.random.Generator, n_leptons: Integers) -> dict[str, NDArray[Any]]:
    size = rng.gamma(2.0, np.where(n_leptons > 0, 35.0, 15.0))
    phi = rng.uniform(-np.pi, np.pi, len(size))
    return {"MET_pt": size.astype(np.float32), "MET_phi": phi.astype(np.float32)}


def _vertices(rng: np.random.Generator, interactions: NDArray[np.float32]) -> dict[str, Any]:
    """Columns that follow the number of interactions."""
    vertices = rng.poisson(0.7 * interactions).astype(np.int32) + np.int32(1)
    return {
        "PV_npvs": vertices,
        "PV_npvsGood": np.maximum(vertices - rng.poisson(3.0, len(vertices)), 1).astype(np.int32),
        "fixedGridRhoFastjetAll": (0.6 * interactions + 2).astype(np.float32),
    }


def simulate(
    rng: np.random.Generator, sample: str, year: str, n: int, *, single: bool
) -> dict[str, Any]:
    """Columns of `n` simulated events without their numbers, weights included."""
    process = np.full(n, constants.SIMULATIONS.index(sample))
    content = make_content(rng, year, process, np.full(n, single))
    interactions = weights.draw_pileup(rng, year, np.zeros(n, dtype=bool))
    return (
        weights.generator_weights(rng, sample, n)
        | {"Pileup_nTrueInt": interactions}
        | weights.pileup_weights(interactions, year)
        | content.prefiring
        | content.columns
        | _vertices(rng, interactions)
        | unused.widen(rng, content.collections)
        | unused.scalar_columns(rng, n)
    )


def measure(rng: np.random.Generator, year: str, process: Integers) -> tuple[dict[str, Any], Masks]:
    """Columns of data events, and which of the given events were recorded at all.

    The columns hold the recorded events only: the others were lost to prefiring.
    """
    names = constants.SIMULATIONS
    lonely = np.array([constants.one_photon_fraction(name, year) for name in names])
    content = make_content(rng, year, process, rng.random(len(process)) < lonely[process])
    recorded = np.ones(len(process), dtype=bool)
    if content.prefiring:
        recorded = rng.random(len(process)) < content.prefiring["L1PreFiringWeight_Nom"]
    content = content.keep(recorded)
    n = int(recorded.sum())
    interactions = weights.draw_pileup(rng, year, np.ones(n, dtype=bool))
    columns = (
        content.columns
        | _vertices(rng, interactions)
        | unused.widen(rng, content.collections)
        | unused.scalar_columns(rng, n)
    )
    return columns, recorded
