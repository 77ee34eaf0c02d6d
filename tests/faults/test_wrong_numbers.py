"""Numbers that a file may hold, and from which no result can be made, or only a marked one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab

End = Callable[..., Any]
Make = Callable[..., Any]
N = 40


@pytest.fixture
def rewrite(half: Lab, make_toy_columns: Make) -> Callable[..., None]:
    """Writes both files with columns changed by a function of the number of the file."""

    def write(change: Callable[[int, dict[str, Any]], None]) -> None:
        for number in (0, 1):
            columns = make_toy_columns(1 + number, is_data=False)
            change(number, columns)
            g = columns["genWeight"].astype(float)
            runs = {
                "run": np.array([1], np.uint32), "genEventCount": np.array([len(g)], np.int64),
                "genEventSumw": np.array([g.sum()]), "genEventSumw2": np.array([(g**2).sum()]),
            }  # fmt: skip
            with uproot.recreate(half.folder / "input" / f"Sig_2017_{number}.root") as file:
                file["Events"], file["Runs"] = columns, runs

    return write


def weights_of(*values: float) -> Callable[[int, dict[str, Any]], None]:
    """The weights of the events of each file; of the second twice as large, by powers of two."""

    def change(number: int, columns: dict[str, Any]) -> None:
        sequence = np.resize(np.array(values, np.float32), N)
        columns["genWeight"] = sequence * np.float32(2**number)

    return change


def test_generator_weights_that_sum_to_zero(end: End, rewrite: Make) -> None:
    rewrite(weights_of(1.0, -1.0))
    end().refused("sum of weights of Sig (2017) is 0.0", "no scale1fb exists")


def test_generator_weights_that_sum_to_less_than_zero(half: Lab, end: End, rewrite: Make) -> None:
    rewrite(weights_of(1.0, -2.0))
    end().refused("Sig (2017)", "negative_denominator: true")
    half.sig["negative_denominator"] = True
    end().whole()
    total = half.read("scale1fb", "Sig", "2017", "scale1fb.json")["denominator"]["value"]
    assert total == -N / 2 * 3


def test_event_numbers_up_to_the_largest(half: Lab, end: End, rewrite: Make) -> None:
    """They are 64 bits without a sign, and stay so."""

    def change(number: int, columns: dict[str, Any]) -> None:
        last = np.uint64(2**64 - 1 - N * number)
        columns["event"] = last - np.arange(N, dtype=np.uint64)
        columns["mass"][:] = 120.0

    rewrite(change)
    end().whole()
    found = sorted(half.table()["event"].to_pylist())
    assert found == list(range(2**64 - 2 * N, 2**64))


def correction(folder: Path, flow: str) -> dict[str, Any]:
    """A weight from a file whose bins end at 50 GeV."""
    node = {
        "nodetype": "binning",
        "input": "met",
        "edges": [0.0, 25.0, 50.0],
        "content": [1.1, 0.9],
    }
    content = {
        "schema_version": 2,
        "corrections": [
            {
                "name": "sf", "version": 1, "inputs": [{"name": "met", "type": "real"}],
                "output": {"name": "sf", "type": "real"}, "data": {**node, "flow": flow},
            }
        ],
    }  # fmt: skip
    path = folder / f"sf_{flow}.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    said = {"file": str(path), "name": "sf", "inputs": {"met": "MET_pt"}}
    return {"method": "correctionlib", "modify_central_weight": True, "correction": said}


def test_correction_outside_its_bins_that_takes_the_nearest(half: Lab, end: End) -> None:
    """As its file says; how often is counted before any cut and told."""
    half.content["systematics"]["weights"]["met_sf"] = correction(half.folder, "clamp")
    assert half.run()
    end().whole()
    n = 0
    for path in half.own_paths():
        with uproot.open(path) as file:
            n += int((file["Events"]["MET_pt"].array(library="np") >= 50).sum())
    assert n > 0
    sums = half.read("jobs", "Sig", "2017", "jobs.json")["factor_sums"]
    assert sums["clamped:met_sf:met"] == n
    findings = json.dumps(half.read("summary", "summary.json")["findings"])
    assert "met_sf" in findings
    assert "outside" in findings


def test_correction_outside_its_bins_that_refuses(half: Lab, end: End) -> None:
    half.content["systematics"]["weights"]["met_sf"] = correction(half.folder, "error")
    end().refused("'met_sf'", "met")


def test_golden_json_of_another_year(lab: Lab, end: End) -> None:
    (lab.folder / "golden.json").write_text(json.dumps({"273158": [[1, 9]]}), encoding="utf-8")
    lab.content["samples"]["years"]["2017"]["golden_json"] = str(lab.folder / "golden.json")
    end(sample="Data").refused("Data (2017)", "golden.json")
