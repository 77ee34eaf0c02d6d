import pytest

from higgsflow.records.lumi_coverage import SampleCoverage, year_coverage
from higgsflow.report.lumi_sections import coverages, luminosity, missing_of, numbers


def coverage(processed, missing, **more):
    content = {
        "n_certified": 10_000,
        "n_processed": 9_999,
        "coverage": 99.99999,
        "processed": {"1": processed},
        "missing": {"1": missing} if missing else {},
        "runs": (1,),
        "notes": ("some <note>",),
        "n_in_files": 10_000,
    }
    return SampleCoverage(**{**content, **more})


@pytest.fixture
def with_lumi(make_summary):
    def build(names=("Data",)):
        entries = tuple((name, "data", "data", False, 1.0) for name in names)
        summary = make_summary(samples=entries)
        found = {name: coverage([[1, 9]], [[10, 10]]) for name in names}
        samples = tuple(
            s.model_copy(update={"lumisections": found[s.sample]}) for s in summary.samples
        )
        years = {year: year_coverage(found) for year in ("2017", "2018")}
        return summary.model_copy(update={"samples": samples, "lumisections": years})

    return build


def test_sample_alone_is_the_year(with_lumi):
    assert [(n, y) for n, y, _ in coverages(with_lumi())] == [("Data", "2017"), ("Data", "2018")]


def test_year_of_several_samples_has_a_row_of_its_own(with_lumi):
    names = [n for n, year, _ in coverages(with_lumi(("EGamma", "Muon"))) if year == "2017"]
    assert names == ["EGamma", "Muon", "all data"]


def test_coverage_is_never_rounded_up():
    assert numbers(coverage([[1, 9]], [[10, 10]])) == ("10,000", "9,999", "99.99%", "1")


def test_without_golden_json_nothing_is_certified():
    none = coverage([[1, 9]], [], n_certified=None, coverage=None)
    assert numbers(none) == ("-", "9,999", "-", "-")


def test_missing_lumisections_are_named():
    assert "10" in missing_of(coverage([[1, 9]], [[10, 10]]), 3)
    assert missing_of(coverage([[1, 10]], []), 3) == ""


def test_section_has_numbers_and_notes(with_lumi):
    text = luminosity(with_lumi()).text
    assert "99.99%" in text
    assert "Data (2018): some &lt;note&gt;" in text


def test_simulation_has_no_processed_luminosity(make_summary):
    assert "No data." in luminosity(make_summary()).text
