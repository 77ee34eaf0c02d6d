"""Columns that nothing reads, up to the 1,502 of a real file: they must not cost their reading.

Many of them are the same numbers under other names, so that making them takes no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from benchmarks.inputs.columns import rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Fields that are added to collections which are there, and collections of (mean number, fields).
WIDER = {"Photon": 25, "Electron": 55, "Muon": 45, "Jet": 30, "GenPart": 1}
FURTHER = {
    "Tau": (1.0, 50),
    "FatJet": (0.6, 45),
    "FatJetPart": (0.8, 20),
    "GenJet": (8.0, 7),
    "GenJetAK8": (0.6, 6),
    "LowPtElectron": (1.0, 22),
    "IsoTrack": (1.0, 15),
    "SV": (1.2, 16),
    "TrigObj": (10.0, 11),
    "LHEPart": (6.0, 9),
    "CorrT1METJet": (4.0, 6),
    "SoftActivityJet": (6.0, 3),
    "GenVisTau": (0.3, 7),
    "FsrPhoton": (0.1, 5),
}
DISTINCT = 2  # of the floats of a collection
N_FLAGS, N_FLOATS = 40, 90
KEPT_BITS = 8


def fill(rng: np.random.Generator, columns: dict[str, Any], n_branches: int) -> dict[str, Any]:
    """The columns with others, until a file has so many TTree branches, counters included.

    Raises:
        ValueError: where the columns alone are more.
    """
    n = len(columns["run"])
    filled = dict(columns)
    room = n_branches - count_branches(columns)
    if room < 0:
        raise ValueError(f"{n_branches} branches are fewer than the {n_branches - room} needed")
    for name, more in WIDER.items():
        added = min(more, room)
        filled[name] = _widened(rng, columns[name], added)
        room -= added
    for name, (mean, width) in FURTHER.items():
        if room > width + 1:
            filled[name] = _collection(rng, n, mean, width)
            room -= width + 1
    return filled | _scalars(rng, n, room)


def count_branches(columns: dict[str, Any]) -> int:
    """How many TTree branches the columns become: one per field, and a counter."""
    return sum(
        1 if isinstance(values, np.ndarray) else 1 + max(1, len(ak.fields(values)))
        for values in columns.values()
    )


def _pool(rng: np.random.Generator, size: int) -> list[NDArray[Any]]:
    floats = [rounded(rng.exponential(20, size), KEPT_BITS) for _ in range(DISTINCT)]
    return [
        *floats,
        rng.poisson(2.0, size).astype(np.int32),
        rng.random(size) < 0.3,
    ]


def _widened(rng: np.random.Generator, collection: Any, more: int) -> Any:
    layout = ak.to_packed(collection).layout
    records = layout.content
    pool = _pool(rng, records.length)
    contents = [*records.contents, *(ak.contents.NumpyArray(pool[i % 4]) for i in range(more))]
    fields = [*records.fields, *(f"unused{i}" for i in range(more))]
    wide = ak.contents.RecordArray(contents, fields, length=records.length)
    return ak.Array(ak.contents.ListOffsetArray(layout.offsets, wide))


def _collection(rng: np.random.Generator, n: int, mean: float, width: int) -> Any:
    offsets = np.concatenate([[0], np.cumsum(rng.poisson(mean, n))]).astype(np.int64)
    size = int(offsets[-1])
    empty = ak.contents.RecordArray([], [], length=size)
    return _widened(
        rng, ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), empty)), width
    )


def _scalars(rng: np.random.Generator, n: int, room: int) -> dict[str, NDArray[Any]]:
    """Filters and floats of the event, and trigger decisions for the rest of the room."""
    pool = _pool(rng, n)
    fired = [rng.random(n) < share for share in (0.0, 0.001, 0.02, 0.05)]
    columns: dict[str, NDArray[Any]] = {}
    for i in range(min(N_FLAGS, room)):
        columns[f"Flag_filter{i}"] = np.ones(n, dtype=bool)
    for i in range(min(N_FLOATS, room - len(columns))):
        columns[f"Scalar_value{i}"] = pool[i % DISTINCT]
    paths = room - len(columns)
    for i in range(paths):
        family = "HLT_Path" if i < 2 * paths // 3 else "L1_Seed"
        columns[f"{family}{i}"] = fired[i % 4]
    return columns
