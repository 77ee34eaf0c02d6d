"""Against an evaluation of the same JSON in plain Python, one value at a time."""

from __future__ import annotations

import bisect
import json
import math
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.corrections.evaluate import Source, count_clamped, evaluate
from higgsflow.demo.corrections import correction_files
from higgsflow.errors import WeightError
from higgsflow.model.correction import Correction

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(1)
N = 200
COUNTS = RNG.integers(0, 4, N)
JETS = {
    "pt": ak.unflatten(RNG.uniform(5, 1500, COUNTS.sum()), COUNTS),
    "eta": ak.unflatten(RNG.uniform(-5.5, 5.5, COUNTS.sum()), COUNTS),
    "btagDeepFlavB": ak.unflatten(RNG.uniform(0, 1, COUNTS.sum()), COUNTS),
}
EVENTS = ak.zip(
    {
        "Jet": ak.zip(JETS, depth_limit=2),
        "Pileup_nTrueInt": RNG.uniform(0, 90, N),
        "lead_pt": RNG.uniform(20, 600, N),
        "lead_eta": RNG.uniform(-2.5, 2.5, N),
    },
    depth_limit=1,
)
ABS_ETA = {"column": "Jet_eta", "transform": "abs"}
SYSTEMATIC = {"systematic": {"variation": True}}
OF_FILE = {"central": "nominal", "up": "up", "down": "down"}


def plain(node: Any, inputs: dict[str, Any]) -> float:
    """The value of a correction's data, by the words of its schema."""
    if isinstance(node, float | int):
        return float(node)
    if node["nodetype"] == "category":
        (found,) = [c["value"] for c in node["content"] if c["key"] == inputs[node["input"]]]
        return plain(found, inputs)
    if node["nodetype"] == "formula":
        a, b = node["parameters"]
        return math.sqrt(a * a / inputs["pt"] + b * b)
    single = node["nodetype"] == "binning"
    names = [node["input"]] if single else node["inputs"]
    position = 0
    for name, edges in zip(names, [node["edges"]] if single else node["edges"], strict=True):
        last = len(edges) - 2
        at = min(max(bisect.bisect_right(edges, inputs[name]) - 1, 0), last)
        position = position * (last + 1) + at
    return plain(node["content"][position], inputs)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corrections")
    for name, content in correction_files().items():
        (folder / name).write_text(content)
    return folder


def correction(folder: Path, file: str, name: str, inputs: Any, variations: Any) -> Correction:
    return Correction.model_validate(
        {"file": str(folder / file), "name": name, "inputs": inputs, "variations": variations}
    )


def data_of(folder: Path, file: str, name: str) -> Any:
    content = json.loads((folder / file).read_text())
    return next(c["data"] for c in content["corrections"] if c["name"] == name)


@pytest.mark.parametrize("direction", ["central", "up", "down"])
def test_of_an_event(folder: Path, direction: str) -> None:
    inputs = {"year": {"by_year": {"2017": "2017"}}, "n_true": "Pileup_nTrueInt", **SYSTEMATIC}
    asked = correction(folder, "pileup.json", "pileup", inputs, OF_FILE).settled("S", "2017")
    found = evaluate(asked, direction, Source(EVENTS), "pileup")
    data = data_of(folder, "pileup.json", "pileup")
    word = {"year": "2017", "systematic": OF_FILE[direction]}
    expected = [plain(data, {**word, "n_true": n}) for n in EVENTS.Pileup_nTrueInt.tolist()]
    assert found.tolist() == expected


@pytest.mark.parametrize("name", ["pfRelIso03_all", "Muon_pfRelIso03_all"])
def test_field_with_an_underscore(folder: Path, name: str) -> None:
    muons = {"pt": JETS["pt"], "pfRelIso03_all": JETS["btagDeepFlavB"]}
    events = ak.with_field(EVENTS, ak.zip(muons, depth_limit=2), "Muon")
    inputs = {"systematic": {"value": "nominal"}, "score": name, "pt": "pt"}
    asked = correction(folder, "jets.json", "b_tag_shape", inputs, {})
    found = evaluate(asked, "central", Source(events, "Muon", "Muon"), "m")
    inputs["score"] = "btagDeepFlavB"
    same = correction(folder, "jets.json", "b_tag_shape", inputs, {})
    assert found.tolist() == evaluate(same, "central", Source(EVENTS, "Jet", "Jet"), "j").tolist()


