from __future__ import annotations

from higgsflow.forecast.content import Forecast, PairForecast
from higgsflow.forecast.cost import Cost
from higgsflow.forecast.text import render

PAIR = PairForecast(
    sample="DYJetsToLL_M50", year="2016UL_preVFP", n_entries=123_456_789, is_estimated=True,
    n_probed=5000, n_jobs=124, cpu_hours=12.3456, cpu_hours_error=0.987, job_seconds=358.4,
    memory_mb=1234.5, output_bytes=4.56e9, suggested=1_200_000,
)  # fmt: skip
BAD = PairForecast(sample="B", year="2017", problem="no file 'x' for B (2017)\n  nearest: y")


def told(**changes: object) -> str:
    forecast = Forecast(
        analysis="a", n_events_per_output=1_000_000, job_length=3600.0, n_workers=4, start_up=1.5,
        warm_up=0.5, free_bytes=50_000_000_000, pairs=(PAIR, BAD),
    )  # fmt: skip
    text = render(forecast.model_copy(update=changes))
    assert max(map(len, text.splitlines())) <= 100
    return text


def test_one_job_is_one() -> None:
    lone = PAIR.model_copy(update={"n_jobs": 1})
    assert "\n1 job with n_events_per_output 1000000: " in told(pairs=(lone,))


def test_a_line_for_each_sample_and_all_together() -> None:
    text = told()
    numbers, suggested = (line for line in text.splitlines() if "DYJets" in line)
    assert suggested.split() == ["DYJetsToLL_M50", "2016UL_preVFP", "1200000"]
    assert numbers.split() == [
        "DYJetsToLL_M50", "2016UL_preVFP",
        "~123456789", "~124", "12.3", "+-", "0.99", "358", "2.78e+03",
        "1234", "4.56", "GB",
    ]  # fmt: skip
    for words in (
        "124 jobs with n_events_per_output 1000000: 12.3 +- 0.99 CPU hours",
        "on 4 cores about 3.09 h",
        "outputs and merged files: 9.12 GB, of 50 GB that are free",
        "for jobs of 1 h: n_events_per_output: 1200000",
        "no forecast of B (2017): no file 'x' for B (2017)",
    ):
        assert words in text


def test_what_is_in_the_way_of_many_is_told_once() -> None:
    many = [
        BAD.model_copy(update={"sample": f"S{i}", "problem": "KeyError: 'x'"}) for i in range(9)
    ]
    text = told(pairs=(PAIR, *many[:2], BAD, *many[2:]))
    assert text.count("KeyError") == 1
    assert "no forecast of S0 (2017), S1 (2017), S2 (2017)," in text
    assert "and 1 more: KeyError: 'x'" in " ".join(text.split())
    assert "no forecast of B (2017): no file 'x' for B (2017)" in text


def test_of_too_few_events_nothing_is_suggested() -> None:
    cost = Cost(
        per_job=1.0, per_block=0.0, per_event=1e-5, per_event_error=1e-4, memory_mb=200.0,
        block_mb=0.0, table_mb=1e-4, output_per_job=0.0, output_per_event=0.0,
    )  # fmt: skip
    unknown = PAIR.model_copy(update={"suggested": 0, "n_probed": 50, "cost": cost})
    text = told(pairs=(unknown,))
    assert "n_events_per_output: " not in text
    assert " ?" in text
    assert (
        "50 events are too few to suggest anything for DYJetsToLL_M50 (2016UL_preVFP): probe more"
        in " ".join(text.split())
    )


def test_a_sample_that_fits_into_a_job_is_one() -> None:
    small = PAIR.model_copy(update={"in_one_job": True, "suggested": 5737})
    text = told(pairs=(small,))
    assert "one job" in text
    assert "for one job each: n_events_per_output: 5737" in text


def test_an_engine_starts_a_process_for_each_job() -> None:
    assert "2 s of each job are its start" in told(n_workers=None)
    assert "for jobs of 5 min" in told(job_length=300.0)
