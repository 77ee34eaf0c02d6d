from __future__ import annotations

from higgsflow.forecast.content import Forecast, PairForecast
from higgsflow.forecast.text import render

PAIRS = (
    PairForecast(sample="A", year="2017", n_jobs=3, cpu_hours=2.0, memory_mb=300.0,
                 output_bytes=1e6, suggested=4000),
    PairForecast(sample="B", year="2017", n_jobs=1, cpu_hours=1.0, memory_mb=700.0,
                 output_bytes=2e6, suggested=2000),
    PairForecast(sample="C", year="2017", problem="no files"),
)  # fmt: skip
ALL = Forecast(
    analysis="a", n_events_per_output=10, job_length=60.0, n_workers=2, start_up=1.0, warm_up=1.0,
    free_bytes=10, pairs=PAIRS,
)  # fmt: skip


def test_all_samples_together() -> None:
    assert (ALL.n_jobs, ALL.cpu_hours, ALL.output_bytes, ALL.memory_mb) == (4, 3.0, 3e6, 700.0)
    assert ALL.wall_hours == 1.5
    # the slowest decides; one without a forecast does not
    assert ALL.suggested == 2000


def test_samples_that_fit_into_a_job_decide_only_where_all_do() -> None:
    a, b = (pair.model_copy(update={"in_one_job": True}) for pair in PAIRS[:2])
    assert ALL.model_copy(update={"pairs": (PAIRS[0], b)}).suggested == 4000
    assert ALL.model_copy(update={"pairs": (a, b)}).suggested == 4000
    assert ALL.model_copy(update={"pairs": (a, PAIRS[1])}).suggested == 2000


def test_nothing_is_known_of_a_batch_engine_or_without_samples() -> None:
    assert ALL.model_copy(update={"n_workers": None}).wall_hours is None
    empty = ALL.model_copy(update={"pairs": PAIRS[2:]})
    assert (empty.suggested, empty.cpu_hours, empty.memory_mb) == (0, 0.0, 0.0)


def test_printed_it_is_what_the_command_shows() -> None:
    assert f"\n{ALL}\n" == render(ALL)