def test_objects_with_columns_of_their_event(folder: Path) -> None:
    inputs = {name: {"event_column": f"lead_{name}"} for name in ("eta", "pt")}
    asked = correction(folder, "jets.json", "scale_uncertainty", inputs, {})
    found = evaluate(asked, "central", Source(EVENTS, "Jet", "Jet"), "s")
    data = data_of(folder, "jets.json", "scale_uncertainty")
    assert found.tolist() == [
        [plain(data, {"eta": event["lead_eta"], "pt": event["lead_pt"]})] * len(event["Jet"])
        for event in EVENTS.tolist()
    ]


def test_column_as_it_is_and_its_absolute_value(folder: Path) -> None:
    inputs = {"eta": "lead_eta", "pt": {"column": "lead_eta", "transform": "abs"}}
    asked = correction(folder, "jets.json", "scale_uncertainty", inputs, {})
    wide = ak.with_field(EVENTS, 100 * EVENTS.lead_eta, "lead_eta")
    found = evaluate(asked, "central", Source(wide), "s")
    data = data_of(folder, "jets.json", "scale_uncertainty")
    expected = [plain(data, {"eta": eta, "pt": abs(eta)}) for eta in wide.lead_eta.tolist()]
    assert found.tolist() == expected


@pytest.mark.parametrize("direction", ["central", "up", "down"])
def test_of_every_object(folder: Path, direction: str) -> None:
    inputs = {**SYSTEMATIC, "score": "Jet_btagDeepFlavB", "pt": "pt"}
    asked = correction(folder, "jets.json", "b_tag_shape", inputs, OF_FILE)
    found = evaluate(asked, direction, Source(EVENTS, "Jet", "Jet"), "b_tag")
    data = data_of(folder, "jets.json", "b_tag_shape")
    expected = [
        [
            plain(
                data,
                {"systematic": OF_FILE[direction], "score": j["btagDeepFlavB"], "pt": j["pt"]},
            )
            for j in jets
        ]
        for jets in EVENTS.Jet.tolist()
    ]
    assert found.tolist() == expected


def test_of_a_formula(folder: Path) -> None:
    asked = correction(folder, "jets.json", "resolution", {"pt": "Jet_pt"}, {})
    found = evaluate(asked, "central", Source(EVENTS, "Jet", "Jet"), "resolution")
    data = data_of(folder, "jets.json", "resolution")
    expected = [plain(data, {"pt": pt}) for pt in ak.flatten(EVENTS.Jet.pt).tolist()]
    assert ak.flatten(found).tolist() == pytest.approx(expected, rel=1e-14)


def test_of_one_object_of_the_event(folder: Path) -> None:
    inputs = {**SYSTEMATIC, "eta": {"column": "Photon_eta", "transform": "abs"}, "pt": "pt"}
    asked = correction(folder, "photons.json", "id", inputs, OF_FILE)
    found = evaluate(asked, "up", Source(EVENTS, None, "Photon", one="lead"), "id")
    data = data_of(folder, "photons.json", "id")
    rows = zip(EVENTS.lead_eta.tolist(), EVENTS.lead_pt.tolist(), strict=True)
    expected = [plain(data, {"systematic": "up", "eta": abs(eta), "pt": pt}) for eta, pt in rows]
    assert found.tolist() == expected


def test_column_of_the_event_for_each_object(tmp_path: Path) -> None:
    asked = formula(tmp_path, {"a": "Jet_pt", "b": {"event_column": "Pileup_nTrueInt"}})
    found = evaluate(asked, "central", Source(EVENTS, "Jet", "Jet"), "s")
    expected = EVENTS.Jet.pt + EVENTS.Pileup_nTrueInt
    assert ak.flatten(found).tolist() == pytest.approx(ak.flatten(expected).tolist())


def test_values_outside_of_the_bins_are_counted(folder: Path) -> None:
    inputs = {**SYSTEMATIC, "eta": ABS_ETA}
    asked = correction(folder, "jets.json", "resolution_factor", inputs, OF_FILE)
    found = count_clamped(asked, "up", Source(EVENTS, "Jet", "Jet"), "jer")
    assert found == {"eta": sum(abs(eta) >= 5.0 for eta in ak.flatten(EVENTS.Jet.eta))}
    assert found["eta"] > 0


def test_lower_edge_is_inside_and_upper_edge_outside(folder: Path) -> None:
    inputs = {**SYSTEMATIC, "eta": "eta"}
    asked = correction(folder, "jets.json", "resolution_factor", inputs, OF_FILE)
    edges = ak.Array({"eta": [0.0, 5.0, 2.5]})
    assert count_clamped(asked, "up", Source(edges), "jer") == {"eta": 1}
    edges = ak.Array({"eta": [0.0, 2.5]})
    assert count_clamped(asked, "up", Source(edges), "jer") == {"eta": 0}


