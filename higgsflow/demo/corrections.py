"""Correction files of the demo, in the standard format; the numbers are made up.

They belong to the samples of the demo: what they correct was never wrong there. They show how
each kind of correction is said, and they are small enough to be read.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.demo.constants import YEARS
from higgsflow.demo.weights import pileup_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Node = dict[str, Any]
Numbers = tuple[float, float, float]

PHOTON_ETA = (0.0, 0.8, 1.4442, 1.566, 2.0, 2.6)
PHOTON_PT = (20.0, 35.0, 50.0, 80.0, 500.0)
JET_ETA = (0.0, 1.3, 2.5, 3.0, 5.0)
JET_PT = (15.0, 30.0, 60.0, 120.0, 1000.0)
SCORE = (0.0, 0.05, 0.3, 0.7, 1.0)
SCALE_OF_DATA = {"2016": 0.998, "2017": 1.003, "2018": 1.001}


def write_corrections(folder: Path) -> tuple[Path, ...]:
    """Writes every file; the same content each time."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in correction_files().items():
        paths.append(folder / name)
        paths[-1].write_text(content, encoding="utf-8")
    return tuple(paths)


def correction_files() -> dict[str, str]:
    """The content of each file by its name."""
    files = {
        "pileup.json": [_pileup()],
        "photons.json": _photons(),
        "muons.json": [_muon_id()],
        "jets.json": _jets(),
    }
    return {
        name: json.dumps({"schema_version": 2, "corrections": corrections}, indent=1) + "\n"
        for name, corrections in files.items()
    }


def _correction(name: str, description: str, inputs: Mapping[str, str], data: Node) -> Node:
    return {
        "name": name,
        "description": description,
        "version": 1,
        "inputs": [{"name": n, "type": kind} for n, kind in inputs.items()],
        "output": {"name": "value", "type": "real"},
        "data": data,
    }


def _choice(name: str, values: Mapping[str, Any]) -> Node:
    content = [{"key": key, "value": value} for key, value in values.items()]
    return {"nodetype": "category", "input": name, "content": content}


def _binned(name: str, edges: Sequence[float], values: Sequence[float], flow: str) -> Node:
    content = [round(float(value), 6) for value in values]
    binning = {"nodetype": "binning", "input": name, "edges": list(edges)}
    return binning | {"content": content, "flow": flow}


def _grid(axes: Mapping[str, Sequence[float]], value: Numbers, flow: str = "clamp") -> Node:
    """Values a + b x + c / y at the centres of bins in two inputs x and y."""
    a, b, c = value
    x, y = ([(low + high) / 2 for low, high in pairwise(edges)] for edges in axes.values())
    content = [round(a + b * one + c / other, 6) for one in x for other in y]
    node = {"nodetype": "multibinning", "inputs": list(axes), "content": content, "flow": flow}
    return node | {"edges": [list(edges) for edges in axes.values()]}


def _shifted(value: Numbers, size: Numbers) -> dict[str, Numbers]:
    """`nominal`, `up` and `down`."""
    both = tuple(zip(value, size, strict=True))
    (a, da), (b, db), (c, dc) = both
    up, down = (a + da, b + db, c + dc), (a - da, b - db, c - dc)
    return {"nominal": value, "up": up, "down": down}


def _factor(
    name: str, axes: Mapping[str, Sequence[float]], functions: Mapping[str, Numbers], about: str
) -> Node:
    """A factor in two inputs with its systematic directions."""
    grids = {key: _grid(axes, function) for key, function in functions.items()}
    inputs = {"systematic": "string", **dict.fromkeys(axes, "real")}
    return _correction(name, about, inputs, _choice("systematic", grids))


def _pileup() -> Node:
    edges = np.arange(0.0, 82.0, 2.0)
    centres = ((edges[:-1] + edges[1:]) / 2).astype(np.float32)
    by_year = {}
    for year in YEARS:
        weights = pileup_weights(centres, year)
        named = {"nominal": "", "up": "Up", "down": "Down"}
        profiles = {
            key: _binned("n_true", edges.tolist(), weights[f"puWeight{end}"].tolist(), "clamp")
            for key, end in named.items()
        }
        by_year[year] = _choice("systematic", profiles)
    inputs = {"year": "string", "systematic": "string", "n_true": "real"}
    about = "measured over simulated number of interactions"
    return _correction("pileup", about, inputs, _choice("year", by_year))


def _photons() -> list[Node]:
    axes = {"eta": PHOTON_ETA, "pt": PHOTON_PT}
    r9_axes = {"r9": (0.0, 0.85, 0.94, 2.0), "eta": PHOTON_ETA}
    identification = _shifted((0.99, -0.01, 0.0), (0.01, 0.002, 0.0))
    veto = _shifted((0.985, 0.01, 0.0), (0.004, 0.0, 0.0))
    trigger = _shifted((1.0, 0.0, -0.4), (0.0, 0.0, 0.3))
    width = _shifted((0.010, 0.006, 0.0), (0.001, 0.0, 0.0))
    of_years = {y: _binned("eta", PHOTON_ETA, [s] * 5, "clamp") for y, s in SCALE_OF_DATA.items()}
    scale = _choice("year", of_years)
    unknown = _binned("eta", PHOTON_ETA, (0.001, 0.0015, 0.002, 0.003, 0.004), "clamp")
    return [
        _factor("id", axes, identification, "photon identification, data over simulation"),
        _factor("electron_veto", r9_axes, veto, "electron veto, data over simulation"),
        _factor("trigger", axes, trigger, "one leg of the trigger, data over simulation"),
        _factor("smearing", axes, width, "relative width that simulation lacks"),
        _correction("scale", "of the energy in data", {"year": "string", "eta": "real"}, scale),
        _correction("scale_uncertainty", "relative", {"eta": "real"}, unknown),
    ]


def _muon_id() -> Node:
    axes = {"eta": (0.0, 0.9, 1.2, 2.1, 2.4), "pt": (5.0, 15.0, 30.0, 60.0, 200.0)}
    about = "muon identification, data over simulation"
    functions = _shifted((0.995, -0.004, 0.0), (0.003, 0.0, 0.05))
    return _factor("id", axes, functions, about)


def _jets() -> list[Node]:
    axes = {"eta": JET_ETA, "pt": JET_PT}
    tag = _shifted((1.04, -0.1, 0.0), (0.02, 0.03, 0.0))
    # what the shift of the jet energy does to the b-tagging factors
    tag |= {"up_jes": (1.05, -0.1, 0.0), "down_jes": (1.03, -0.1, 0.0)}
    unknown = _grid(axes, (0.01, 0.005, 0.3))
    resolution = {
        "nodetype": "formula",
        "expression": "sqrt([0]*[0]/x + [1]*[1])",
        "parser": "TFormula",
        "variables": ["pt"],
        "parameters": [0.9, 0.05],
    }
    factors = {"nominal": 0.0, "up": 0.03, "down": -0.03}
    wider = {
        key: _binned("eta", JET_ETA, [1.1 + d, 1.15 + d, 1.2 + d, 1.25 + d], "clamp")
        for key, d in factors.items()
    }
    sf_inputs = {"systematic": "string", "eta": "real"}
    about = "b-tagging score, data over simulation"
    return [
        _correction("scale_uncertainty", "relative", {"eta": "real", "pt": "real"}, unknown),
        _correction("resolution", "relative, of simulation", {"pt": "real"}, resolution),
        _correction("resolution_factor", "wider", sf_inputs, _choice("systematic", wider)),
        _factor("b_tag_shape", {"score": SCORE, "pt": JET_PT}, tag, about),
    ]
