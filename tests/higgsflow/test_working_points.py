"""Weights at a working point are the likelihood ratio of what was tagged, worked out by a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
from hand_made import HADRONIC, JET, NO_TAG, model, run, systematics
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.digests import products
from higgsflow.errors import WeightError
from higgsflow.events.plain import plain
from higgsflow.model.systematic import Systematics, WeightSystematic
from higgsflow.plan import make_plan
from higgsflow.weight_columns import input_columns, target_columns
from higgsflow.weights import evaluate
from tests.correction_file import write_correction

if TYPE_CHECKING:
    from pathlib import Path

EDGES = [20.0, 50.0, 1000.0]
FACTORS = {"central": [0.9, 1.1], "up": [1.0, 1.3], "down": [0.8, 0.9]}
EFFICIENCIES = {0: [0.01, 0.02], 5: [0.6, 0.75]}
THRESHOLD = 0.3


def binned(content: list[float]) -> dict[str, Any]:
    kind = {"nodetype": "binning", "input": "pt", "flow": "clamp"}
    return {**kind, "edges": EDGES, "content": content}


def by(name: str, values: dict[Any, list[float]]) -> dict[str, Any]:
    content = [{"key": key, "value": binned(of)} for key, of in values.items()]
    return {"nodetype": "category", "input": name, "content": content}


def efficiency_file(folder: Path, efficiencies: dict[int, list[float]]) -> str:
    data = by("flavour", efficiencies)
    write_correction(folder / "S.json", {"flavour": "int", "pt": "real"}, data)
    return str(folder / "{sample}.json")


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("b_tags")
    inputs = {"systematic": "string", "pt": "real"}
    return {
        "type": "object",
        "method": "correctionlib",
        "input_collection": "Jet",
        "modify_central_weight": True,
        "correction": {
            "file": write_correction(folder / "factors.json", inputs, by("systematic", FACTORS)),
            "name": "medium",
            "inputs": {"systematic": {"variation": True}, "pt": "pt"},
            "variations": {"central": "central", "up": "up", "down": "down"},
        },
        "working_point": {
            "column": "btagDeepFlavB",
            "threshold": {"2017": THRESHOLD},
            "efficiency": {
                "file": efficiency_file(folder, EFFICIENCIES),
                "name": "medium",
                "inputs": {"flavour": "hadronFlavour", "pt": "pt"},
            },
        },
    }


def with_map(content: dict[str, Any], folder: Path, efficiencies: Any) -> dict[str, Any]:
    point = content["working_point"]
    own = {**point["efficiency"], "file": efficiency_file(folder, efficiencies)}
    return {**content, "working_point": {**point, "efficiency": own}}


def weight_of(content: dict[str, Any]) -> WeightSystematic:
    known = Systematics.model_validate({"weights": {"b_tag": content}})
    return known.of("S", "2017").weights["b_tag"]


def events_of(jets: list[list[tuple[float, float, int]]]) -> Any:
    """Of each jet pt, score and flavour."""
    names = ("pt", "btagDeepFlavB", "hadronFlavour")
    # the last event gives the types, and is taken off again
    records = [
        [dict(zip(names, jet, strict=True)) for jet in of] for of in [*jets, [(1.0, 1.0, 1)]]
    ]
    made = [{"run": 1, "luminosityBlock": 1, "event": i, "Jet": of} for i, of in enumerate(records)]
    return ak.Array(made)[:-1]


def expected(jets: list[tuple[float, float, int]], direction: str) -> float:
    data = simulation = 1.0
    for pt, score, flavour in jets:
        i = 0 if pt < EDGES[1] else 1
        efficiency, factor = EFFICIENCIES[flavour][i], FACTORS[direction][i]
        passes = score >= THRESHOLD
        data *= factor * efficiency if passes else 1 - factor * efficiency
        simulation *= efficiency if passes else 1 - efficiency
    return data / simulation


jet = st.tuples(
    st.floats(20, 2000), st.sampled_from([0.0, 0.29, THRESHOLD, 0.9]), st.sampled_from([0, 5])
)


@given(st.lists(st.lists(jet, max_size=4), max_size=5))
def test_weight_is_how_much_likelier_data_are_tagged_so(content: dict[str, Any], jets: Any) -> None:
    weight = weight_of(content)
    for events in (events_of(jets), plain(events_of(jets))):
        found = evaluate(weight, events)
        assert found.central is not None
        for direction, values in {"central": found.central, **found.directions}.items():
            loop = [expected(event, direction) for event in jets]
            np.testing.assert_allclose(values, loop, rtol=1e-12)


def test_columns_of_both_files_and_of_the_cut_are_read(content: dict[str, Any]) -> None:
    names = ("pt", "hadronFlavour", "btagDeepFlavB")
    assert input_columns(weight_of(content)) == tuple(f"Jet_{name}" for name in names)
    assert target_columns(weight_of(content), "Good") == tuple(f"Good_{name}" for name in names)


def scaled(events: Any, direction: str) -> Any:
    return events.Jet.pt * (1.1 if direction == "up" else 0.9)


def test_jets_that_taggers_select_are_those_that_count(content: dict[str, Any]) -> None:
    """Under a variation, too, which changes which are selected and what they get."""
    jets = [
        {**JET, "pt": 49.0},
        {**JET, "phi": 2.0, "pt": 60.0},
        {**JET, "eta": -1.0, "phi": -1.0, "pt": 60.0},
        {**JET, "eta": -1.0, "phi": 1.2, "pt": 60.0},
        {**JET, "phi": 1.2, "pt": 26.0, "btagDeepFlavB": 0.1},
    ]
    scale = {
        "method": "from_function",
        "function": f"{__name__}:scaled",
        "branch_modified": "Jet_pt",
    }
    point = content["working_point"]
    of_b_jets = {**point["efficiency"], "inputs": {"flavour": 5, "pt": "pt"}}
    point = {**point, "efficiency": of_b_jets}
    weight = {**content, "target_collections": "SelectedJet", "working_point": point}
    # the last one is the only one that is not tagged, and is not selected when shifted down
    fails = [(1 - sf * 0.6) / (1 - 0.6) for sf in (0.9, 1.0)]
    tables = run(
        {**HADRONIC, "Jet": jets}, NO_TAG, systematics=systematics({"jets": scale}, b_tag=weight)
    ).tables
    found = {name: table["weight_central"].tolist() for name, table in tables.items()}
    assert found["nominal"] == pytest.approx([0.9 * 1.1**3 * fails[0]])
    assert found["jets_up"] == pytest.approx([1.1**4 * fails[0]])
    assert found["jets_down"] == pytest.approx([0.9 * 1.1**3])
    assert tables["nominal"]["weight_b_tag_up"] == pytest.approx([1.0 * 1.3**3 * fails[1]])


def test_another_map_makes_jobs_run_again(content: dict[str, Any], tmp_path: Path) -> None:
    """By its content, not by where it lies."""

    def made_of(weight: dict[str, Any]) -> Any:
        analysis = model(systematics=systematics(b_tag=weight))
        return products(make_plan(analysis, analysis.samples.pairs[0]))

    first = made_of(content)
    assert made_of(with_map(content, tmp_path, EFFICIENCIES)) == first
    assert made_of(with_map(content, tmp_path, {**EFFICIENCIES, 0: [0.01, 0.03]})) != first


@pytest.mark.parametrize(
    ("efficiencies", "told"),
    [
        ({5: [60.0, 75.0]}, "the efficiency of 'b_tag' is from 60 to 60"),
        ({5: [-0.1, 0.5]}, "the efficiency of 'b_tag' is from -0.1 to -0.1"),
        ({5: [1.0, 1.0]}, "'b_tag' central is inf for event 1:1:0"),
        ({0: [0.1, 0.2]}, "'efficiency of b_tag' central cannot be evaluated"),
    ],
)
def test_what_is_no_efficiency_is_told(
    content: dict[str, Any], tmp_path: Path, efficiencies: Any, told: str
) -> None:
    weight = weight_of(with_map(content, tmp_path, efficiencies))
    with pytest.raises(WeightError) as error:
        evaluate(weight, events_of([[(30.0, 0.1, 5)]]))
    assert told in str(error.value)
    assert len(str(error.value).splitlines()) <= 3
