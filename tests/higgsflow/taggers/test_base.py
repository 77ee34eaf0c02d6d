from __future__ import annotations

import numpy as np

from higgsflow.model.context import Context
from higgsflow.model.tagging import TaggerSpec
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
