from typing import Any

import pytest
from pydantic import ValidationError

from higgsflow.errors import UnknownName
from higgsflow.model.tagging import SHIPPED, TaggerSpec, TagSequence
from higgsflow.taggers.sequence import load_tagger
from higgsflow.taggers.tth import TTHTagger


def my_tagger(events: Any) -> Any:
    return events


class Configured:
    """A tagger object, which knows how it is described."""

    def spec(self) -> TaggerSpec:
        return TaggerSpec(name="mine", tagger="math:sqrt", options={"pt": 30})


HERE = my_tagger.__module__


def sequence(*steps: Any) -> TagSequence:
    return TagSequence.model_validate(list(steps))


def first(step: Any) -> TaggerSpec:
    return sequence(step).taggers[0]


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_shipped_tagger_is_given_by_name(name: str) -> None:
    assert first(name).tagger == SHIPPED[name]["tagger"]


def test_unknown_tagger_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'diphoton'"):
        sequence("diphotn")


def test_function_is_given_as_itself_or_by_reference() -> None:
    given = TaggerSpec(name="my_tagger", tagger=f"{HERE}:my_tagger")
    assert first(my_tagger) == first(f"{HERE}:my_tagger") == given
    # with a point, as functions of systematics may be given
    assert first(f"{HERE}.my_tagger") == given


def test_tagger_object_describes_itself() -> None:
    assert first(Configured()) == Configured().spec()


def test_class_of_taggers_stands_for_one_with_its_defaults() -> None:
    (spec,) = TagSequence(tag_list=[TTHTagger]).taggers
    assert (spec.name, spec.tagger) == ("TTHTagger", "higgsflow.taggers.tth:TTHTagger")
    assert load_tagger(spec) == TTHTagger(name="TTHTagger")


def test_lambda_cannot_be_found_again() -> None:
    with pytest.raises(ValidationError, match="define it at the top of a module"):
        sequence(lambda events: events)


def test_options_are_added_to_those_shipped() -> None:
    spec = first({"name": "tth_leptonic", "options": {"lepton_pt": 20}})
    assert spec.options == {"channels": ["leptonic"], "lepton_pt": 20}


def test_tagger_can_be_listed_under_another_name() -> None:
    spec = first({"tagger": "thq", "name": "thq_loose"})
    assert (spec.name, spec.tagger) == ("thq_loose", SHIPPED["thq"]["tagger"])


def test_function_in_a_mapping_can_be_named() -> None:
    spec = first({"tagger": my_tagger, "name": "mine", "options": {"a": 1}})
    assert (spec.name, spec.tagger, spec.options) == ("mine", f"{HERE}:my_tagger", {"a": 1})


def test_unknown_key_of_a_tagger_offers_the_nearest() -> None:
    with pytest.raises(ValidationError, match="did you mean 'options'"):
        sequence({"name": "thq", "option": {}})


def test_tags_are_the_taggers_of_the_last_step() -> None:
    steps = sequence("diphoton", ["thq", "tth"])
    assert steps.tags == ("thq", "tth")
    assert [spec.name for spec in steps.taggers] == ["diphoton", "thq", "tth"]


def test_no_tagger_is_called_what_events_without_a_tag_are() -> None:
    tagger = {"name": "untagged", "tagger": "tth_leptonic"}
    with pytest.raises(ValueError, match="'untagged' are events without a tag"):
        TagSequence.model_validate(["diphoton", [tagger]])


def test_untagged_events_are_dropped_unless_kept() -> None:
    assert not sequence("diphoton").keep_untagged
    kept = TagSequence.model_validate({"tag_list": ["diphoton"], "keep_untagged": True})
    assert kept.keep_untagged


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([], "at least 1 item"),
        (["diphoton", []], "the last step of the tag sequence is empty"),
        ([["thq", "tth"], "diphoton"], "only the last step"),
        (["thq", "thq"], "two taggers are named 'thq'"),
        ("diphoton", r"such as \[diphoton, \[tth, thq\]\] \(it is 'diphoton'\)"),
        (None, r"a list of steps is needed, .* \(it is empty\)"),
        ([{"diphoton": {"trigger": True}}], "write `{name: diphoton, options: {...}}`"),
        ([{}], "a tagger needs a `name` of a shipped one"),
        (
            ["diphoton", [["tth"], "thq"]],
            r"a step is a tagger or a list of taggers: \['tth'\] is in one",
        ),
    ],
)
def test_malformed_sequence_is_refused(steps: Any, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        TagSequence.model_validate({"tag_list": steps})


def test_json_round_trip_gives_an_equal_sequence() -> None:
    steps = sequence("diphoton", ["tth_leptonic", {"tagger": my_tagger, "options": {"a": [1]}}])
    assert TagSequence.model_validate_json(steps.model_dump_json()) == steps
