"""The columns that an analysis reads, as realistic as the demo has them, and generated particles.

Floats keep as many bits as NanoAOD keeps, since that is what decides how well they compress.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from higgsflow.demo import constants, padded, weights
from higgsflow.demo.events import make_content

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.inputs.kinds import Kind

YEAR = "2017"
TOP, PLAIN = "ttH_M125", "ggH_M125"
# Bits of the mantissa; objects keep all of pt, jets and generated particles do not.
BITS = {"Jet_pt": 10, "GenPart_pt": 8, "GenPart_eta": 8, "GenPart_phi": 8, "GenPart_mass": 8}
FULL = ("Photon_pt", "Electron_pt", "Muon_pt", "genWeight", "Pileup_nTrueInt")
USUAL = 12
MEAN_GENERATED = 55
LAST_COPY, FROM_HARD_PROCESS = 1 << 13, 1 << 8
EVENTS_PER_LUMISECTION = 500


def rounded(values: NDArray[np.float32], bits: int) -> NDArray[np.float32]:
    """The values with so many bits of mantissa, as NanoAOD packs them."""
    drop = np.uint32(23 - bits)
    whole = values.astype(np.float32).view(np.uint32)
    half = np.uint32(1) << (drop - np.uint32(1))
    return ((whole + half) >> drop << drop).view(np.float32)


def needed_columns(rng: np.random.Generator, kind: Kind, n: int, number: int) -> dict[str, Any]:
    """All columns of n simulated events that an analysis may read, file `number` of a sample."""
    names = constants.SIMULATIONS
    process = np.where(rng.random(n) < kind.top, names.index(TOP), names.index(PLAIN))
    content = make_content(rng, YEAR, process, rng.random(n) >= kind.paired)
    interactions = weights.draw_pileup(rng, YEAR, np.zeros(n, dtype=bool))
    columns = (
        _identity(n, number)
        | weights.generator_weights(rng, TOP, n)
        | {"Pileup_nTrueInt": interactions}
        | weights.pileup_weights(interactions, YEAR)
        | content.prefiring
        | content.columns
        | _vertices(rng, interactions)
        | content.collections
        | {"GenPart": _generated(rng, process == names.index(TOP))}
    )
    return {name: _packed(name, values) for name, values in columns.items()}


def _identity(n: int, number: int) -> dict[str, NDArray[Any]]:
    index = np.arange(n)
    return {
        "run": np.ones(n, dtype=np.uint32),
        "luminosityBlock": (1 + 10_000 * number + index // EVENTS_PER_LUMISECTION).astype(
            np.uint32
        ),
        "event": (index + 10_000_000 * (number + 1)).astype(np.uint64),
    }


def _vertices(rng: np.random.Generator, interactions: NDArray[np.float32]) -> dict[str, Any]:
    return {
        "PV_npvs": (1 + rng.poisson(0.7 * interactions)).astype(np.int32),
        "fixedGridRhoFastjetAll": (0.6 * interactions + 2).astype(np.float32),
    }


def _generated(rng: np.random.Generator, is_top: NDArray[np.bool_]) -> Any:
    """Generated particles: two top quarks, in two copies each, where there are any, and others."""
    n = len(is_top)
    counts = np.maximum(rng.poisson(MEAN_GENERATED, n), 4)
    size = int(counts.sum())
    first = np.cumsum(counts) - counts
    pdg_id = rng.choice((21, 1, -1, 2, -2, 5, -5, 22, 11, -13, 111, 211, -211), size)
    flags = rng.choice((LAST_COPY, 0, 4481, 10497), size)
    for place in range(4):
        tops = first[is_top] + place
        pdg_id[tops] = 6 if place % 2 else -6
        flags[tops] = FROM_HARD_PROCESS | (LAST_COPY if place >= 2 else 0)
    mother = np.maximum(np.arange(size) - np.repeat(first, counts) - rng.integers(1, 9, size), -1)
    flat = {
        "pt": rng.exponential(40.0, size).astype(np.float32),
        "eta": rng.normal(0, 2, size).astype(np.float32),
        "phi": rng.uniform(-np.pi, np.pi, size).astype(np.float32),
        "mass": np.zeros(size, dtype=np.float32),
        "pdgId": pdg_id.astype(np.int32),
        "status": rng.choice((1, 2, 22, 51), size).astype(np.int32),
        "statusFlags": flags.astype(np.int32),
        "genPartIdxMother": mother.astype(np.int32),
    }
    return padded.records(counts, flat)


def _packed(name: str, values: Any) -> Any:
    """The same with the bits that are kept; a collection field by field."""
    if isinstance(values, np.ndarray):
        return _kept(name, values)
    layout = ak.to_packed(values).layout
    if not layout.content.is_record:
        return values
    records = layout.content
    contents = [
        ak.contents.NumpyArray(_kept(f"{name}_{field}", np.asarray(part.data)))
        for field, part in zip(records.fields, records.contents, strict=True)
    ]
    packed = ak.contents.RecordArray(contents, records.fields, length=records.length)
    return ak.Array(ak.contents.ListOffsetArray(layout.offsets, packed))


def _kept(name: str, values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype != np.float32 or name in FULL:
        return values
    return rounded(values, BITS.get(name, USUAL))
