"""Whose numbers a systematic takes: those of events, or of their objects."""

from __future__ import annotations

from typing import Any

import pytest

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.systematic import (
    IndependentCollection,
    NominalCorrection,
    WeightSystematic,
)
from higgsflow.source_kinds import check_source

TYPES = {
    **dict.fromkeys(("Jet_pt", "Jet_eta", "Jet_genJetIdx", "Photon_pt", "GenJet_pt"), "float[]"),
    "LHEScaleWeight": "std::vector<float>",
    **dict.fromkeys(("MET_pt", "MET_phi", "rho", "w", "w_up"), "float"),
}
RESOLUTION: dict[str, Any] = {
    "branch_modified": "Jet_pt",
    "method": "correctionlib",
    "mode": "resolution",
    "scale_factor": {"file": "no.json", "name": "s", "inputs": {"eta": "Jet_eta"}},
    "gen": {},
}


def asked(**inputs: Any) -> dict[str, Any]:
    return {
        "method": "correctionlib",
        "correction": {
            "file": "no.json",
            "name": "c",
            "inputs": inputs,
            "variations": {"central": "c", "up": "u"},
        },
    }


def shift(**content: Any) -> IndependentCollection:
    return IndependentCollection.model_validate({"name": "s", **content})


def weight(**content: Any) -> WeightSystematic:
    return WeightSystematic.model_validate({"name": "s", **content})


RHO = {"event_column": "rho"}
FITTING = [
    shift(branch_modified="Jet_pt", **asked(pt="Jet_pt", eta="Jet_eta", rho=RHO)),
    shift(branch_modified="MET_pt", **asked(phi="MET_phi", rho="rho")),
    shift(branch_modified="Jet_pt", branches={"up": "GenJet_pt"}),
    shift(branch_modified="MET_pt", branches={"up": "w_up"}),
    shift(branch_modified="Jet_pt", met={}, **asked(pt="Jet_pt")),
    NominalCorrection.model_validate({"name": "s", **asked(pt="Jet_pt"), **RESOLUTION}),
    weight(branches={"up": "w_up"}),
    weight(**asked(pt="MET_pt", of_a_tagger="m_gg")),
    weight(type="object", input_collection="Jet", **asked(pt="pt", rho=RHO)),
    weight(type="object", input_collection="Jet", branches={"up": "eta"}),
    weight(vector={"branch": "LHEScaleWeight", "length": 9}),
    weight(branches={"up": "w_up"}, preserve={"column": "rho", "edges": [0, 1]}),
]


@pytest.mark.parametrize("source", FITTING)
def test_numbers_that_fit_are_taken(source: Any) -> None:
    check_source(source, TYPES, "f.root")


EVENT, OBJECT = "needs one number per event", "needs one per object of Jet"
WRONG = [
    (shift(branch_modified="Jet_pt", **asked(pt="Photon_pt")), "Photon_pt", OBJECT),
    (shift(branch_modified="Jet_pt", **asked(rho="rho")), "rho", OBJECT),
    (shift(branch_modified="MET_pt", **asked(pt="Jet_pt")), "Jet_pt", EVENT),
    (shift(branch_modified="Jet_pt", **asked(pt={"event_column": "Jet_pt"})), "Jet_pt", EVENT),
    (shift(branch_modified="Jet_pt", branches={"up": "w_up"}), "w_up", "needs one per object"),
    (shift(branch_modified="MET_pt", branches={"up": "Jet_pt"}), "Jet_pt", EVENT),
    (
        shift(branch_modified="MET_pt", met={"collection": "PuppiMET"}, branches={"up": "w_up"}),
        "MET_pt",
        "needs one per object",
    ),
    (
        NominalCorrection.model_validate(
            {"name": "s", **asked(pt="Photon_pt"), **RESOLUTION, "branch_modified": "Photon_pt"}
        ),
        "Jet_eta",
        "needs one per object of Photon",
    ),
    (weight(branches={"up": "Jet_pt"}), "Jet_pt", EVENT),
    (weight(**asked(pt="Jet_pt")), "Jet_pt", EVENT),
    (weight(type="object", input_collection="MET", **asked(pt="pt")), "MET_pt", "per object"),
    (weight(vector={"branch": "w", "length": 9}), "w", "needs one per object"),
    (
        weight(branches={"up": "w_up"}, preserve={"column": "Jet_pt", "edges": [0, 1]}),
        "Jet_pt",
        EVENT,
    ),
]


@pytest.mark.parametrize(("source", "column", "needs"), WRONG)
def test_numbers_of_something_else_are_told(source: Any, column: str, needs: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        check_source(source, TYPES, "f.root")
    what, where, remedy = str(caught.value).split("\n  ")
    assert what.startswith(f"'{column}' has one ")
    assert needs in what
    assert where == "in f.root"
    assert remedy


def test_nothing_is_said_of_types_that_are_not_known() -> None:
    types = {"Jet_pt": "float[]", "x": "std::map<int, float>", "y": "char*"}
    for name in ("x", "y", "z"):
        check_source(shift(branch_modified="Jet_pt", **asked(pt=name)), types, "f.root")


def test_what_is_of_the_event_can_be_said() -> None:
    with pytest.raises(InvalidConfiguration, match=r"say `\{event_column: rho\}` if that is meant"):
        check_source(shift(branch_modified="Jet_pt", **asked(rho="rho")), TYPES, "f.root")
    with pytest.raises(InvalidConfiguration, match="or say `type: object`"):
        check_source(weight(branches={"up": "Jet_pt"}), TYPES, "f.root")
