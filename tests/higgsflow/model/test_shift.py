from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from higgsflow.model.shift import IndependentCollection, NominalCorrection
from higgsflow.model.systematic import Systematics

FILE = {"file": "a.json", "name": "c", "inputs": {"pt": "Jet_pt"}}
OF_FILE = {"method": "correctionlib", "branch_modified": ["Jet_pt", "Jet_mass"]}
UP_DOWN = {**FILE, "variations": {"up": 1, "down": -1}}
BY_NAME = {**FILE, "variations": {"up": "a", "down": "b"}}


def collection(**content: Any) -> IndependentCollection:
    return IndependentCollection.model_validate({"name": "s", **OF_FILE, **content})


def nominal(**content: Any) -> NominalCorrection:
    return NominalCorrection.model_validate({"name": "s", **OF_FILE, "correction": FILE, **content})


def test_directions_are_those_of_the_file() -> None:
    assert collection(mode="uncertainty", correction=UP_DOWN).variations == ("s_up", "s_down")


def test_missing_momentum_is_changed_too() -> None:
    found = collection(mode="uncertainty", correction=UP_DOWN, met={})
    assert found.changes == ("Jet_pt", "Jet_mass", "MET_pt", "MET_phi")


def test_the_name_of_missing_momentum_stands_for_all_that_is_said_of_it() -> None:
    found = collection(mode="uncertainty", correction=UP_DOWN, met="PuppiMET")
    assert found.changes == ("Jet_pt", "Jet_mass", "PuppiMET_pt", "PuppiMET_phi")


def test_what_is_no_name_of_missing_momentum_is_told_with_the_keys_that_it_has() -> None:
    with pytest.raises(ValidationError, match=r"\(it is true\), such as collection, pt_min"):
        collection(mode="uncertainty", correction=UP_DOWN, met=True)


def test_directions_of_a_resolution_are_those_of_its_factor() -> None:
    factor = {**FILE, "inputs": {}, "variations": {"central": "c", "worse": "d"}}
    found = nominal(mode="resolution", scale_factor=factor)
    assert found.directions == ("worse",)
    assert len(found.corrections) == 2


@pytest.mark.parametrize("mode", ["smear", "resolution"])
def test_draws_have_a_seed(mode: str) -> None:
    factor = {**FILE, "inputs": {}} if mode == "resolution" else None
    assert nominal(mode=mode, scale_factor=factor, seed=3).seed == 3


def test_other_direction_of_a_correction() -> None:
    content = {"name": "s", "method": "from_correction", "branch_modified": "Jet_pt"}
    found = IndependentCollection.model_validate(content)
    assert (found.of_correction, found.directions) == ("s", ("up", "down"))
    assert collection(correction=UP_DOWN, mode="uncertainty").of_correction == ""


def test_corrections_are_of_data_or_of_simulation() -> None:
    assert (nominal().acts_on(True), nominal().acts_on(False)) == (True, True)
    assert not nominal(applies_to="data").acts_on(False)


def test_corrections_keep_their_order_and_are_all_that_data_have() -> None:
    entries = {n: {**OF_FILE, "correction": FILE} for n in ("z", "a")}
    entries["m"] = {**OF_FILE, "correction": FILE, "applies_to": ["simulation"]}
    both = Systematics.model_validate(
        {"corrections": entries, "weights": {"w": {"branches": {"up": "u"}}}}
    )
    assert list(both.of("S", "2017").corrections) == ["z", "a", "m"]
    of_data = both.of("S", "2017", is_data=True)
    assert (list(of_data.corrections), of_data.weights) == (["z", "a"], {})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"correction": BY_NAME, "branch_modified": ["Jet_pt", "MET_pt"]}, "several collections"),
        ({"correction": BY_NAME, "branch_modified": "Jet_eta", "met": {}}, "changes no pt"),
        # pt times an uncertainty would be a hundredth of it
        ({"correction": UP_DOWN}, "for mode: uncertainty"),
        (
            {"correction": {**FILE, "variations": {"up": "a"}}, "mode": "uncertainty"},
            "numbers of uncertainties",
        ),
        ({"correction": BY_NAME, "mode": "resolution"}, "a scale_factor go together"),
        ({"correction": FILE}, "no direction other than"),
        (
            {"method": "from_function", "function": "m:f", "directions": ["central", "up"]},
            "what is central belongs to `corrections`",
        ),
        (
            {"method": "from_function", "function": "m:f", "branch_modified": []},
            "at least 1 item",
        ),
        ({"correction": BY_NAME, "gen": {}}, "are for mode: resolution"),
        (
            {"method": "from_function", "function": "m:f", "seed": 3},
            r"draws nothing with its seed: hand it on to the function, kwargs: \{seed: 3\}",
        ),
        ({"method": "from_correction", "seed": 3}, "the draws are those of the correction"),
        ({"correction": BY_NAME, "seed": 3}, "it is for mode: smear or resolution"),
    ],
)
def test_what_is_no_shift(content: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        collection(**content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"mode": "uncertainty"}, "an uncertainty is no correction"),
        ({"undo": True}, "say already_in"),
        (
            {"method": "from_function", "correction": None, "function": "m:f", "seed": 3},
            "draws nothing with its seed: hand it on to the function",
        ),
        ({"correction": {**FILE, "variations": {"up": "b"}}}, "no central variation"),
        (
            {"method": "from_branch", "correction": None, "branches": {"up": ["a", "b"]}},
            "no central branch",
        ),
    ],
)
def test_what_is_no_correction(content: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        nominal(**content)
