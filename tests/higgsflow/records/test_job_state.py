from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.records.job_state import (
    JobsHead,
    JobsTable,
    JobState,
    Status,
    in_skims,
    tabulate,
)

NOW = 1000.0


def head(**changes: Any) -> JobsHead:
    facts = {
        "sample": "Sig", "year": "2017", "engine": "slurm", "host": "h", "pid": 1, "began": 0.0,
        "min_completion": 0.5,
    }  # fmt: skip
    return JobsHead(**{**facts, **changes})


def state(branch: int, status: str = "done", **changes: Any) -> JobState:
    facts = {"n_entries": 100, "first_url": "/a.root", "start": 0, "status": status}
    return JobState(**{"chunk_id": f"c{branch}", "branch": branch, **facts, **changes})


def table(*states: JobState, driven: bool = False, **changes: Any) -> JobsTable:
    return tabulate(head(**changes), states, driven=driven, now=NOW)


def test_counts_jobs_by_status_and_failures_by_class() -> None:
    found = table(
        state(0, wall=2.0, cpu=1.0, attempts=2, failures={"lost": 1}, host="n1"),
        state(1, "running", started=990.0, attempts=1, host="n2"),
        state(2, "failed", error_class="time", attempts=3, failures={"lost": 1, "time": 2}),
        state(3, "failed", error_class="input", attempts=3, failures={"input": 3}, host="n1"),
        state(4, "waiting"),
        driven=True,
    )
    assert (found.waiting, found.running, found.done) == (1, 1, 1)
    assert found.failed == {"time": 1, "input": 1}
    assert found.lost_attempts == {"input": 3, "lost": 2, "time": 2}
    assert found.attempts == 9
    assert found.hosts == {"n1": 2, "n2": 1}
    assert found.fraction == 0.2


def test_rates_are_those_of_what_is_done() -> None:
    found = table(
        state(0, wall=10.0, cpu=8.0, n_bytes=4000, peak_memory_mb=500.0),
        state(1, wall=30.0, cpu=30.0, n_bytes=None),
        state(2, "failed", wall=900.0, error_class="time"),
    )
    assert (found.rate, found.efficiency, found.byte_rate) == (5.0, 0.95, 100.0)
    assert (found.longest, found.peak_memory_mb) == (900.0, 500.0)


def test_the_slowest_are_named_also_while_they_run() -> None:
    found = table(
        state(0, wall=10.0), state(1, "running", started=NOW - 50), state(2, "waiting"), driven=True
    )
    assert found.slowest == ("c1", "c0")


def test_the_failing_are_named_those_for_good_first() -> None:
    found = table(
        state(0, failures={"lost": 1}, error_class="lost"),
        state(1, "waiting", error_class="lost", attempts=1),
        state(2, "failed", error_class="time", attempts=3),
    )
    assert found.failing == ("c2", "c1")


@pytest.mark.parametrize(
    ("states", "driven", "expected"),
    [
        ([state(0), state(1)], False, "complete"),
        ([state(0), state(1, "waiting")], True, "running"),
        ([state(0), state(1, "waiting")], False, "open"),
        ([state(0), state(1, "failed", error_class="lost")], False, "enough"),
        ([state(0), state(1, "failed", error_class="defect")], False, "insufficient"),
        (
            [state(0), *(state(i, "failed", error_class="lost") for i in (1, 2))],
            False,
            "insufficient",
        ),
    ],
)
def test_says_whether_enough_is_done(states: list[JobState], driven: bool, expected: str) -> None:
    assert table(*states, driven=driven).state == expected


def test_exactly_the_fraction_that_suffices_is_enough() -> None:
    """As for the stages themselves: 1 less what is missing is another number than 0.93."""
    done = state(0, n_entries=93)
    lost = state(1, "failed", error_class="lost", n_entries=7)
    assert table(done, lost, min_completion=0.93).state == "enough"
    assert table(done, lost, min_completion=0.94).state == "insufficient"


def test_what_ran_here_ended_with_its_driver_and_elsewhere_it_goes_on() -> None:
    running = state(0, "running", started=990.0)
    assert table(running, engine="local").waiting == 1
    assert table(running, engine="local", driven=True).running == 1
    assert table(running, engine="slurm").running == 1


def test_parts_of_a_skim_count_together_or_not() -> None:
    part = [state(i, skim="a") for i in (0, 1)]
    lost = state(2, "failed", error_class="lost", skim="b")
    found = table(*part, state(3, skim="b"), lost, min_completion=0.75)
    assert (found.n_entries_done, found.n_entries_counted, found.fraction) == (300, 200, 0.5)
    assert found.state == "insufficient"
    assert table(*part, state(3), lost, min_completion=0.75).state == "enough"


@pytest.mark.parametrize("status", ["waiting", "running", "failed"])
def test_what_is_done_of_a_skim_counts_once_its_rest_is(status: str) -> None:
    states = [state(0, skim="a"), state(1, status, skim="a"), state(2)]
    assert table(*states, driven=True).n_entries_counted == 100


def test_what_is_no_part_of_a_skim_any_more_is_none() -> None:
    before = [state(0, skim="a"), state(1)]
    assert [one.skim for one in in_skims(before, {"c1": "b"})] == ["", "b"]


def test_nothing_to_do_is_complete() -> None:
    found = table()
    assert (found.state, found.fraction, found.rate) == ("complete", 1.0, 0.0)


@given(
    st.lists(st.tuples(st.sampled_from(get_args(Status)), st.sampled_from(["time", "lost"]))),
    st.booleans(),
)
def test_every_chunk_is_counted_once(kinds: list[tuple[str, str]], driven: bool) -> None:
    states = [
        state(i, status, error_class=name if status == "failed" else "")
        for i, (status, name) in enumerate(kinds)
    ]
    found = table(*states, driven=driven)
    assert found.waiting + found.running + found.done + sum(found.failed.values()) == len(kinds)
    assert found.n_chunks == len(found.chunks) == len(kinds)
    assert found.n_entries_done == 100 * found.done


def test_a_table_survives_being_written() -> None:
    found = table(state(0), state(1, "failed", error_class="time"))
    assert JobsTable.model_validate_json(found.model_dump_json()) == found
