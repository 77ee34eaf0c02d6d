from __future__ import annotations

from typing import Any

import pytest

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.context import Context
from higgsflow.model.systematic import WeightSystematic
from higgsflow.step_of_sums import step_of_sums
from higgsflow.taggers.function import FunctionTagger, tagger

B_TAG: dict[str, Any] = {
    "branches": {"central": "c", "up": "u"},
    "modify_central_weight": True,
    "preserve": {"column": "n_all", "edges": [0, 1]},
}


@tagger(reads=["Jet_pt"], adds={"n_jets": "int16", "lead_pt": "float64"})
def jets(events: Any) -> Any:
    return events


@tagger(adds={"n_all": "int16", "SelectedJet": "collection"})
def last(events: Any) -> Any:
    return events


def step_of(**content: Any) -> int:
    weight = WeightSystematic.model_validate({**B_TAG, "name": "b", **content})
    steps = tuple((FunctionTagger(name=n, function=f"{__name__}:{n}"),) for n in ("jets", "last"))
    return step_of_sums(weight, steps, Context(sample="S", year="2017", is_data=False))


def test_sums_are_counted_where_all_that_a_weight_needs_is_known() -> None:
    of_objects = {"type": "object", "input_collection": "Jet"}
    assert step_of() == 1
    assert step_of(preserve={"column": "n_jets", "edges": [0, 1]}) == 0
    assert step_of(preserve={}, **of_objects, target_collections=["SelectedJet"]) == 1
    assert step_of(preserve={}, **of_objects, target_collections=["lead"]) == 0
    # what the input has is known before any cut
    assert step_of(preserve={}) == 0


def test_cut_before_the_sums_on_the_same_column_must_be_said_to_be_harmless() -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        step_of(requires_branches=["Jet_pt"])
    assert "'b' preserves sums, but 'jets' cuts before they are counted" in str(caught.value)
    bins = {**B_TAG["preserve"], "after": ["jets"]}
    assert step_of(requires_branches=["Jet_pt"], preserve=bins) == 1
