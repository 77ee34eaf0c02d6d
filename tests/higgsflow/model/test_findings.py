from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import ValidationError

from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.findings import explain, findings
from higgsflow.model.noun import Noun
from higgsflow.model.systematic import Systematics
from higgsflow.model.tagging import TagSequence


def error_of(noun: type, content: object) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        noun.model_validate(content)  # type: ignore[attr-defined]
    return caught.value


def test_a_list_is_not_said_to_be_empty_where_an_entry_is_wrong() -> None:
    content = {"tag_list": [{"tagger": "a:b", "option": {}}]}
    (found,) = findings(error_of(TagSequence, content), content)
    assert found.endswith("unknown key 'option', did you mean 'options'?")


def test_place_of_a_tagger_is_as_it_is_written() -> None:
    content = {"tag_sequence": ["diphoton", [{"name": "my tag", "tagger": "a:b"}]]}
    found = findings(error_of(AnalysisModel, {"name": "a", **content}), content)
    places = [one.partition(":")[0] for one in found]
    assert "tag_sequence.1.my tag.name" in places


def test_the_first_two_are_told_and_how_many_more_there_are() -> None:
    weights = {name: {"type": "wrong", "branches": {"up": "x"}} for name in "abcd"}
    first, others = explain(error_of(Systematics, {"weights": weights}))
    assert first.startswith("weights.a.type: 'wrong' is not 'event' or 'object'")
    assert others.startswith("weights.b.type")
    assert others.endswith("; and 2 more")


class Given(Noun):
    """Values of several kinds."""

    number: float = 0.0
    whole: int = 0
    switch: bool = False
    text: str = ""
    names: tuple[str, ...] = ()
    one_of: Literal["local", "slurm"] = "local"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"number": "abc"}, "number: a number is needed (it is 'abc')"),
        ({"number": [1]}, "number: a number is needed (it is [1])"),
        ({"number": None}, "number: a number is needed (it is empty)"),
        ({"number": "95%"}, "number: a number is needed (it is '95%'): write 0.95"),
        ({"number": "many %"}, "number: a number is needed (it is 'many %')"),
        ({"whole": 1.5}, "whole: a whole number is needed (it is 1.5)"),
        (
            {"whole": "1e5"},
            "whole: a whole number is needed: YAML takes 1e5 for a text, write 100000",
        ),
        ({"whole": "1e-5"}, "whole: a whole number is needed (it is '1e-5')"),
        ({"whole": "1e999"}, "whole: a whole number is needed (it is '1e999')"),
        ({"number": (1, 2)}, "number: a number is needed (it is [1, 2])"),
        ({"names": True}, "names: a list is needed (it is true)"),
        ({"switch": "maybe"}, "switch: true or false is needed (it is 'maybe')"),
        ({"text": 1}, 'text: a text is needed (it is 1): write "1"'),
        ({"text": True}, "text: a text is needed (it is true)"),
        ({"names": {"a": 1}}, "names: a list is needed (it is {'a': 1})"),
        ({"names": "a" * 99}, "names: a list is needed (it is str)"),
        ({"one_of": "slrum"}, "one_of: 'slrum' is not 'local' or 'slurm'. Did you mean 'slurm'?"),
    ],
)
def test_reasons_are_in_plain_words(content: dict[str, Any], told: str) -> None:
    assert explain(error_of(Given, content))[0] == told


def test_an_unknown_key_hides_nothing_beside_or_below_it() -> None:
    weight = {"typ": "event", "modify_central_weight": 3, "branches": {"up": 1.5}}
    content = {
        "name": "a",
        "systematics": {"weights": {"pileup": weight}},
        "variable_of_interest": ["m_gg"],
        "jobs_managr": {},
        "output_format": "parket",
        "tag_sequence": ["diphoton"],
    }
    weight_of = "systematics.weights.pileup"
    beginnings = {
        "unknown key 'variable_of_interest', did you mean 'variables_of_interest'?",
        "unknown key 'jobs_managr', did you mean 'jobs_manager'?",
        f"{weight_of}: unknown key 'typ', did you mean 'type'?",
        f"{weight_of}.modify_central_weight: true or false is needed",
        f"{weight_of}.branches",
        "output_format: 'parket' is not 'parquet' or 'root'. Did you mean 'parquet'?",
    }
    found = findings(error_of(AnalysisModel, content), content)
    assert {b for b in beginnings if any(one.startswith(b) for one in found)} == beginnings
    # what is misspelled is not told to be missing, but what is missing is
    assert [one for one in found if one.endswith("missing")] == [
        "samples: is required, but missing"
    ]
    assert len(found) == len(beginnings) + 1


def test_what_keys_are_together_is_told_when_all_of_them_are_right() -> None:
    """A source that is misspelled is not told to be absent, too."""
    weight = {"type": "event", "method": "from_branch", "branchs": {"up": "x", "central": "y"}}
    (found,) = findings(error_of(Systematics, {"weights": {"pileup": weight}}))
    assert found == "weights.pileup: unknown key 'branchs', did you mean 'branches'?"


def test_place_of_a_sequence_that_is_no_list_is_as_it_is_written() -> None:
    content = {"name": "a", "samples": {}, "tag_sequence": "diphoton"}
    found = findings(error_of(AnalysisModel, content), content)
    assert any(one.startswith("tag_sequence: a list of steps is needed, such as") for one in found)
