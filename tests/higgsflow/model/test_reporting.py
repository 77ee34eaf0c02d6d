import pytest
from pydantic import TypeAdapter, ValidationError

from higgsflow.errors import InvalidConfiguration, UnknownName
from higgsflow.model.reporting import Reporting, Sentinels, YearGroups, check_year_groups

KNOWN = {"2016UL_preVFP": 1, "2016UL_postVFP": 2, "2017": 3}


def groups(content):
    return TypeAdapter(YearGroups).validate_python(content)


def test_years_and_names_of_groups_are_text():
    assert groups({2016: [2015, "2016b"]}) == {"2016": ("2015", "2016b")}


def test_group_needs_a_year():
    with pytest.raises(ValidationError, match="at least 1"):
        groups({"2016": []})
    with pytest.raises(ValidationError, match="valid tuple"):
        groups({"2016": "2016UL_preVFP"})


def test_group_of_known_years_is_fine():
    check_year_groups(groups({"2016": ["2016UL_preVFP", "2016UL_postVFP"]}), KNOWN)


def test_unknown_year_names_the_nearest():
    with pytest.raises(UnknownName, match="2016UL_preVFP"):
        check_year_groups(groups({"2016": ["2016UL_preVPF"]}), KNOWN)


@pytest.mark.parametrize("name", ["2017", "all"])
def test_group_cannot_be_named_like_a_year(name):
    with pytest.raises(InvalidConfiguration, match="named like a year"):
        check_year_groups(groups({name: ["2017"]}), KNOWN)


def test_threshold_that_makes_no_sense_is_an_error():
    with pytest.raises(ValidationError):
        Sentinels(mean_factor=0)
    with pytest.raises(ValidationError, match="did you mean 'coverage'"):
        Sentinels.model_validate({"covrage": 95})


def test_energy_may_be_a_number():
    assert Reporting.model_validate({"energy": 13.6}).energy == "13.6"


def test_unknown_option_of_the_report_names_the_nearest():
    with pytest.raises(ValidationError, match="did you mean 'files'"):
        Reporting.model_validate({"file": ["png"]})
