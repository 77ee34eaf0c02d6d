from __future__ import annotations

from higgsflow.forecast.content import Forecast, PairForecast
from higgsflow.forecast.text import render

PAIR = PairForecast(
    sample="DYJetsToLL_M50", year="2016UL_preVFP", n_entries=123_456_789, is_estimated=True,
    n_probed=5000, n_jobs=124, cpu_hours=12.3456, job_seconds=358.4, memory_mb=1234.5,
    output_bytes=4.56e9, suggested=1_200_000,
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


def test_a_line_for_each_sample_and_all_together() -> None:
    text = told()
    numbers, suggested = (line for line in text.splitlines() if "DYJets" in line)
    assert suggested.split() == ["DYJetsToLL_M50", "2016UL_preVFP", "1200000"]
    assert numbers.split() == [
        "DYJetsToLL_M50", "2016UL_preVFP",
        "~123456789", "~124", "12.3", "358", "2.78e+03",
        "1234", "4.56", "GB",
    ]  # fmt: skip
    for words in (
        "124 jobs with n_events_per_output 1000000: 12.3 CPU hours",
        "on 4 cores about 3.09 h",
        "outputs and merged files: 9.12 GB, of 50 GB that are free",
        "for jobs of 1 h: n_events_per_output: 1200000",
        "no forecast of B (2017): no file 'x' for B (2017)",
    ):
        assert words in text


def test_an_engine_starts_a_process_for_each_job() -> None:
    assert "2 s of each job are its start" in told(n_workers=None)
    assert "for jobs of 5 min" in told(job_length=300.0)
