"""Wrong arguments in Python, which are told as wrong configurations are."""

from __future__ import annotations

from typing import Any

import pytest

from higgsflow import Analysis, JobsManager, TagSequence
from higgsflow.errors import InvalidConfiguration


@pytest.mark.parametrize(
    ("kind", "first"), [(Analysis, "samples"), (JobsManager, "batch"), (TagSequence, "tag_list")]
)
def test_arguments_without_a_name_are_told(kind: Any, first: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        kind(["diphoton"])
    assert str(caught.value).endswith(f"by name\n  write {kind.__name__}({first}=..., ...)")


@pytest.mark.parametrize(
    ("kind", "arguments", "told"),
    [
        (JobsManager, {"n_event_per_output": 3}, "did you mean 'n_events_per_output'?"),
        (
            JobsManager,
            {"batch": "condor"},
            "batch: 'condor' is not 'local', 'htcondor' or 'slurm'. Did you mean 'htcondor'?",
        ),
        (TagSequence, {"tag_list": "diphoton"}, "tag_list: a list of steps is needed"),
        (Analysis, {}, "samples: is required, but missing\n  tag_sequence: is required"),
        (
            Analysis,
            {"jobs_manager": {"n_workers": 0}, "variables_of_interest": ["m_gg"]},
            "samples: is required, but missing\n  tag_sequence: is required, but missing; and 1",
        ),
    ],
)
def test_wrong_arguments_are_told_in_three_lines(
    kind: type, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        kind(**arguments)
    text = str(caught.value)
    assert text.startswith(f"{kind.__name__}(...) is not valid:\n  ")
    assert told in text
    assert len(text.splitlines()) <= 3
    # nor does a traceback show what pydantic says
    assert caught.value.__suppress_context__
