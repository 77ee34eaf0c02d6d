from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from higgsflow.errors import UnknownName
from higgsflow.model.sample import DataSample, Sample, SampleYear, SimulatedSample, Year, for_year

SAMPLE: TypeAdapter[Any] = TypeAdapter(Sample)
TTH: dict[str, Any] = {"name": "ttH_M125", "kind": "simulation", "xs": 0.5071, "bf": 0.00227}
DATA: dict[str, Any] = {"name": "Data", "kind": "data", "files": {"2017": "data.root"}}
YEARS = {"2017": {"luminosity": 41.5}, "2018": {"luminosity": 59.8}}


def simulated(**more: Any) -> SimulatedSample:
    return SimulatedSample(**{**TTH, "files": {"2017": ["a.root"], "2018": ["b.root"]}, **more})


def test_kind_decides_between_simulation_and_data() -> None:
    assert isinstance(SAMPLE.validate_python({**TTH, "files": {}}), SimulatedSample)
    assert isinstance(SAMPLE.validate_python(DATA), DataSample)


def test_kind_is_never_inferred() -> None:
    with pytest.raises(ValidationError, match="kind"):
        SAMPLE.validate_python({"name": "ttH", "files": {}})


def test_simulation_needs_a_cross_section() -> None:
    with pytest.raises(ValidationError, match="xs\n  Field required"):
        SAMPLE.validate_python({"name": "ttH", "kind": "simulation", "files": {}})


@pytest.mark.parametrize("xs", [True, {"2017": 0.5, "2018": True}])
def test_true_is_no_cross_section(xs: Any) -> None:
    """`xs: yes` would be 1 pb."""
    with pytest.raises(ValidationError, match="a number is needed"):
        simulated(xs=xs)


def test_data_has_no_cross_section() -> None:
    with pytest.raises(ValidationError, match="xs is forbidden for data"):
        SAMPLE.validate_python({**DATA, "xs": 1.0})


def test_unknown_key_offers_the_nearest() -> None:
    with pytest.raises(ValidationError, match="'flies', did you mean 'files'"):
        SAMPLE.validate_python({**TTH, "flies": {}})


def test_years_read_as_numbers_become_text() -> None:
    content = yaml.safe_load("{kind: simulation, name: a, xs: {2017: 1.0}, files: {2017: a.root}}")
    sample = SAMPLE.validate_python(content)
    assert sample.years == ("2017",)
    assert sample.xs == {"2017": 1.0}
    assert sample.files == {"2017": ("a.root",)}


def test_process_is_the_name_unless_given() -> None:
    assert simulated().process == "ttH_M125"
    assert simulated(process="ttH").process == "ttH"


def test_process_id_depends_on_the_name_only() -> None:
    assert simulated().process_id == simulated(xs=1.0, files={}).process_id
    assert simulated().process_id != simulated(name="ttH_M126").process_id
    assert 0 <= simulated().process_id < 2**31
    assert simulated(process_id=0).process_id == 0


@pytest.mark.parametrize("key", ["bf", "filter_efficiency"])
@pytest.mark.parametrize("value", [2.27, {"2017": 0.5, "2018": 50}])
def test_fractions_are_no_percentages(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=r"is no fraction: 0\.01 is a percent"):
        simulated(**{key: value})


@pytest.mark.parametrize("key", ["bf", "filter_efficiency", "k_factor"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan"), {"2017": 0.0}])
def test_factors_are_positive_numbers(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match="is not a positive number"):
        simulated(**{key: value})


def test_value_of_a_year() -> None:
    assert for_year(3.0, "2017", "xs") == 3.0
    assert for_year({"2017": 3.0}, "2017", "xs") == 3.0
    with pytest.raises(UnknownName, match="no year '2018' in xs of ttH"):
        for_year({"2017": 3.0}, "2018", "xs of ttH")


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ({}, ""),
        ({"skim": True}, "skim"),
        ({"partial": {"2017": True, "2018": False}}, "partial"),
        ({"skim": {"2017": False}}, ""),
    ],
)
def test_declared_kind_of_a_year(declared: dict[str, Any], kind: str) -> None:
    pair = SampleYear(sample=simulated(**declared), year="2017", era=Year(luminosity=1.0))
    assert pair.declared_kind == kind


