"""Efficiency maps are made, and looked up, as docs/b_tagging.md says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import correctionlib
import numpy as np
import pytest
import uproot
import yaml

from tests.correction_file import write_correction
from tests.documented import blocks

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab

SELECT = """

@tagger(
    reads=["Jet_pt", "Jet_eta", "Jet_hadronFlavour", "Jet_btagDeepFlavB"],
    adds={"n_jets": "int16", "SelectedJet": "collection"},
)
def select(events):
    jets = events.Jet[(events.Jet.pt > 25) & (abs(events.Jet.eta) < 2.4)]
    return ak.num(jets.pt) > 0, {"n_jets": ak.num(jets.pt), "SelectedJet": jets}
"""
FACTORS = {"central": 0.9, "up": 1.05, "down": 0.8}
PASSES = {0: 0.1, 4: 0.3, 5: 0.7}


def write_jets(path: Path, seed: int, n: int = 400) -> ak.Array:
    """Jets that are tagged as often as their flavour says; what was written."""
    random = np.random.default_rng(seed)
    counts = random.integers(0, 5, n)
    flavour = random.choice(list(PASSES), counts.sum())
    passes = random.random(len(flavour)) < [PASSES[f] for f in flavour.tolist()]
    jets = {
        "pt": random.uniform(15, 300, len(flavour)).astype(np.float32),
        "eta": random.uniform(-3, 3, len(flavour)).astype(np.float32),
        "hadronFlavour": flavour.astype(np.int32),
        "btagDeepFlavB": np.where(passes, 0.9, 0.1).astype(np.float32),
    }
    events = {
        "run": np.ones(n, np.uint32),
        "luminosityBlock": np.ones(n, np.uint32),
        "event": np.arange(n, dtype=np.uint64),
        "genWeight": random.choice([1, 1, 1, -1], n).astype(np.float32),
        "Jet": ak.unflatten(ak.zip(jets), counts),
    }
    with uproot.recreate(path) as file:
        file.mktree(
            "Events", {name: ak.Array(values).type.content for name, values in events.items()}
        )
        file["Events"].extend(events)
    return events["Jet"]


def factors_file(folder: Path, factors: dict[str, float]) -> None:
    data = {
        "nodetype": "category",
        "input": "systematic",
        "content": [{"key": key, "value": value} for key, value in factors.items()],
    }
    kinds = {"systematic": "string", "flavour": "int", "pt": "real"}
    write_correction(folder / "b_tag_factors.json", kinds, data)


@pytest.fixture
def documented(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """An analysis of a sample with jets, and the taggers of the page."""
    every_jet, _, _ = blocks("b_tagging.md", "python")
    code = f"import awkward as ak\n{every_jet}{SELECT}"
    lab.taggers.with_name("my_jets.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(lab.folder)
    monkeypatch.syspath_prepend(str(lab.taggers.parent))
    lab.without_data()
    lab.content["systematics"] = {}
    path = lab.folder / "jets.root"
    lab.sig["files"]["2017"] = str(path)
    return lab


def test_a_map_is_made_and_used_as_documented(documented: Lab) -> None:
    lab, (_, make, write) = documented, blocks("b_tagging.md", "python")
    jets = write_jets(lab.folder / "jets.root", seed=3)
    lab.content |= {
        "tag_sequence": ["my_jets:every_jet"],
        "variables_of_interest": ["jet_pt", "jet_flavour", "jet_tagged"],
    }
    assert lab.run()
    exec(make + write.replace("store/jets/v1", str(lab.output())), {})
    name = "b_tag_efficiency_Sig_2017.json"
    found = correctionlib.CorrectionSet.from_file(str(lab.folder / name))["medium"]
    assert found.evaluate(5, 80.0) == pytest.approx(PASSES[5], abs=0.15)
    assert found.evaluate(0, 80.0) == pytest.approx(PASSES[0], abs=0.15)

    factors_file(lab.folder, FACTORS)
    (content,) = blocks("b_tagging.md", "yaml")
    lab.content |= yaml.safe_load(content)
    lab.content |= {"tag_sequence": ["my_jets:select"], "variables_of_interest": ["n_jets"]}
    lab.version = "v2"
    assert lab.run(version="v2")
    table = lab.table().to_pydict()
    for event, initial, central, up in zip(
        *(table[n] for n in ("event", "weight_central_initial", "weight_central")),
        table["weight_b_tag_up"],
        strict=True,
    ):
        of = jets[event]
        chosen = of[(of.pt > 25) & (abs(of.eta) < 2.4)].tolist()
        scale = lab.read("merged", "Sig", "2017", "nominal.json")["scale"]
        assert central == pytest.approx(initial * scale * loop(found, chosen, "central"))
        assert up == pytest.approx(loop(found, chosen, "up"))
    assert len(set(table["weight_central"])) > 50


def loop(efficiencies: Any, jets: list[dict[str, Any]], direction: str) -> float:
    weight, factor = 1.0, FACTORS[direction]
    for jet in jets:
        efficiency = efficiencies.evaluate(jet["hadronFlavour"], jet["pt"])
        is_tagged = jet["btagDeepFlavB"] >= 0.3040
        weight *= factor if is_tagged else (1 - factor * efficiency) / (1 - efficiency)
    return weight
