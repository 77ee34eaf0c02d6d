from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.context import Context
from higgsflow.model.tagging import TaggerSpec, TagSequence
from higgsflow.taggers import DiphotonTagger, TTHTagger
from higgsflow.taggers.base import Decision, all_of
from higgsflow.taggers.sequence import load_tagger


def test_all_of_is_the_logical_and() -> None:
    masks = {"a": np.array([True, True]), "b": np.array([True, False])}
    assert all_of(masks).tolist() == [True, False]
    assert all_of({"a": masks["b"]}).tolist() == [True, False]


def test_spec_holds_code_and_changed_options_only() -> None:
    tagger = TTHTagger(name="mine", channels=("hadronic",), b_jets_min=2)
    spec = tagger.spec()
    assert spec["tagger"] == "higgsflow.taggers.tth:TTHTagger"
    assert spec["options"] == {"channels": ["hadronic"], "b_jets_min": 2}


def test_spec_leads_back_to_an_equal_tagger() -> None:
    tagger = DiphotonTagger(name="pairs", diphoton={"mass_min": 90.0})
    assert load_tagger(TaggerSpec(**tagger.spec())) == tagger


def test_a_tagger_without_a_name_is_called_like_its_class() -> None:
    assert TTHTagger() == TTHTagger(name="TTHTagger")
    (spec,) = TagSequence(tag_list=[TTHTagger(b_jets_min=2)]).taggers
    assert (spec.name, spec.options) == ("TTHTagger", {"b_jets_min": 2})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"b_jet_min": 2}, "unknown key 'b_jet_min', did you mean 'b_jets_min'?"),
        ({"b_jets_min": "two"}, "b_jets_min: a whole number is needed (it is 'two')"),
    ],
)
def test_what_is_wrong_with_its_options_is_told_in_three_lines(
    options: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        TTHTagger(**options)
    assert str(caught.value) == f"TTHTagger(...) is not valid:\n  {told}"


def test_by_default_nothing_is_skimmed_and_nothing_is_checked() -> None:
    tagger = TTHTagger(name="tth")
    assert tagger.skim(None, {}) is None
    tagger.check(Context(sample="S", year="2017", is_data=False))


def test_decision_needs_nothing_but_a_mask() -> None:
    decision = Decision(mask=np.array([True]))
    assert (decision.columns, decision.cuts, decision.category) == ({}, {}, None)


def test_by_default_needs_are_those_of_the_class_and_no_files_count() -> None:
    assert TTHTagger(name="tth").needs() == TTHTagger.needs_columns != ()
    assert (DiphotonTagger(name="pairs").needs(), DiphotonTagger(name="pairs").files()) == ((), ())
