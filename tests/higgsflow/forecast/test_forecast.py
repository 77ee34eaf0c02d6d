from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from higgsflow import Analysis
from higgsflow.catalog.load import load_analysis
from higgsflow.errors import UserError
from higgsflow.events.index import FileIndex, SampleIndex
from higgsflow.forecast.cost import Cost
from higgsflow.forecast.entries import Entries
from higgsflow.forecast.forecast import Start, _pair_forecast, _suggested, forecast
from higgsflow.forecast.probe import Probe, Run

if TYPE_CHECKING:
    from conftest import Lab

    from higgsflow.model.analysis import AnalysisModel


@pytest.fixture
def toy(lab: Lab) -> Lab:
    """Its taggers are found by the process that runs the probe, too."""
    lab.content["python_path"] = [str(lab.taggers.parent)]
    sys.path.insert(0, str(lab.taggers.parent))
    return lab


def loaded(lab: Lab) -> AnalysisModel:
    return load_analysis(lab.write())


def test_every_sample_and_year_is_probed_and_those_that_cannot_be_are_told(toy: Lab) -> None:
    toy.data["files"]["2017"] = str(toy.folder / "nowhere.root")
    toy.sig["files"]["2018"] = str(toy.files / "Sig_2018_*.root")
    found = forecast(loaded(toy), n_events=1000, job_length=60.0)
    by_name = {f"{pair.sample} {pair.year}": pair for pair in found.pairs}
    assert set(by_name) == {"Sig 2017", "Sig 2018", "Data 2017"}
    assert by_name["Data 2017"].problem.startswith("no file")
    assert by_name["Data 2017"].n_jobs == 0
    for name in ("Sig 2017", "Sig 2018"):
        pair = by_name[name]
        assert (pair.n_entries, pair.n_probed, pair.n_jobs) == (80, 80, 2)
        assert not pair.is_estimated
        assert pair.cpu_hours > 0
        assert pair.memory_mb > 20
        assert pair.output_bytes > 0
        assert pair.cpu_hours_error > 0
        # never more than there are
        assert (pair.suggested, pair.in_one_job) == (80, True)
    assert found.n_workers == 2
    assert found.start_up > 0
    assert found.n_jobs == 4


def indexed(*n_entries: int) -> Entries:
    files = tuple(
        FileIndex(url=f"/{i}", uuid=str(i), size=1, mtime_ns=1, n_entries=n, schema_id="s",
                  clusters=(0, n), kind="whole")
        for i, n in enumerate(n_entries)
    )  # fmt: skip
    return Entries(files, sum(n_entries), SampleIndex(files=files, schemas={}))


def test_the_largest_job_says_how_much_memory_and_time_jobs_need(toy: Lab) -> None:
    toy.jobs["n_events_per_output"] = 100
    analysis = loaded(toy)
    few, many = (
        Run(n_events=n, n_blocks=1, cpu=0.01 * n, wall=0.01 * n, peak_memory_mb=100.0 + n,
            output_bytes=10 * n, table_bytes=0)
        for n in (10, 40)
    )  # fmt: skip
    probed = Probe(start_up=0.0, first=few, few=(few,), many=(many,), cut=many)
    start = Start(0.0, 0.0, n_workers=2)
    entries = indexed(30, 100, 20)
    found = _pair_forecast(analysis, analysis.samples.pairs[0], (entries, probed), start, 60.0)
    assert (found.n_jobs, found.memory_mb) == (3, pytest.approx(200.0))
    assert found.job_seconds == pytest.approx(1.0)
    assert found.cpu_hours == pytest.approx(1.5 / 3600)
    assert found.output_bytes == pytest.approx(1500.0)


def test_an_analysis_forecasts_itself(toy: Lab) -> None:
    """A process of its own takes the objects of Python, too."""
    toy.without_data().write()
    found = Analysis.from_yaml(toy.path).forecast(n_events=40)
    assert [(pair.sample, pair.n_probed, pair.problem) for pair in found.pairs] == [("Sig", 40, "")]


def test_few_events_of_a_large_sample_suggest_nothing(toy: Lab) -> None:
    """All that four events differ from one by is noise; so it would be of 40,000."""
    toy.without_data()
    toy.jobs["n_events_per_block"] = 10
    (pair,) = forecast(loaded(toy), n_events=4, job_length=1e-6).pairs
    assert (pair.n_entries, pair.suggested, pair.in_one_job) == (80, 0, False)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("raise ZeroDivisionError('mine')", "ZeroDivisionError: mine"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        # a class that is made of something else than it says
        ("raise type('Own', (Exception,), {'__init__': lambda *_: None})", "Own: "),
        ("__import__('os')._exit(3)", "the process that ran the probe ended"),
    ],
)
def test_code_of_users_that_fails_is_told(toy: Lab, code: str, problem: str) -> None:
    toy.taggers.write_text(toy.taggers.read_text().replace("return events.run > 0", code))
    found = forecast(loaded(toy), n_events=10, sample="Sig", year="2017")
    (pair,) = found.pairs
    assert pair.problem.startswith(problem)
    in_own_line = pair.problem.endswith(f"of {toy.taggers}")
    assert in_own_line == ("ended" not in problem)
    assert found.suggested == 0


def test_jobs_are_as_long_as_configurations_say_times(toy: Lab) -> None:
    found = forecast(loaded(toy), n_events=10, job_length="2 h", sample="Sig", year="2017")
    assert found.job_length == 7200.0


def test_names_and_numbers_that_make_no_sense_are_told(toy: Lab) -> None:
    analysis = loaded(toy)
    for arguments, message in (
        ({"n_events": 0}, "a probe is of a whole number of events, not 0"),
        ({"n_events": 1.5}, "a probe is of a whole number of events, not 1.5"),
        ({"n_events": "many"}, "a probe is of a whole number of events, not 'many'"),
        ({"job_length": float("inf")}, "a length above 0 seconds"),
        ({"job_length": "0 h"}, "a length above 0 seconds, not '0 h'"),
        ({"job_length": "2 hours"}, "'2 hours' is no time: use a number and one of s, min"),
        ({"sample": "Sgi"}, "no sample 'Sgi'"),
        ({"year": "2071"}, "no year '2071'"),
    ):
        with pytest.raises(UserError, match=message):
            forecast(analysis, **arguments)  # type: ignore[arg-type]


def test_processes_are_warm_here_and_start_for_each_job_at_an_engine() -> None:
    here, engine = Start(2.0, 0.5, n_workers=4), Start(2.0, 0.5, n_workers=None)
    assert (here.of_jobs(100), here.of_one) == (0.0, 0.0)
    assert (engine.of_jobs(100), engine.of_one) == (250.0, 2.5)


def test_a_suggestion_fits_the_memory_that_jobs_are_given() -> None:
    cost = Cost(
        per_job=1.0, per_block=0.0, per_event=1e-4, memory_mb=200.0, block_mb=0.0, table_mb=1e-4,
        output_per_job=0.0, output_per_event=0.0,
    )  # fmt: skip
    assert _suggested(cost, None, 3600.0, 50_000) == 35_000_000
    n = _suggested(cost, 1000.0, 3600.0, 50_000)
    assert cost.memory(n, 50_000) <= 1000.0 < cost.memory(2 * n, 50_000)
    assert _suggested(cost, 10.0, 3600.0, 50_000) == 50_000