def formula(folder: Path, inputs: dict[str, Any], data: Any = None, kind: str = "real") -> Any:
    names = list(inputs)
    expression = {"nodetype": "formula", "expression": "x+y", "parser": "TFormula"}
    content = {
        "schema_version": 2,
        "corrections": [
            {
                "name": "c",
                "version": 1,
                "inputs": [{"name": name, "type": kind} for name in names],
                "output": {"name": "o", "type": "real"},
                "data": data or {**expression, "variables": names},
            }
        ],
    }
    (folder / "c.json").write_text(json.dumps(content))
    return correction(folder, "c.json", "c", inputs, {})


def binned(flow: Any) -> dict[str, Any]:
    node = {"nodetype": "binning", "input": "a", "edges": [0.0, 1.0, 2.0], "content": [5.0, 6.0]}
    return {**node, "flow": flow}


def test_the_rule_of_the_file_is_kept_outside_its_bins(tmp_path: Path) -> None:
    events = ak.Array({"w": [-1.0, 0.5, 3.0]})
    for flow, expected in (("clamp", [5.0, 5.0, 6.0]), (9.0, [9.0, 5.0, 9.0])):
        asked = formula(tmp_path, {"a": "w"}, binned(flow))
        assert evaluate(asked, "central", Source(events), "s").tolist() == expected


def test_file_that_refuses_names_source_inputs_and_reason(tmp_path: Path) -> None:
    asked = formula(tmp_path, {"a": "w"}, binned("error"))
    with pytest.raises(WeightError) as caught:
        evaluate(asked, "central", Source(ak.Array({"w": [-1.0, 0.5, 3.0]})), "sf")
    lines = str(caught.value).splitlines()
    assert lines[0] == "'sf' central cannot be evaluated"
    assert lines[1].strip() == "a from -1 to 3"
    assert len(lines) == 3


def test_input_that_is_not_a_number_gives_none(tmp_path: Path) -> None:
    asked = formula(tmp_path, {"a": "w"}, binned("error"))
    found = evaluate(asked, "central", Source(ak.Array({"w": [math.nan, 0.5, math.inf]})), "s")
    assert np.isnan(found).tolist() == [True, False, True]


def test_corrections_that_share_a_source_each_have_their_own_inputs(tmp_path: Path) -> None:
    """As the resolution of jets and its scale factor: of the one an input may not be a number."""
    source = Source(ak.Array({"w": [0.5, 1.5], "v": [1.5, math.nan]}))
    for column, expected in (("w", [5.0, 6.0]), ("v", [6.0, math.nan]), ("w", [5.0, 6.0])):
        asked = formula(tmp_path, {"a": column}, binned("error"))
        found = evaluate(asked, "central", source, "s")
        np.testing.assert_array_equal(found, expected)


def test_whole_numbers_for_an_input_of_them(tmp_path: Path) -> None:
    items = [{"key": 4, "value": 1.5}, {"key": 5, "value": 2.5}]
    data = {"nodetype": "category", "input": "a", "content": items}
    asked = formula(tmp_path, {"a": "flavour"}, data, kind="int")
    found = evaluate(asked, "central", Source(ak.Array({"flavour": [5, 4, 5]})), "s")
    assert found.tolist() == [2.5, 1.5, 2.5]


@pytest.mark.parametrize("objects", [None, "Jet"])
def test_no_events_give_no_values(folder: Path, objects: str | None) -> None:
    asked = correction(folder, "jets.json", "resolution", {"pt": "Jet_pt"}, {})
    events = ak.with_field(EVENTS, EVENTS.lead_pt, "Jet_pt")[:0]
    assert len(evaluate(asked, "central", Source(events, objects, objects), "s")) == 0


def test_compound_correction_is_what_its_parts_are(tmp_path: Path) -> None:
    asked = formula(tmp_path, {"a": "w"}, binned("clamp"))
    content = json.loads((tmp_path / "c.json").read_text())
    only = content["corrections"][0]
    compound = {"name": "both", "inputs": only["inputs"], "output": only["output"]}
    compound |= {"inputs_update": [], "input_op": "*", "output_op": "*", "stack": ["c", "c"]}
    content["compound_corrections"] = [compound]
    (tmp_path / "c.json").write_text(json.dumps(content))
    asked = asked.model_copy(update={"name": "both"})
    assert evaluate(asked, "central", Source(ak.Array({"w": [0.5, 1.5]})), "s").tolist() == [25, 36]
