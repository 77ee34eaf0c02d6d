"""The example of corrections, config/corrections.yaml, for one event, written out by hand.

Files of the standard format are read here as the nested lists that they are; random numbers are
counted with Python's own integers.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from slow_files import Event
    from slow_objects import Content

_64 = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_SMALLEST = 0.01
_MET_PT_MIN = 15.0


@functools.cache
def _data_of(folder: Path, file: str, name: str) -> Any:
    content = json.loads((folder / file).read_text(encoding="utf-8"))
    (data,) = (c["data"] for c in content["corrections"] if c["name"] == name)
    return data


def value_of(node: Any, inputs: dict[str, Any]) -> float:
    """What a correction says for one object; outside of its bins what the nearest one says."""
    if not isinstance(node, dict):
        return float(node)
    kind = node["nodetype"]
    if kind == "category":
        (found,) = (c["value"] for c in node["content"] if c["key"] == inputs[node["input"]])
        return value_of(found, inputs)
    if kind == "binning":
        found = node["content"][_bin(node["edges"], inputs[node["input"]])]
        return value_of(found, inputs)
    if kind == "multibinning":
        position = 0
        for name, edges in zip(node["inputs"], node["edges"], strict=True):
            position = position * (len(edges) - 1) + _bin(edges, inputs[name])
        return value_of(node["content"][position], inputs)
    # the only formula there is
    assert node["expression"] == "sqrt([0]*[0]/x + [1]*[1])"
    noise, constant = node["parameters"]
    return math.sqrt(noise * noise / inputs[node["variables"][0]] + constant * constant)


def _bin(edges: list[float], value: float) -> int:
    """The bin that begins at or below the value; the outermost ones reach to infinity."""
    position = sum(1 for edge in edges[1:-1] if value >= edge)
    return min(position, len(edges) - 2)


def _mixed(state: int) -> int:
    """Steele, Lea and Flood, OOPSLA 2014: the mix function of SplitMix64 after one step."""
    z = (state + _GOLDEN) & _64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _64
    return z ^ (z >> 31)


def draw(source: str, event: Event, index: int) -> float:
    """The standard normal number of one object: of its source, its event, and where it stands."""
    first = hashlib.sha256(f"0:{source}".encode()).digest()[:8]
    state = _mixed(int.from_bytes(first, "little"))
    for name in ("run", "luminosityBlock", "event"):
        state = _mixed(state ^ _mixed(event[name]))
    state = _mixed(state ^ _mixed(index))
    one, two = (((_mixed(s) >> 11) + 0.5) / 2**53 for s in (state, state ^ _GOLDEN))
    return math.sqrt(-2 * math.log(one)) * math.cos(2 * math.pi * two)


@dataclass(frozen=True)
class Example:
    """The corrections and object variations of the example for one year."""

    folder: Path
    year: str
    is_data: bool

    @property
    def variations(self) -> tuple[str, ...]:
        """Names of the variations that shift objects."""
        sources = ("photon_scale_uncertainty", "photon_smearing", "jet_scale", "jet_resolution")
        return tuple(f"{source}_{d}" for source in sources for d in ("up", "down"))

    def look_up(self, file: str, name: str, **inputs: Any) -> float:
        """A value of a file in the folder."""
        return value_of(_data_of(self.folder, file, name), inputs)

    def corrected(self, raw: Event, variation: str) -> Event:
        """The event as the taggers see it under a variation."""
        source, _, direction = variation.rpartition("_")
        photons = [self._photon(raw, i, (source, direction)) for i in range(len(raw["Photon"]))]
        wide = direction if source == "jet_resolution" else "nominal"
        jets = [self._resolved(raw, i, "nominal") for i in range(len(raw["Jet"]))]
        met = (raw["MET_pt"], raw["MET_phi"])
        if not self.is_data:
            met = _moved(met, raw["Jet"], jets)
        if source in ("jet_resolution", "jet_scale"):
            shifted = [self._resolved(raw, i, wide) for i in range(len(jets))]
            if source == "jet_scale":
                shifted = [self._scaled(jet, direction) for jet in jets]
            met = _moved(met, jets, shifted)
            jets = shifted
        return {**raw, "Photon": photons, "Jet": jets, "MET_pt": met[0], "MET_phi": met[1]}

    def _photon(self, raw: Event, index: int, variation: tuple[str, str]) -> dict[str, Any]:
        photon = raw["Photon"][index]
        source, direction = variation
        eta, pt = abs(photon["eta"]), photon["pt"]
        if self.is_data:
            scale = self.look_up("photons.json", "scale", year=self.year, eta=eta)
            return {**photon, "pt": pt * scale}
        asked = direction if source == "photon_smearing" else "nominal"
        width = self.look_up("photons.json", "smearing", systematic=asked, eta=eta, pt=pt)
        pt *= max(1 + draw("photon_smearing", raw, index) * width, _SMALLEST)
        if source == "photon_scale_uncertainty":
            unknown = self.look_up("photons.json", "scale_uncertainty", eta=eta)
            pt *= 1 + {"up": 1, "down": -1}[direction] * unknown
        return {**photon, "pt": pt}

    def _resolved(self, raw: Event, index: int, direction: str) -> dict[str, Any]:
        jet = raw["Jet"][index]
        if self.is_data:
            return dict(jet)
        sigma = self.look_up("jets.json", "resolution", pt=jet["pt"])
        eta = abs(jet["eta"])
        wider = self.look_up("jets.json", "resolution_factor", systematic=direction, eta=eta)
        number = draw("jet_resolution", raw, index)
        factor = max(1 + number * sigma * math.sqrt(max(wider**2 - 1, 0)), _SMALLEST)
        return {**jet, "pt": jet["pt"] * factor, "mass": jet["mass"] * factor}

    def _scaled(self, jet: dict[str, Any], direction: str) -> dict[str, Any]:
        inputs = {"eta": abs(jet["eta"]), "pt": jet["pt"]}
        unknown = self.look_up("jets.json", "scale_uncertainty", **inputs)
        factor = 1 + {"up": 1, "down": -1}[direction] * unknown
        return {**jet, "pt": jet["pt"] * factor, "mass": jet["mass"] * factor}

    def of_interactions(self, event: Event, _: Content | None) -> dict[str, float]:
        """Pile-up, by the true number of interactions."""
        return {
            d: self.look_up(
                "pileup.json", "pileup", year=self.year, systematic=d,
                n_true=event["Pileup_nTrueInt"],
            )
            for d in ("nominal", "up", "down")
        }  # fmt: skip

    def of_photons(self, name: str, event: Event, content: Content | None) -> dict[str, float]:
        """The product over the two photons of the pair."""
        del event
        assert content is not None
        other = "r9" if name == "electron_veto" else "pt"
        return self._product(
            ("photons.json", name), content.diphoton.photons, ("eta", other), DIRECTIONS
        )

    def of_muons(self, _: Event, content: Content | None) -> dict[str, float]:
        """The product over the selected muons."""
        assert content is not None
        return self._product(("muons.json", "id"), content.muons, ("eta", "pt"), DIRECTIONS)

    def of_jets(self, event: Event, _: Content | None) -> dict[str, float]:
        """The product over all jets of the event."""
        jets = [{**jet, "score": jet["btagDeepFlavB"]} for jet in event["Jet"]]
        directions = (*DIRECTIONS, "up_jes", "down_jes")
        return self._product(("jets.json", "b_tag_shape"), jets, ("score", "pt"), directions)

    def _product(
        self,
        where: tuple[str, str],
        objects: list[dict[str, Any]],
        fields: tuple[str, ...],
        directions: tuple[str, ...],
    ) -> dict[str, float]:
        return {
            direction: math.prod(
                self.look_up(
                    *where,
                    systematic=direction,
                    **{f: abs(o[f]) if f == "eta" else o[f] for f in fields},
                )
                for o in objects
            )
            for direction in directions
        }


DIRECTIONS = ("nominal", "up", "down")


def _moved(
    met: tuple[float, float], before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> tuple[float, float]:
    """Missing momentum, pt and phi, less what jets of more than 15 GeV gained."""
    pt, phi = met
    x, y = pt * math.cos(phi), pt * math.sin(phi)
    moved = False
    for old, new in zip(before, after, strict=True):
        if old["pt"] > _MET_PT_MIN and new["pt"] != old["pt"]:
            moved = True
            x -= (new["pt"] - old["pt"]) * math.cos(old["phi"])
            y -= (new["pt"] - old["pt"]) * math.sin(old["phi"])
    return (math.hypot(x, y), math.atan2(y, x)) if moved else met


def of_scales(event: Event, _: Content | None) -> dict[str, float]:
    """Each choice of the scales over the nominal one, the fifth of nine."""
    weights = event["LHEScaleWeight"]
    named = {"both_down": 0, "ren_down": 1, "fac_down": 3, "fac_up": 5, "ren_up": 7, "both_up": 8}
    return {name: weights[i] / weights[4] if len(weights) > 1 else 1.0 for name, i in named.items()}


def of_shower(event: Event, _: Content | None) -> dict[str, float]:
    """Weights of the shower, which are relative to the nominal one already."""
    weights = event["PSWeight"]
    named = {"isr_up": 0, "fsr_up": 1, "isr_down": 2, "fsr_down": 3}
    return {name: weights[i] if len(weights) > 1 else 1.0 for name, i in named.items()}
