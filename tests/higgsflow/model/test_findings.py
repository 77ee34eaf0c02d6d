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
