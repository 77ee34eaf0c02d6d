import json

import pytest

from higgsflow.model.reporting import Sentinels
from higgsflow.report.content import Summary
from higgsflow.report.totals import concluded


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


@pytest.fixture
def summary(make_summary):
    return concluded(
        make_summary(blinded=("m_gg", 115.0, 135.0), incomplete=True),
        {"run2": ("2017", "2018")},
        Sentinels(),
    )


def test_summary_is_strict_json_and_survives_it(summary):
    text = summary.model_dump_json(indent=1)
    assert json.loads(text, parse_constant=refuse)["totals"]
    assert Summary.model_validate_json(text) == summary


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_number_that_is_not_finite_is_null(summary, value):
    sample = summary.samples[0].model_copy(update={"efficiency": value, "interval": (value, 1.0)})
    found = json.loads(sample.model_dump_json(), parse_constant=refuse)
    assert (found["efficiency"], found["interval"]) == (None, [None, 1.0])


def test_older_summary_without_totals_can_be_read(make_summary):
    content = json.loads(make_summary().model_dump_json())
    for name in ("totals", "findings", "lumisections"):
        del content[name]
    assert Summary.model_validate(content).findings == ()
