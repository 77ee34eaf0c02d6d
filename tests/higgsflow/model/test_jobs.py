from typing import Any

import pytest
from pydantic import ValidationError

from higgsflow.model.jobs import JobsManager


def test_nothing_may_be_lost_by_default() -> None:
    assert JobsManager().min_completion == 1.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_completion": 0.0},
        {"min_completion": 1.01},
        {"n_events_per_output": 0},
        {"n_events_per_block": 0},
        {"n_workers": 0},
        {"attempts": 0},
        {"time_limit": 0.0},
        {"retry_delay": -1.0},
        {"stragglers": "kill"},
        {"batch": "lsf"},
    ],
)
def test_values_out_of_bounds_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        JobsManager(**wrong)


def test_unknown_key_offers_the_nearest() -> None:
    with pytest.raises(ValidationError, match="did you mean 'min_completion'"):
        JobsManager.model_validate({"min_complete": 0.9})