@pytest.mark.parametrize(
    ("skim", "partial"),
    [(True, True), (True, {"2017": True}), ({2017: True}, True), ({2017: True}, {2017: True})],
)
def test_skim_and_partial_exclude_each_other(skim: Any, partial: Any) -> None:
    """One takes the sum that was generated, the other that of the events that are there."""
    with pytest.raises(ValidationError, match="2017 is declared both skim and partial"):
        simulated(skim=skim, partial=partial)


def test_years_may_be_of_different_kinds() -> None:
    skim, partial = {"2017": True, "2018": False}, {"2017": False, "2018": True}
    sample = simulated(files={"2017": "a", "2018": "b"}, skim=skim, partial=partial)
    kinds = [
        SampleYear(sample=sample, year=year, era=Year(luminosity=1.0)).declared_kind
        for year in sample.years
    ]
    assert kinds == ["skim", "partial"]


def test_data_declares_no_kind() -> None:
    pair = SampleYear(sample=DataSample(**DATA), year="2017", era=Year(luminosity=1.0))
    assert pair.is_data
    assert pair.declared_kind == ""


def test_sample_and_year_have_name_and_addresses() -> None:
    pair = SampleYear(sample=simulated(), year="2017", era=Year(luminosity=41.5))
    assert (pair.name, pair.addresses, pair.is_data) == ("ttH_M125 (2017)", ("a.root",), False)


@pytest.mark.parametrize("luminosity", [0.0, -1.0])
def test_luminosity_is_positive(luminosity: float) -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        Year(luminosity=luminosity)


@pytest.mark.parametrize("key", ["xs", "scale1fb"])
@pytest.mark.parametrize("value", [0.0, float("inf"), float("nan"), {"2017": float("-inf")}])
def test_scales_are_finite_and_not_zero(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match="is not a number to scale events with"):
        simulated(**{key: value})


def test_cross_section_may_say_its_unit() -> None:
    assert simulated(xs="507.1 fb").xs == 0.5071
    assert simulated(xs={2017: "507.1 fb", 2018: 0.51}).xs == {"2017": 0.5071, "2018": 0.51}
    for wrong in ("507.1 b", {"2017": "1 barn"}):
        with pytest.raises(ValidationError, match="is no cross section: use a number"):
            simulated(xs=wrong)


def test_interference_may_have_a_negative_cross_section() -> None:
    assert simulated(xs=-0.5, negative_denominator=True).xs == -0.5


@pytest.mark.parametrize("luminosity", [float("inf"), float("nan")])
def test_luminosity_is_finite(luminosity: float) -> None:
    with pytest.raises(ValidationError, match="luminosity"):
        Year(luminosity=luminosity)


@pytest.mark.parametrize("key", ["xs", "bf", "k_factor", "filter_efficiency", "skim", "scale1fb"])
def test_what_scales_simulation_is_forbidden_for_data(key: str) -> None:
    with pytest.raises(ValidationError, match=f"{key} is forbidden for data, remove it"):
        SAMPLE.validate_python({**DATA, key: 1.0})


@pytest.mark.parametrize("process_id", [-2, 2**31])
def test_process_id_fits_its_column(process_id: int) -> None:
    with pytest.raises(ValidationError, match="process_id"):
        simulated(process_id=process_id)
    assert simulated(process_id=2**31 - 1).process_id == 2**31 - 1


@pytest.mark.parametrize("addresses", [[], ()])
def test_year_without_files_is_refused(addresses: object) -> None:
    with pytest.raises(ValidationError, match="no addresses of files for year '2018'"):
        simulated(files={"2017": "a.root", "2018": addresses})


@pytest.mark.parametrize(
    "systematics",
    [
        {"weights": {"w": {"branches": {"up": "a"}}}},
        {"independent_collections": {"w": {"branches": {"up": "a"}, "branch_modified": "b"}}},
    ],
)
def test_data_have_corrections_only(systematics: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="'w' would never be applied: data have corr"):
        SAMPLE.validate_python({**DATA, "systematics": systematics})
    central = {"branches": {"central": "a"}, "branch_modified": "b"}
    assert SAMPLE.validate_python({**DATA, "systematics": {"corrections": {"w": central}}})


def test_data_are_no_alternative() -> None:
    with pytest.raises(ValidationError, match="alternative is forbidden for data"):
        SAMPLE.validate_python({**DATA, "alternative": True})
