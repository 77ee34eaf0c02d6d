from __future__ import annotations

import pytest
from pydantic import ValidationError

from higgsflow.model.findings import explain, findings
from higgsflow.model.systematic import Systematics
from higgsflow.model.tagging import TagSequence


def error_of(noun: type, content: object) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        noun.model_validate(content)  # type: ignore[attr-defined]
    return caught.value


def test_a_list_is_not_said_to_be_empty_where_an_entry_is_wrong() -> None:
    content = {"tag_list": [{"tagger": "a:b", "option": {}}]}
    (found,) = findings(error_of(TagSequence, content), content)
    assert found.endswith("unknown key 'option' of TaggerSpec, did you mean 'options'?")


def test_the_first_two_are_told_and_how_many_more_there_are() -> None:
    weights = {name: {"type": "wrong", "branches": {"up": "x"}} for name in "abcd"}
    first, others = explain(error_of(Systematics, {"weights": weights}))
    assert first.startswith("weights.a.type: Input should be 'event' or 'object'")
    assert others.startswith("weights.b.type")
    assert others.endswith("; and 2 more")
