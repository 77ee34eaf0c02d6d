from __future__ import annotations

import pytest
from pydantic import ValidationError

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.engines import Engines

SITES = {
    "lxplus": {"engine": "htcondor", "hosts": "lxplus*"},
    "naf": {"engine": "htcondor", "hosts": ["naf-*.desy.de"], "memory": "1 GB"},
    "cluster": {"engine": "slurm"},
}


def engines(*rules: dict[str, object]) -> Engines:
    return Engines.model_validate({"sites": SITES, "rules": rules})


@pytest.mark.parametrize(
    ("engine", "host", "expected"),
    [
        ("htcondor", "lxplus701.cern.ch", "lxplus"),
        ("htcondor", "naf-cms11.desy.de", "naf"),
        ("slurm", "anywhere", "cluster"),
    ],
)
def test_the_machine_decides_on_the_site(engine: str, host: str, expected: str) -> None:
    assert engines().site_name(engine, host) == expected


def test_a_machine_without_a_site_is_an_error_that_lists_the_sites() -> None:
    with pytest.raises(InvalidConfiguration, match=r"lxplus \(lxplus\*\), naf") as error:
        engines().site_name("htcondor", "laptop")
    assert len(str(error.value).splitlines()) == 3


def test_later_rules_win_and_only_in_what_they_say() -> None:
    found = engines(
        {"memory": "2 GB", "run_time": "1 h"},
        {"sample": "DY*", "run_time": "8 h"},
        {"sample": "DY*", "year": ["2018"], "memory": "3 GB"},
    )
    ask = [found.settings("cluster", "ProcessSample", s, y) for s, y in (("DY_M50", "2018"),)]
    assert [(one.memory, one.run_time) for one in ask] == [(3072.0, 8 * 3600.0)]
    other = found.settings("cluster", "ProcessSample", "Data", "2018")
    assert (other.memory, other.run_time) == (2048.0, 3600.0)


def test_a_rule_may_be_about_a_task_or_a_site() -> None:
    found = engines({"site": "naf", "cores": 4}, {"task": "MergeSample", "cores": 8})
    assert found.settings("naf", "ProcessSample", "Data", "2018").cores == 4
    assert found.settings("cluster", "ProcessSample", "Data", "2018").cores == 1
    assert found.settings("naf", "MergeSample", "Data", "2018").cores == 8


def test_a_rule_without_memory_keeps_that_of_the_site() -> None:
    found = engines({"run_time": "2 h"}).settings("naf", "ProcessSample", "Data", "2018")
    assert found.memory == 1024.0


def test_variables_and_lines_add_up() -> None:
    found = engines(
        {"environment": {"A": "1", "B": "1"}, "extra_lines": "first"},
        {"environment": {"B": "2"}, "extra_lines": ["second"]},
    ).settings("cluster", "ProcessSample", "Data", "2018")
    assert found.environment == {"A": "1", "B": "2"}
    assert found.extra_lines == ("first", "second")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"memroy": "2 GB"}, "did you mean 'memory'"),
        ({"memory": "2 TB"}, "is no size"),
        ({"environment": {"A B": "1"}}, "is no name of a variable"),
        ({"extra_lines": "one\ntwo"}, "must be one line"),
        ({"queue": "a\nqueue 9999"}, "must be one line"),
        ({"cores": 0}, "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_told(rule: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        engines(rule)


def test_what_only_htcondor_has_is_refused_for_slurm() -> None:
    site = {"engine": "slurm", "flavours": {"espresso": "20 min"}}
    with pytest.raises(ValidationError, match="are of HTCondor"):
        Engines.model_validate({"sites": {"cluster": site}})
