"""Names of the columns of weights."""

from __future__ import annotations

from typing import Any

import pytest

from higgsflow.model.systematic import WeightSystematic
from higgsflow.weight_columns import (
    factor_column,
    full_column,
    input_columns,
    is_whole_weight,
)

OF_MUONS = {"type": "object", "branches": {"central": "sf", "up": "Muon_sf_up"}}


def weight(**content: Any) -> WeightSystematic:
    return WeightSystematic.model_validate({"name": "s", **content})


def event_weight(**content: Any) -> WeightSystematic:
    return weight(branches={"central": "w", "up": "w_up"}, modify_central_weight=True, **content)


def test_names_of_columns() -> None:
    assert factor_column(event_weight(), "up") == "weight_s_up"
    assert full_column(event_weight(), "up") == "weight_full_s_up"


def test_inputs_are_named_as_events_have_them() -> None:
    content = {"requires_branches": ["Jet_pt"]}
    assert input_columns(event_weight(**content)) == ("w", "w_up", "Jet_pt")
    of_muons = weight(**OF_MUONS, input_collection="Muon")
    assert input_columns(of_muons) == ("Muon_sf", "Muon_sf_up")


def test_bin_of_a_preserved_sum_is_read_too() -> None:
    assert input_columns(event_weight(preserve={"column": "nJet", "edges": [0, 1]})) == (
        "w",
        "w_up",
        "nJet",
    )


@pytest.mark.parametrize(
    ("column", "is_whole"),
    [
        ("weight_central", True),
        ("weight_full_s_up", True),
        ("weight_s_up", False),
        ("weight_central_initial", False),
    ],
)
def test_whole_weights_are_what_the_merge_scales(column: str, is_whole: bool) -> None:
    assert is_whole_weight(column) is is_whole
