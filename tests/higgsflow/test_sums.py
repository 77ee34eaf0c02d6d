from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import awkward as ak
import numpy as np

from higgsflow.demo.corrections import write_corrections
from higgsflow.events.plain import plain
from higgsflow.model.shift import NominalCorrection
from higgsflow.model.systematic import WeightSystematic
from higgsflow.sums import clamped_by_corrections, sums_of_factors, sums_of_ranges
from higgsflow.weights import evaluate

if TYPE_CHECKING:
    from pathlib import Path

G = np.array([1.0, -2.0, 4.0])
MUONS = [[{"pt": 20.0, "eta": 1.0}, {"pt": 300.0, "eta": 2.5}], [], [{"pt": 2.0, "eta": 0.0}]]
EVENTS = ak.Array({"w": [1.0, 2.0, 3.0], "PSWeight": [[1.0], [1.0, 2.0], [1.0]], "Muon": MUONS})


def test_factors_are_summed_by_their_columns() -> None:
    weight = WeightSystematic.model_validate({"name": "s", "branches": {"central": "w", "up": "w"}})
    found = sums_of_factors(G[1:], {"s": (weight, evaluate(weight, EVENTS[1:]))}, plain(EVENTS[1:]))
    assert found == {"weight_s_central": 8.0, "weight_s_up": 8.0}


def test_each_range_has_its_sums() -> None:
    (whole,) = sums_of_ranges(G, np.array([1, 2]), (3,))
    assert dataclasses.astuple(whole) == (2, (3.0,), 21.0, 7.0)
    found = sums_of_ranges(G, np.array([1, 2]), (0, 2, 0, 1))
    nothing = (0, (0.0,), 0.0, 0.0)
    assert [dataclasses.astuple(one) for one in found] == [
        nothing, (1, (-1.0,), 5.0, 3.0), nothing, (1, (4.0,), 16.0, 4.0),
    ]  # fmt: skip


def test_events_without_variation_are_counted() -> None:
    vector = {"branch": "PSWeight", "length": 2, "names": {"up": 1}, "normalisation": "inclusive"}
    weight = WeightSystematic.model_validate({"name": "ps", "vector": vector})
    found = sums_of_factors(G, {"ps": (weight, evaluate(weight, EVENTS))}, plain(EVENTS))
    assert found == {
        "weight_ps_up": 1.0,
        "no_variation:ps": 2.0,
    }


def test_values_outside_of_the_bins_are_counted(tmp_path: Path) -> None:
    write_corrections(tmp_path)
    inputs = {"systematic": {"variation": True}, "eta": "eta", "pt": "pt"}
    correction = {"file": str(tmp_path / "muons.json"), "name": "id", "inputs": inputs}
    correction["variations"] = {"up": "up"}
    content = {"name": "id", "method": "correctionlib", "correction": correction}
    weight = WeightSystematic.model_validate(
        {**content, "type": "object", "input_collection": "Muon"}
    )
    found = sums_of_factors(G, {"id": (weight, evaluate(weight, EVENTS))}, plain(EVENTS))
    assert (found["clamped:id:pt"], found["clamped:id:eta"]) == (2.0, 1.0)
    correction["variations"] = {"central": "nominal"}
    source = NominalCorrection.model_validate({**content, "branch_modified": "Muon_pt"})
    assert clamped_by_corrections(plain(EVENTS), [source]) == {
        "clamped:id:pt": 2.0,
        "clamped:id:eta": 1.0,
    }
