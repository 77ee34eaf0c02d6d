from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from higgsflow.model.source import Systematic

CORRECTION = {"file": {"2017": "a.json"}, "name": "c", "inputs": {"x": "w"}}


def source(**content: Any) -> Systematic:
    return Systematic.model_validate({"name": "s", **content})


def test_year_settles_its_correction() -> None:
    asked = source(method="correctionlib", correction=CORRECTION)
    assert asked.settled("S", "2017").corrections[0].file == "a.json"
    assert source().settled("S", "2017") == source()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"method": "correctionlib"}, "go together"),
        ({"correction": CORRECTION}, "go together"),
        ({"method": "from_correction"}, "cannot be from_correction"),
        ({"method": "from_function"}, "names no function"),
    ],
)
def test_method_has_what_it_needs(content: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        source(**content)
