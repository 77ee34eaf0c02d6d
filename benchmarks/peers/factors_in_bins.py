"""Scale factors of all objects, bin after bin, as HiggsDNA looks them up.

HiggsDNA gives every object of a collection its factor before taggers run, by a mask and an
`ak.where` for each bin (`systematic_from_bins`), and again for each variation of objects.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from benchmarks.peers import factors

if TYPE_CHECKING:
    from collections.abc import Sequence

TABLES = {"Photon": "photons", "Muon": "muons"}

Bin = tuple[tuple[float, float], tuple[float, float], float]


def with_factors(events: Any, directions: Sequence[str], cut: int = 1) -> Any:
    """The events, with a field `factor_<direction>` of each photon and muon.

    Each bin is cut into so many in pt, of the same factor.
    """
    for collection, table in TABLES.items():
        for direction in directions:
            factor = in_bins(events[collection], _bins(table, direction, cut))
            events = ak.with_field(events, factor, [collection, f"factor_{direction}"])
    return events


def in_bins(objects: Any, bins: Sequence[Bin]) -> Any:
    """The factor of each object."""
    eta, pt = abs(objects.eta), objects.pt
    factor = ak.ones_like(pt)
    for (eta_low, eta_high), (pt_low, pt_high), value in bins:
        inside = (eta >= eta_low) & (eta < eta_high) & (pt >= pt_low) & (pt < pt_high)
        factor = ak.where(inside, value, factor)
    return factor


@cache
def _bins(table: str, direction: str, cut: int) -> list[Bin]:
    """Edges of |eta| and pt [GeV], and the factor, of all bins; the outer ones have no end."""
    path = factors.CORRECTIONS / f"{table}.json"
    correction = json.loads(path.read_text(encoding="utf-8"))["corrections"][0]
    categories = {one["key"]: one["value"] for one in correction["data"]["content"]}
    binned = categories[direction]
    eta, pt = binned["edges"]
    ranges = [pairwise([-np.inf, *edges[1:-1], np.inf]) for edges in (eta, _cut(pt, cut))]
    factors_of_bins = np.repeat(binned["content"], cut).tolist()
    return [(*edges, v) for edges, v in zip(product(*ranges), factors_of_bins, strict=True)]


def _cut(edges: Sequence[float], n: int) -> list[float]:
    """The same range in n times as many bins."""
    parts = [np.linspace(*both, n, endpoint=False).tolist() for both in pairwise(edges)]
    return [edge for part in parts for edge in part] + [edges[-1]]


def of_objects(pair: Any, muons: Any, direction: str = "nominal") -> dict[str, Any]:
    """The factors of one direction that depend on what was selected."""
    name = f"factor_{direction}"
    return {"photon_id": pair.lead[name] * pair.sublead[name], "muon_id": ak.prod(muons[name], 1)}
