from __future__ import annotations

from typing import Any

from higgsflow.normalization import Normalization
from higgsflow.records.lumi_coverage import SampleCoverage, YearCoverage
from higgsflow.report.content import SampleSummary
from higgsflow.report.year_sentinels import about_luminosities, about_years, eras_of_one_golden

Pairs = tuple[tuple[int, int], ...]


def sample(name: str, year: str, process: str = "Data", **processed: Pairs) -> Any:
    known = {run.removeprefix("run"): pairs for run, pairs in processed.items()}
    coverage = SampleCoverage.model_construct(processed=known)
    return SampleSummary.model_construct(
        sample=name, year=year, process=process, lumisections=coverage
    )


def test_lumisections_of_two_years_are_an_error() -> None:
    early = sample("Data", "2016UL_preVFP", run1=((1, 20),), run2=((1, 5),))
    late = sample("Data", "2016UL_postVFP", run2=((4, 9),), run3=((1, 2),))
    (found,) = about_years([early, late])
    assert (found.kind, found.where, found.severity) == ("counted twice", "Data", "error")
    assert found.text.startswith("2 lumisections are in 2016UL_preVFP and in 2016UL_postVFP")
    assert found.text.endswith("2: 4-5")


def test_primary_datasets_and_other_processes_may_share_them() -> None:
    shared: dict[str, Any] = {"run1": ((1, 20),)}
    of_year = [sample(name, "2017", **shared) for name in ("EGamma", "Muon")]
    control = sample("Control", "2018", process="Control", **shared)
    simulated = SampleSummary.model_construct(process="ttH", year="2018", lumisections=None)
    assert not list(about_years([*of_year, control, simulated]))


def test_a_later_dataset_may_share_them_with_another_year() -> None:
    parts = [sample("A", "2017", run1=((1, 2),)), sample("B", "2017", run2=((7, 7),))]
    (found,) = about_years([*parts, sample("C", "2018", run2=((1, 9),))])
    assert found.text.endswith("2: 7")


def test_a_luminosity_in_other_units_is_a_warning() -> None:
    """Whatever `higgsflow check` says, for who does not ask it: all yields are a thousand times."""
    years = {"2017": 41_500.0, "2018": 59.8}
    samples = [
        SampleSummary.model_construct(
            year=year, normalization=Normalization.model_construct(luminosity=luminosity)
        )
        for year, luminosity in years.items()
    ]
    (found,) = about_luminosities([*samples, samples[0]])
    assert (found.kind, found.where, found.severity) == ("luminosity", "2017", "warning")
    assert found.text == ("41500 fb^-1, more than the LHC will have: is it in pb^-1? Then say 41.5")


def of_year(n_certified: int | None, processed: Any, missing: Any) -> Any:
    return YearCoverage.model_construct(
        processed=processed, missing=missing, n_certified=n_certified
    )


def test_eras_of_one_golden_json_are_counted_together() -> None:
    years = {
        "2016UL_preVFP": of_year(30, {"1": ((1, 10),)}, {"1": ((11, 20),), "2": ((1, 10),)}),
        "2016UL_postVFP": of_year(30, {"2": ((1, 9),)}, {"1": ((1, 20),), "2": ((10, 10),)}),
        "2017": of_year(5, {"3": ((1, 4),)}, {"3": ((5, 5),)}),
        "2018": of_year(None, {"3": ((1, 5),)}, {}),
    }
    assert eras_of_one_golden(years) == {("2016UL_preVFP", "2016UL_postVFP"): (19, 30)}
