"""The five weight systematics of the measured analysis, as its users evaluate them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awkward as ak
import correctionlib

from benchmarks.user.systematics import top_pt

if TYPE_CHECKING:
    from collections.abc import Callable

CORRECTIONS = Path(__file__).resolve().parents[2] / "config" / "corrections"
NAMES = {"nominal": "", "up": "_up", "down": "_down"}
PREFIRING = {"nominal": "Nom", "up": "Up", "down": "Dn"}


@cache
def _table(name: str) -> Any:
    return correctionlib.CorrectionSet.from_file(str(CORRECTIONS / f"{name}.json"))["id"]


def of_photons(pair: Any, direction: str) -> Any:
    """Scale factors of the identification of both photons."""
    table = _table("photons")
    lead = table.evaluate(direction, abs(pair.lead.eta), pair.lead.pt)
    return lead * table.evaluate(direction, abs(pair.sublead.eta), pair.sublead.pt)


def of_muons(muons: Any, direction: str) -> Any:
    """Scale factors of the identification of all muons."""
    flat, counts = ak.flatten(muons), ak.num(muons)
    factors = _table("muons").evaluate(direction, abs(flat.eta), flat.pt)
    return ak.prod(ak.unflatten(factors, counts), axis=1)


def of_objects(pair: Any, muons: Any, direction: str = "nominal") -> dict[str, Any]:
    """The factors of one direction that depend on what was selected."""
    return {"photon_id": of_photons(pair, direction), "muon_id": of_muons(muons, direction)}


def directions(
    pair: Any, muons: Any, events: Any, of_direction: Callable[..., dict[str, Any]] = of_objects
) -> dict[str, dict[str, Any]]:
    """The factors of all sources, up and down, of the nominal events."""
    found = {d: of_direction(pair, muons, d) for d in ("up", "down")}
    for direction, factor in top_pt(events).items():
        found[direction]["top_pt"] = factor
    return found
