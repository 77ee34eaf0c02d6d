from __future__ import annotations

import pytest

from higgsflow.model.jobs import JobsManager, Resources
from tasks.execution.knobs import Knobs


def knobs() -> Knobs:
    return Knobs(parallel_jobs=100, retries=2)


@pytest.mark.parametrize(
    ("message", "name", "value", "told"),
    [
        ("parallel_jobs = 5", "parallel_jobs", 5, "5"),
        ("parallel_jobs = 2000000", "parallel_jobs", 2000000, "2000000"),
        ("retries: 0", "retries", 0, "0"),
        ("walltime = 3 h", "walltime", 10800.0, "10800 s"),
        ("walltime = 21 d", "walltime", 1814400.0, "1814400 s"),
        ("memory = 4 GB", "memory", 4096.0, "4096 MB"),
    ],
)
def test_messages_set_what_they_name(message: str, name: str, value: float, told: str) -> None:
    found = knobs()
    assert found.set(message) == f"{name} is {told} from now on"
    assert getattr(found, name) == value


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("paralel_jobs = 5", "did you mean 'parallel_jobs'"),
        ("hello", "known: parallel_jobs, retries"),
        ("memory = much", "cannot set memory"),
        ("parallel_jobs = 0", "too small"),
        ("parallel_jobs = many", "cannot set parallel_jobs: 'many' is no whole number"),
        ("retries = 1.5", "cannot set retries: '1.5' is no whole number"),
        ("walltime = -1 h", "cannot set walltime"),
        ("retries = -1", "cannot set retries: -1 is too small"),
    ],
)
def test_what_cannot_be_set_is_answered_and_changes_nothing(message: str, answer: str) -> None:
    found = knobs()
    assert answer in found.set(message)
    assert found == knobs()


def test_attempts_to_come_ask_for_what_was_set() -> None:
    found, before = knobs(), Resources(memory_mb=1000, time_limit=60)
    assert found.applied(before) == before
    found.set("memory = 2 GB")
    assert found.applied(before) == Resources(memory_mb=2048, time_limit=60)
    # a job that had too little has more already
    assert found.applied(Resources(memory_mb=4000, time_limit=60), attempt=2).memory_mb == 4000
    assert found.applied(before, attempt=2) == Resources(memory_mb=2048, time_limit=60)
    # nor has each attempt a limit
    assert found.applied(Resources(), attempt=2) == Resources(memory_mb=2048)
    found.set("retries = 4")
    assert found.settings(JobsManager()).attempts == 5
