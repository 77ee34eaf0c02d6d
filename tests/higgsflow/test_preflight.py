from __future__ import annotations

from typing import Any

import pytest

from higgsflow.errors import InvalidConfiguration, UnknownName, UserError
from higgsflow.model.shift import NominalCorrection
from higgsflow.model.systematic import Systematics, WeightSystematic
from higgsflow.preflight import (
    check_files,
    check_not_carried,
    check_one_object,
    check_systematics,
)

FILE = {"file": "no.json", "name": "c", "inputs": {"pt": "Photon_pt"}}
SMEARING = {
    "method": "from_function",
    "function": "m:f",
    "branch_modified": "Photon_pt",
    "directions": ["up"],
}
B_TAG = {
    "branches": {"central": "c", "up": "u"},
    "modify_central_weight": True,
    "preserve": {"column": "n", "edges": [0, 1]},
    "under": {"jes_up": "up"},
}


def message(*late: WeightSystematic, **content: Any) -> str:
    with pytest.raises(UserError) as caught:
        check_systematics(Systematics.model_validate(content), late)
    return str(caught.value)


def test_sums_before_any_cut_cannot_be_of_what_taggers_make() -> None:
    weight = WeightSystematic.model_validate({**B_TAG, "name": "b", "under": {}})
    assert "'b' keeps sums before any cut, but needs what taggers make" in message(weight)


def test_unknown_variation_of_the_events_has_a_hint() -> None:
    jes = {**SMEARING, "branch_modified": "Jet_pt"}
    text = message(weights={"b": B_TAG}, independent_collections={"jess": jes})
    assert "no variation 'jes_up' in under of 'b'. Did you mean 'jess_up'?" in text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"nominal_correction": "smear"}, "no correction 'smear'"),
        ({"directions": ["down"]}, "no direction 'down' in correction 'smearing'"),
        ({"branch_modified": "Photon_mass"}, "no column 'Photon_mass'"),
    ],
)
def test_other_direction_fits_its_correction(content: Any, expected: str) -> None:
    other = {**SMEARING, "method": "from_correction", "function": None, **content}
    text = message(corrections={"smearing": SMEARING}, independent_collections={"smearing": other})
    assert expected in text


def test_file_that_is_not_there_is_named() -> None:
    entry = {"method": "correctionlib", "correction": FILE, "branch_modified": "Photon_pt"}
    with pytest.raises(InvalidConfiguration, match=r"cannot read no\.json"):
        check_files(Systematics.model_validate({"corrections": {"c": entry}}))


def carried(**content: Any) -> NominalCorrection:
    entry = {**SMEARING, "name": "scale", "already_in": "Photon_eCorr", **content}
    return NominalCorrection.model_validate(entry)


def test_correction_that_the_input_carries_is_an_error_unless_undone() -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        check_not_carried(carried(), ["Photon_pt", "Photon_eCorr"], "f.root")
    assert "'scale' would be applied twice: f.root carries it" in str(caught.value)
    check_not_carried(carried(), ["Photon_pt"], "f.root")
    check_not_carried(carried(undo=True), ["Photon_pt", "Photon_eCorr"], "f.root")


def test_object_of_the_event_has_all_columns() -> None:
    content = {"name": "id", "type": "object", "method": "correctionlib", "correction": FILE}
    weight = WeightSystematic.model_validate({**content, "input_collection": "Photon"})
    check_one_object(weight, "lead", ["lead_pt"])
    with pytest.raises(UnknownName, match="no column 'lead_pt'"):
        check_one_object(weight, "lead", ["lead_eta"])
