from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.errors import InvalidConfiguration, TaggerError, UnknownName
from higgsflow.model.columns import Need
from higgsflow.model.context import Context
from higgsflow.taggers.base import Decision
from higgsflow.taggers.function import FunctionTagger, tagger

CONTEXT = Context(sample="S", year="2017", is_data=False)
EVENTS = ak.Array([{"MET_pt": 50.0}, {"MET_pt": 150.0}])


@tagger(reads=["MET_pt", Need(name="PV_n", optional=True)], adds={"met": "float64"})
def high_met(events: Any, threshold: float = 100.0) -> Any:
    return events.MET_pt > threshold, {"met": events.MET_pt}


@tagger(reads=["MET_pt"])
def only_mask(events: Any, context: Context, threshold: float) -> Any:
    assert context.year == "2017"
    return events.MET_pt > threshold


@tagger()
def whole_decision(events: Any, **anything: float) -> Decision:
    return Decision(mask=np.ones(len(events), dtype=bool), category=np.ones(len(events)))


def undeclared(events: Any) -> Any:
    return events.MET_pt > 0


@tagger(reads=["MET_pt"])
def without_events() -> Any:
    return True


@tagger(reads=["MET_pt"])
def options_only(**options: float) -> Any:
    return options


@tagger(reads=["MET_pt"])
def forgets_to_return(events: Any) -> Any:
    events.MET_pt > 0  # noqa: B015


@tagger(reads=["MET_pt"])
def with_cut(events: Any, cut: float = 30.0) -> Any:
    return events.MET_pt > cut


@tagger(reads=["MET_pt"])
def returns_three(events: Any) -> Any:
    return events.MET_pt > 0, {}, 3


def made(function: Any, **options: Any) -> FunctionTagger:
    return FunctionTagger(name="mine", function=function, options=options)


def test_declaration_says_what_is_read_and_added() -> None:
    one = made(high_met)
    assert [(n.name, n.optional) for n in one.reads(CONTEXT)] == [("MET_pt", False), ("PV_n", True)]
    assert one.adds(CONTEXT) == {"met": "float64"}
    assert (one.describes(CONTEXT), one.made_of(CONTEXT), one.candidate()) == ({}, {}, "")


@tagger(
    reads=["Muon_pt"],
    adds={"ht": "float64", "GoodMuon": "collection"},
    describes={"ht": "scalar sum of muons' pt [GeV]"},
    made_of={"GoodMuon": "Muon"},
)
def says_it_all(events: Any) -> Any:
    return events.Muon.pt


def test_declaration_says_what_columns_mean_and_are_made_of() -> None:
    one = made(says_it_all)
    assert one.describes(CONTEXT) == {"ht": "scalar sum of muons' pt [GeV]"}
    assert one.made_of(CONTEXT) == {"GoodMuon": "Muon"}


@pytest.mark.parametrize("key", ["describes", "made_of"])
def test_what_columns_mean_stands_by_their_names(key: str) -> None:
    wrong: Any = {key: "scalar sum [GeV]"}
    with pytest.raises(TaggerError, match=f"{key} is 'scalar sum .GeV.', not texts by name"):
        tagger(reads=["Muon_pt"], **wrong)


def test_mask_and_columns() -> None:
    decision = made(high_met).select(EVENTS, CONTEXT)
    assert decision.mask.tolist() == [False, True]
    assert decision.columns["met"].tolist() == [50.0, 150.0]


def test_options_go_to_the_function_by_name() -> None:
    assert made(high_met, threshold=40.0).select(EVENTS, CONTEXT).mask.tolist() == [True, True]


def test_context_is_given_where_it_is_asked_for() -> None:
    assert made(only_mask, threshold=100.0).select(EVENTS, CONTEXT).mask.tolist() == [False, True]


def test_function_may_return_a_decision() -> None:
    assert made(whole_decision, any=1).select(EVENTS, CONTEXT).category.tolist() == [1, 1]


def test_unknown_option_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"no option 'treshold' in tagger 'mine'.*'threshold'"):
        made(high_met, treshold=1.0).check(CONTEXT)


@pytest.mark.parametrize("option", ["events", "context"])
def test_what_the_sequence_gives_is_no_option(option: str) -> None:
    with pytest.raises(UnknownName, match=f"no option '{option}'"):
        made(only_mask, threshold=1.0, **{option: 1}).check(CONTEXT)


def test_option_without_default_must_be_given() -> None:
    with pytest.raises(TaggerError, match="'mine' needs option 'threshold'"):
        made(only_mask).check(CONTEXT)


def test_any_option_is_fine_where_the_function_takes_any() -> None:
    made(whole_decision, whatever=1).check(CONTEXT)


def test_plain_function_is_told_what_is_missing() -> None:
    with pytest.raises(TaggerError, match="does not say what it reads") as caught:
        made(undeclared).check(CONTEXT)
    assert "@tagger(reads=" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3


def test_defaults_are_those_that_configuration_can_hold() -> None:
    assert made(high_met).defaults() == {"threshold": 100.0}
    assert made(only_mask).defaults() == {}


@pytest.mark.parametrize("function", [without_events, options_only])
def test_function_must_take_events(function: Any) -> None:
    with pytest.raises(TaggerError, match="tagger 'mine' takes no events"):
        made(function).check(CONTEXT)


def test_text_in_place_of_a_number_is_told() -> None:
    with pytest.raises(InvalidConfiguration, match="option 'cut' of tagger 'mine' is the text"):
        made(with_cut, cut="1e2").check(CONTEXT)


def test_forgotten_return_is_told() -> None:
    with pytest.raises(TaggerError, match="tagger 'mine' returned nothing") as caught:
        made(forgets_to_return).select(EVENTS, CONTEXT)
    assert "let it return a mask" in str(caught.value)


def test_tuple_of_three_is_told() -> None:
    with pytest.raises(TaggerError, match="tagger 'mine' returned a tuple of 3"):
        made(returns_three).select(EVENTS, CONTEXT)


def test_decorator_without_brackets_is_told() -> None:
    with pytest.raises(TaggerError, match="@tagger has no brackets"):
        tagger(undeclared)  # type: ignore[arg-type]


def test_text_is_no_list_of_columns() -> None:
    with pytest.raises(TaggerError, match="reads is one text, 'MET_pt'"):
        tagger(reads="MET_pt")


def test_added_columns_have_types() -> None:
    with pytest.raises(TaggerError, match=r"adds is \['a'\], not types by column") as caught:
        tagger(adds=["a"])  # type: ignore[arg-type]
    assert "adds={" in str(caught.value)
