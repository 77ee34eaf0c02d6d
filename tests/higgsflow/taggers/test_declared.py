"""What taggers declare is looked at before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from higgsflow.errors import TaggerError, UnknownName
from higgsflow.model.columns import required
from higgsflow.model.context import Context
from higgsflow.taggers.base import Decision, Tagger
from higgsflow.taggers.declared import check_declared
from higgsflow.taggers.function import FunctionTagger, tagger

CONTEXT = Context(sample="S", year="2017", is_data=False)


class Says(Tagger):
    """Reads and adds what the test gives it."""

    given_reads: Any = required("MET_pt")
    given_adds: Any = {"met": "float64"}

    def reads(self, context: Context) -> Any:
        del context
        return self.given_reads

    def adds(self, context: Context) -> Any:
        del context
        return self.given_adds

    def select(self, events: Any, context: Context) -> Decision:
        raise NotImplementedError

    given_describes: Any = {}
    given_made_of: Any = {}

    def describes(self, context: Context) -> Any:
        del context
        return self.given_describes

    def made_of(self, context: Context) -> Any:
        del context
        return self.given_made_of


@tagger(reads=["MET_pt"], adds={"met": "flaot64"})
def misspelt(events: Any) -> Any:
    return events.MET_pt > 1


@pytest.mark.parametrize("kind", ["float64", "int16", "bool", "collection", float])
def test_types_of_columns_pass(kind: Any) -> None:
    check_declared(Says(name="mine", given_adds={"met": kind}), CONTEXT)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"given_reads": "MET_pt"}, "tagger 'mine' says in `reads` 'MET_pt', not columns"),
        ({"given_reads": ["MET_pt"]}, "tagger 'mine' says in `reads` ['MET_pt'], not columns"),
        ({"given_adds": None}, "tagger 'mine' says in `adds` None, not types by column"),
        ({"given_adds": {"x": "string"}}, "adds 'x' of type 'string', which is none"),
        ({"given_adds": {"x": "flaot64"}}, "which is none. Did you mean 'float64'?"),
        ({"given_adds": {"x": "complex128"}}, "adds 'x' of type 'complex128', which is none"),
        ({"given_describes": "met"}, "says in `describes` 'met', not texts by column"),
        ({"given_describes": {"met": 1}}, "says of 'met' 1, which is no text"),
        ({"given_made_of": "met"}, "says in `made_of` 'met', not collections by name"),
    ],
)
def test_what_is_no_declaration_names_the_method(content: dict[str, Any], text: str) -> None:
    with pytest.raises(TaggerError) as caught:
        check_declared(Says(name="mine", **content), CONTEXT)
    what, place, _ = str(caught.value).split("\n  ")
    assert text in what
    assert place.startswith(f"{__file__}, line ")


def test_declaration_of_a_function_names_the_function() -> None:
    made = FunctionTagger(name="mine", function=f"{__name__}:misspelt")
    with pytest.raises(TaggerError, match="Did you mean 'float64'") as caught:
        check_declared(made, CONTEXT)
    assert f"{__file__}, line {misspelt.__code__.co_firstlineno}" in str(caught.value)


@tagger(reads=["MET_pt"], adds={"met": "float64"}, describes={"mett": "missing momentum [GeV]"})
def describes_another(events: Any) -> Any:
    return events.MET_pt > 1


def test_a_function_describes_what_it_adds() -> None:
    made = FunctionTagger(name="mine", function=f"{__name__}:describes_another")
    with pytest.raises(UnknownName) as caught:
        check_declared(made, CONTEXT)
    assert "no column 'mett' in what tagger 'mine' adds. Did you mean 'met'?" in str(caught.value)


def test_a_class_describes_what_it_adds() -> None:
    check_declared(Says(name="mine", given_describes={"met": "missing momentum [GeV]"}), CONTEXT)
    with pytest.raises(UnknownName) as caught:
        check_declared(Says(name="mine", given_describes={"mett": "missing momentum"}), CONTEXT)
    what, place, _ = str(caught.value).split("\n  ")
    assert what == "no column 'mett' in what tagger 'mine' adds. Did you mean 'met'?"
    assert place.startswith(f"{__file__}, line ")


OF_MUONS = {
    "given_reads": required("Muon_pt"),
    "given_adds": {"GoodMuon": "collection", "best_pt": "float64"},
}


@pytest.mark.parametrize(
    "said", [{}, {"GoodMuon": "Muon"}, {"best": "Muon"}, {"best": "SelectedMuon"}]
)
def test_objects_are_made_of_what_is_read_or_was_made_before(said: dict[str, str]) -> None:
    made = Says(name="mine", **OF_MUONS, given_made_of=said)
    check_declared(made, CONTEXT, {"SelectedMuon": "collection"})


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"GodMuon": "Muon"}, "no collection 'GodMuon' in what tagger 'mine' adds. Did you mean"),
        ({"GoodMuon": "Muons"}, "no collection 'Muons' in what tagger 'mine' reads. Did you mean"),
    ],
)
def test_objects_of_nothing_are_errors(said: dict[str, str], text: str) -> None:
    with pytest.raises(UnknownName) as caught:
        check_declared(Says(name="mine", **OF_MUONS, given_made_of=said), CONTEXT)
    assert text in str(caught.value)
