from typing import Any

import pytest

from higgsflow.errors import InvalidConfiguration, UnknownName
from higgsflow.model.sample import DataSample, SimulatedSample
from higgsflow.model.samples import Samples, select_names

TTH: dict[str, Any] = {"name": "ttH_M125", "kind": "simulation", "xs": 0.5071, "bf": 0.00227}
DATA: dict[str, Any] = {"name": "Data", "kind": "data", "files": {"2017": "data.root"}}
YEARS = {"2017": {"luminosity": 41.5}, "2018": {"luminosity": 59.8}}


def simulated(**more: Any) -> SimulatedSample:
    return SimulatedSample(**{**TTH, "files": {"2017": ["a.root"], "2018": ["b.root"]}, **more})


def samples(**more: Any) -> Samples:
    content = {"samples": [simulated()], "years": YEARS, "selected_years": ["2017"], **more}
    return Samples.model_validate(content)


def test_only_selected_years_with_files_are_pairs() -> None:
    one_year = simulated(name="ggH", files={"2018": ["c.root"]})
    both = samples(samples=[simulated(), one_year], selected_years=["2017", "2018"])
    assert [pair.name for pair in both.pairs] == [
        "ttH_M125 (2017)",
        "ttH_M125 (2018)",
        "ggH (2018)",
    ]


def test_unknown_sample_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'ttH_M125'"):
        samples().pair("ttH_M215", "2017")


def test_unknown_year_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"no year '2016' in sample 'ttH_M125'.*'2017'"):
        samples().pair("ttH_M125", "2016")


def test_pair_is_found_by_name() -> None:
    assert samples().pair("ttH_M125", "2017").era.luminosity == 41.5


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"selected_years": ["2016"]}, "no luminosity for year '2016'"),
        ({"samples": [simulated(), simulated()]}, "sample name 'ttH_M125' is given twice"),
        ({"samples": [simulated(process_id=1), simulated(name="a", process_id=1)]}, "process_id"),
        ({"samples": []}, "none of the samples has files"),
        ({"samples": [DataSample(**DATA)]}, r"no golden JSON for Data \(2017\)"),
    ],
)
def test_inconsistent_samples_are_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises((UnknownName, InvalidConfiguration), match=told):
        samples(**change)


@pytest.mark.parametrize("year", [{"golden_json": "/x/golden.json"}, {"apply_golden_json": False}])
def test_data_is_certified_or_says_that_it_is_not(year: dict[str, Any]) -> None:
    assert samples(samples=[DataSample(**DATA)], years={2017: {"luminosity": 41.5, **year}}).pairs


def test_json_round_trip_gives_equal_samples() -> None:
    data = DataSample(**DATA)
    full = samples(
        samples=[simulated(xs={"2017": 1.0, "2018": 2.0}, skim={"2017": True}), data],
        years={"2017": {"luminosity": 41.5, "apply_golden_json": False}},
    )
    assert Samples.model_validate_json(full.model_dump_json(by_alias=True)) == full


@pytest.mark.parametrize(
    ("patterns", "chosen"),
    [
        (("b",), ("b",)),
        (("*",), ("a1", "a2", "b")),
        (("b", "a*"), ("b", "a1", "a2")),
        (("a1", "*"), ("a1", "a2", "b")),
    ],
)
def test_names_are_selected_once_in_the_order_of_the_patterns(
    patterns: tuple[str, ...], chosen: tuple[str, ...]
) -> None:
    assert select_names(patterns, ("a1", "a2", "b"), "sample") == chosen


def test_pattern_that_selects_nothing_is_an_error() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'ttH_M125'"):
        select_names(("ttH_M12",), ("ttH_M125",), "sample")


def test_year_is_selected_once() -> None:
    with pytest.raises(InvalidConfiguration, match="selected year '2017' is given twice"):
        samples(selected_years=["2017", "2018", "2017"])


def test_an_alternative_has_a_process_of_its_own() -> None:
    other = {"name": "ttH_M120", "process_id": 7, "alternative": True}
    found = samples(samples=[simulated(), simulated(**other)])
    assert [pair.is_alternative for pair in found.pairs] == [False, True]
    with pytest.raises(InvalidConfiguration, match="'ttH' has ttH_M120, an alternative, be"):
        samples(samples=[simulated(process="ttH"), simulated(**other, process="ttH")])


def test_triggers_that_nobody_asks_for_are_refused() -> None:
    data = DataSample(**DATA, triggers=["HLT_a"])
    content = {
        "samples": [simulated(), data],
        "years": {"2017": {**YEARS["2017"], "apply_golden_json": False}},
    }
    with pytest.raises(InvalidConfiguration, match="nobody asks for the triggers of 'Data'"):
        samples(**content)
    found = samples(**content, primary_datasets=["Data"])
    assert [pair.dataset is None for pair in found.pairs if pair.is_data] == [False]
