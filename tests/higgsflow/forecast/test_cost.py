from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.forecast.cost import Cost, cost_of
from higgsflow.forecast.probe import Probe, Run

PARTS = st.floats(0, 1e-2)


def run(n_events: int, n_blocks: int, cost: Cost) -> Run:
    """What a job takes that costs exactly this."""
    return Run(
        n_events=n_events,
        n_blocks=n_blocks,
        cpu=cost.seconds(n_events, n_blocks),
        wall=2 * cost.seconds(n_events, n_blocks),
        peak_memory_mb=cost.memory_mb + n_events * cost.block_mb,
        output_bytes=round(cost.output(n_events)),
        table_bytes=round(n_events * cost.table_mb * 1e6 / 2),
    )


def probe_of(cost: Cost) -> Probe:
    few = run(1000, 1, cost)
    many = (run(4000, 1, cost),)
    return Probe(start_up=1.0, first=few, few=(few,), many=many, cut=run(4000, 4, cost))


@given(per_job=st.floats(0, 5), per_block=PARTS, per_event=st.floats(1e-7, 1e-3))
def test_a_straight_line_is_found_again(per_job: float, per_block: float, per_event: float) -> None:
    cost = Cost(
        per_job=per_job, per_block=per_block, per_event=per_event, memory_mb=150.0, block_mb=0.002,
        table_mb=2e-4, output_per_job=5000.0, output_per_event=25.0,
    )  # fmt: skip
    found = cost_of(probe_of(cost))
    for name in set(type(cost).model_fields) - {"per_job_error", "per_event_error"}:
        assert getattr(found, name) == pytest.approx(getattr(cost, name), rel=1e-3, abs=1e-9)
    assert cost_of(probe_of(cost), is_remote=True).seconds(10_000, 3) == pytest.approx(
        2 * cost.seconds(10_000, 3)
    )


COST = Cost(
    per_job=10.0, per_block=0.5, per_event=1e-4, memory_mb=200.0, block_mb=0.01, table_mb=0.001,
    output_per_job=1000.0, output_per_event=3.0,
)  # fmt: skip


def test_time_memory_and_output_of_a_job() -> None:
    assert COST.seconds(100_000, 2) == pytest.approx(10 + 1 + 10)
    # a block is in memory at a time, and the output of all events
    assert COST.memory(100_000, 50_000) == pytest.approx(200 + 500 + 100)
    assert COST.memory(10_000, 50_000) == pytest.approx(200 + 100 + 10)
    assert COST.output(1000) == 4000.0


def test_events_of_a_job_of_some_length() -> None:
    n = COST.events_in(3600, 50_000)
    # rounded down to two digits
    assert n == 32_000_000
    assert COST.seconds(n, n // 50_000) <= 3600
    assert COST.events_in(1, 50_000) == 50_000
    free = COST.model_copy(update={"per_event": 0.0, "per_block": 0.0})
    assert free.events_in(3600, 50_000) == 50_000


def test_noise_makes_no_negative_cost() -> None:
    slow = run(1000, 1, COST)
    fast = run(4000, 1, COST.model_copy(update={"per_job": 0.0, "memory_mb": 10.0}))
    found = cost_of(Probe(start_up=0.0, first=slow, few=(slow,), many=(fast,), cut=fast))
    assert min(getattr(found, name) for name in type(found).model_fields) >= 0
    assert not found.is_known


def test_an_error_is_what_repeated_jobs_differ_by() -> None:
    """The least of them counts, since whatever disturbs makes a job longer."""
    few, many = run(1000, 1, COST), run(4000, 1, COST)
    several = tuple(many.model_copy(update={"cpu": many.cpu + more}) for more in (90.0, 0.0, 3.0))
    found = cost_of(
        Probe(start_up=0.0, first=few, few=(few,), many=several, cut=run(4000, 4, COST))
    )
    assert found.per_event == pytest.approx(COST.per_event)
    # of one job a twentieth is allowed for
    assert found.per_job_error == pytest.approx(few.cpu / 20)
    assert found.per_event_error == pytest.approx((few.cpu / 20 + 3.0) / 3000)
    assert found.error(100) == pytest.approx(few.cpu / 20 + 100 * found.per_event_error)


def test_nothing_is_known_of_events_that_take_less_than_jobs_differ_by() -> None:
    assert COST.model_copy(update={"per_event_error": 0.4e-4}).is_known
    assert not COST.model_copy(update={"per_event_error": 0.6e-4}).is_known
    # a job surely takes no longer than asked for
    sure = COST.model_copy(update={"per_event_error": 1e-4, "per_job_error": 2.0})
    n = sure.events_in(3600, 50_000)
    assert sure.seconds(n, n // 50_000) + sure.error(n) <= 3600
    assert n == 17_000_000
