from __future__ import annotations

import gzip
import json
import math
import resource
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.corrections.files import check, clamped_ranges, evaluator
from higgsflow.demo.corrections import correction_files
from higgsflow.errors import UserError
from higgsflow.model.correction import Correction

if TYPE_CHECKING:
    from pathlib import Path

MUON = {"systematic": {"variation": True}, "eta": "eta", "pt": "pt"}
VARIATIONS = {"central": "nominal", "up": "up"}


def binning(flow: Any, edges: Any = (0.0, 1.0, 2.0), name: str = "x") -> dict[str, Any]:
    return {"nodetype": "binning", "input": name, "edges": edges, "content": [1.0, 2], "flow": flow}


@pytest.fixture
def muons(tmp_path: Path) -> Path:
    path = tmp_path / "muons.json"
    path.write_text(correction_files()["muons.json"])
    return path


def ask(path: Path, **changes: Any) -> Correction:
    content = {"file": str(path), "name": "id", "inputs": MUON, "variations": VARIATIONS}
    return Correction.model_validate(content | changes)


def message(correction: Correction) -> str:
    with pytest.raises(UserError) as caught:
        check(correction, ("up",), "muon_id")
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


def test_inputs_and_their_types_in_order(muons: Path) -> None:
    found = evaluator(ask(muons), "up", "muon_id")
    assert found.inputs == {"systematic": "string", "eta": "real", "pt": "real"}
    assert found.clamped == {"eta": (0.0, 2.4), "pt": (5.0, 200.0)}


def test_a_file_that_says_something_twice_is_refused(muons: Path) -> None:
    """correctionlib itself takes what comes first, and Python what comes last."""
    text = muons.read_text()
    muons.write_text(text.replace('"flow"', '"content": [], "flow"', 1))
    told = message(ask(muons))
    assert f"{muons} is no correctionlib file" in told
    assert "'content' is given twice" in told


def test_a_compressed_file_says_the_same(muons: Path) -> None:
    path = muons.with_name("muons.json.gz")
    path.write_bytes(gzip.compress(muons.read_bytes()))
    both = [evaluator(ask(p), "up", "m").evaluate("up", 1.0, 20.0) for p in (path, muons)]
    assert both[0] == both[1]


def test_changed_file_is_opened_again(muons: Path) -> None:
    before = evaluator(ask(muons), "up", "m").evaluate("nominal", 1.0, 20.0)
    content = json.loads(muons.read_text())
    content["corrections"][0]["data"] = 7.0
    muons.write_text(json.dumps(content))
    assert evaluator(ask(muons), "up", "m").evaluate("nominal", 1.0, 20.0) == 7.0 != before


def test_missing_file_is_named(tmp_path: Path) -> None:
    assert "cannot read" in message(ask(tmp_path / "no.json"))


def test_what_is_no_correction_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text("{}")
    assert f"{path} is no correctionlib file" in message(ask(path))


@pytest.mark.parametrize("damage", ["cut", "flipped", "of another length"])
def test_packed_file_that_is_damaged_is_said(muons: Path, damage: str) -> None:
    packed = bytearray(gzip.compress(muons.read_bytes()))
    if damage == "cut":
        del packed[len(packed) // 2 :]
    else:
        packed[20 if damage == "flipped" else -1] ^= 0xFF
    path = muons.with_suffix(".json.gz")
    path.write_bytes(packed)
    assert f"{path} is no correctionlib file" in message(ask(path))


def test_small_file_that_holds_more_than_memory_is_refused(tmp_path: Path) -> None:
    """A packed one of 1 GB; all of it would also be made a text, and read."""
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * (1 << 24)) * 64)
    assert path.stat().st_size < 2_000_000
    began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert f"{path} holds more than 500 MB" in message(ask(path))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began < 1_000_000  # kB


@pytest.mark.parametrize("edges", [(0.0, math.nan, 2.0), (0.0,)])
def test_bins_without_edges_are_refused(muons: Path, edges: tuple[float, ...]) -> None:
    """Correctionlib gives the value of some bin."""
    content = json.loads(muons.read_text())
    data = {**binning("clamp", edges), "input": "pt", "content": [1.0] * (len(edges) - 1)}
    content["corrections"][0]["data"] = data
    muons.write_text(json.dumps(content))
    assert "the bins of 'pt' have the edges" in message(ask(muons))


def test_unknown_correction_has_a_hint(muons: Path) -> None:
    assert "no correction 'idd'" in message(ask(muons, name="idd"))
    assert "Did you mean 'id'?" in message(ask(muons, name="idd"))


def test_unknown_input_has_a_hint(muons: Path) -> None:
    assert "Did you mean 'eta'?" in message(ask(muons, inputs={**MUON, "etaa": "eta"}))


def test_input_that_is_not_given_is_named(muons: Path) -> None:
    inputs = {name: given for name, given in MUON.items() if name != "pt"}
    assert "input 'pt' is not given" in message(ask(muons, inputs=inputs))


def test_column_for_a_word_is_refused(muons: Path) -> None:
    inputs = {**MUON, "systematic": "which"}
    text = message(ask(muons, inputs=inputs, variations={}))
    assert "input 'systematic' is a word" in text


@pytest.mark.parametrize(
    ("data", "ranges"),
    [
        (binning("clamp"), {"x": (0.0, 2.0)}),
        (binning("error"), {}),
        (binning(7.0), {}),
        (binning("clamp", {"n": 2, "low": -1, "high": 1}), {"x": (-1.0, 1.0)}),
        (binning("clamp", (0.0, 1.0, "inf")), {"x": (0.0, math.inf)}),
        (1.0, {}),
    ],
)
def test_range_that_clamps(data: Any, ranges: dict[str, Any]) -> None:
    assert clamped_ranges(data) == ranges


def test_no_range_where_categories_differ() -> None:
    items = [{"key": k, "value": binning("clamp", (0.0, 1.0, k))} for k in (2, 3)]
    assert clamped_ranges({"nodetype": "category", "input": "y", "content": items}) == {}


def test_no_range_of_an_input_that_is_transformed() -> None:
    node = {"nodetype": "transform", "input": "x", "rule": 1.0, "content": binning("clamp")}
    assert clamped_ranges(node) == {}
