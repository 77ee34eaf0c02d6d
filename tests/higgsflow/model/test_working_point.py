from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from higgsflow.errors import UnknownName
from higgsflow.model.systematic import WeightSystematic
from higgsflow.model.working_point import WorkingPoint

EFFICIENCY = {"file": "{sample}.json", "name": "medium", "inputs": {"pt": "pt"}}


def point(**content: Any) -> WorkingPoint:
    default = {"column": "btag", "threshold": {2017: 0.3, 2018: 0.28}, "efficiency": EFFICIENCY}
    return WorkingPoint.model_validate(default | content)


def test_what_depends_on_sample_and_year_is_settled() -> None:
    settled = point().settled("ttH", "2018")
    assert (settled.threshold, settled.efficiency.file) == (0.28, "ttH.json")
    assert point(threshold=0.5).settled("ttH", "2018").threshold == 0.5
    with pytest.raises(UnknownName, match="no year '2016' in threshold of a working point"):
        point().settled("ttH", "2016")


def test_an_efficiency_has_no_variations() -> None:
    with pytest.raises(ValidationError, match="has no variations"):
        point(efficiency={**EFFICIENCY, "variations": {"up": "up"}})


@pytest.mark.parametrize(
    "lacks",
    [{"type": "event", "input_collection": None}, {"method": "from_function", "function": "a:b"}],
)
def test_scale_factors_of_objects_go_with_it(lacks: dict[str, Any]) -> None:
    correction = {"file": "a.json", "name": "sf", "inputs": {"pt": "pt"}}
    content: dict[str, Any] = {
        "name": "b_tag",
        "type": "object",
        "method": "correctionlib",
        "input_collection": "Jet",
        "correction": correction,
        "working_point": point().model_dump(),
    }
    assert len(WeightSystematic.model_validate(content).corrections) == 2
    content |= lacks
    content["correction"] = correction if content["method"] == "correctionlib" else None
    with pytest.raises(ValidationError, match="at a working point needs type: object"):
        WeightSystematic.model_validate(content)
