from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from higgsflow.errors import UnknownName
from higgsflow.model.correction import Correction, CorrectionInput, of_year

BY_YEAR = {"by_year": {2017: "2017_UL", 2018: "2018_UL"}}


def correction(**content: Any) -> Correction:
    inputs = {"eta": "Jet_eta", "which": {"variation": True}, "year": BY_YEAR}
    variations = {"central": "nominal", "up": "up"}
    default = {"file": "a.json", "name": "c", "inputs": inputs, "variations": variations}
    return Correction.model_validate(default | content)


def test_short_forms_of_an_input() -> None:
    assert CorrectionInput.model_validate("Jet_pt") == CorrectionInput(column="Jet_pt")
    assert CorrectionInput.model_validate(5) == CorrectionInput(value=5)
    assert CorrectionInput.model_validate({"column": ["Jet", "pt"]}).column == "Jet_pt"


@pytest.mark.parametrize("bad", [{}, {"column": "a", "value": 1}, {"value": 1, "variation": True}])
def test_input_is_one_thing(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="say one of column"):
        CorrectionInput.model_validate(bad)


def test_year_is_settled() -> None:
    per_year = {"file": {2017: "a.json", 2018: "b.json"}, "name": {"2017": "c", "2018": "d"}}
    settled = correction(**per_year).settled("S", "2018")
    assert (settled.file, settled.name, settled.inputs["year"].value) == ("b.json", "d", "2018_UL")


def test_file_may_have_the_names_of_sample_and_year_in_it() -> None:
    settled = correction(file="/eff/{sample}_{year}.json").settled("ttH_M125", "2018")
    assert settled.file == "/eff/ttH_M125_2018.json"


def test_year_without_a_value_is_named() -> None:
    with pytest.raises(UnknownName, match="no year '2016' in by_year of 'year'"):
        correction().settled("S", "2016")
    assert of_year("same", "2016", "") == "same"


def test_directions_are_variations_but_the_central_one() -> None:
    assert correction().directions == ("up",)
    assert correction(variations={1: "up"}).directions == ("1",)


def test_variation_is_an_input_or_the_name_of_a_correction() -> None:
    assert correction().name_of("up") == "c"
    named = correction(inputs={"eta": "Jet_eta"}, variations={"up": "c_up", "central": "c_0"})
    assert (named.name_of("up"), named.name_of("central")) == ("c_up", "c_0")
    numbers = correction(inputs={"eta": "Jet_eta"}, variations={"up": 1, "down": -1})
    assert numbers.name_of("down") == "c"


def test_columns_are_those_of_the_inputs() -> None:
    inputs = {"a": "Jet_pt", "b": {"event_column": "rho"}, "c": 5, "d": "Jet_pt"}
    asked = correction(inputs=inputs, variations={})
    assert (asked.columns, asked.event_columns) == (("Jet_pt", "rho"), ("rho",))


def test_two_inputs_cannot_both_be_the_variation() -> None:
    both = {"a": {"variation": True}, "b": {"variation": True}}
    with pytest.raises(ValidationError, match="are all said to be the variation"):
        correction(inputs=both)


def test_name_is_needed_where_directions_do_not_give_it() -> None:
    with pytest.raises(ValidationError, match="say the name of the correction"):
        correction(name="")
