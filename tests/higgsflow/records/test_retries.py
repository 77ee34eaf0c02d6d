from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.model.jobs import JobsManager, Resources
from higgsflow.records.error_classes import MEANING
from higgsflow.records.job_record import FailureRecord
from higgsflow.records.retries import NextAttempt, next_attempt


def failure(error_class: str, attempt: int = 1) -> FailureRecord:
    return FailureRecord(
        chunk_id="c", digest="d", attempt=attempt, error_class=error_class, message="m",
        host="h", started=0.0, wall=1.0,
    )  # fmt: skip


def follow(error_class: str, attempt: int = 1, **settings: Any) -> NextAttempt | None:
    manager = JobsManager(**{"memory_mb": 1000.0, "time_limit": 60.0, **settings})
    asked = manager.resources
    return next_attempt(failure(error_class, attempt), asked, manager.most(asked), manager)


def test_defects_and_cancelled_jobs_are_not_tried_again() -> None:
    assert [name for name in MEANING if follow(name) is None] == ["cancelled", "defect"]


@pytest.mark.parametrize("name", ["input", "lost", "environment", "store"])
def test_what_is_not_for_want_of_resources_gets_the_same(name: str) -> None:
    found = follow(name)
    assert found is not None
    assert found.resources == Resources(memory_mb=1000.0, time_limit=60.0)


def test_more_of_what_was_too_little_and_only_of_that() -> None:
    memory, time = follow("memory"), follow("time", growth=1.5)
    assert memory is not None
    assert time is not None
    assert memory.resources == Resources(memory_mb=2000.0, time_limit=60.0)
    assert time.resources == Resources(memory_mb=1000.0, time_limit=90.0)


def test_not_more_than_the_most() -> None:
    found = follow("memory", max_memory_mb=1200.0)
    assert found is not None
    assert found.resources.memory_mb == 1200.0
    assert follow("memory", max_memory_mb=1000.0) is None
    assert follow("time", max_time_limit=60.0) is None


def test_without_a_limit_it_was_the_machine_that_had_too_little() -> None:
    found = follow("memory", memory_mb=None)
    assert found is not None
    assert found.resources.memory_mb is None


def test_limit_that_was_set_while_jobs_run_grows_where_none_is_configured() -> None:
    """By a message from luigi's page; of what nobody bounds there is no most."""
    manager = JobsManager(growth=3.0)
    asked = Resources(memory_mb=1000.0, time_limit=60.0)
    found = next_attempt(failure("memory"), asked, manager.most(manager.resources), manager)
    assert found is not None
    assert found.resources == Resources(memory_mb=3000.0, time_limit=60.0)


def test_the_delay_doubles_up_to_a_longest_one() -> None:
    delays = []
    for attempt in range(1, 6):
        found = follow("lost", attempt, retry_delay=10.0, max_retry_delay=50.0, attempts=9)
        assert found is not None
        delays.append(found.delay)
    assert delays == [10.0, 20.0, 40.0, 50.0, 50.0]


def test_attempts_are_counted() -> None:
    assert follow("lost", 2, attempts=3) is not None
    assert follow("lost", 3, attempts=3) is None


@given(
    st.lists(st.sampled_from(["memory", "time", "lost", "input", "store"]), max_size=30),
    st.floats(1.01, 8), st.floats(1, 9), st.floats(1, 9),
)  # fmt: skip
def test_a_job_ends_and_never_has_less_than_before(
    fates: list[str], growth: float, memory: float, time: float
) -> None:
    """Whatever becomes of its attempts: at most as many as allowed, each within the bounds."""
    manager = JobsManager(
        attempts=7, memory_mb=100.0, time_limit=10.0, growth=growth,
        max_memory_mb=100.0 * memory, max_time_limit=10.0 * time,
    )  # fmt: skip
    asked, number = manager.resources, 1
    most = manager.most(asked)
    for fate in fates:
        found = next_attempt(failure(fate, number), asked, most, manager)
        if found is None:
            return
        assert found.number == number + 1 <= 7
        for name in ("memory_mb", "time_limit"):
            assert getattr(asked, name) <= getattr(found.resources, name) <= getattr(most, name)
        asked, number = found.resources, found.number
    assert len(fates) < 7
