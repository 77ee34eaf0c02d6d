from typing import Any

import pytest

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.engines import Site
from higgsflow.model.jobs import OF_SITES, JobsManager, Resources


def test_nothing_may_be_lost_by_default() -> None:
    assert JobsManager().min_completion == 1.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_completion": 0.0},
        {"min_completion": 1.01},
        {"n_events_per_output": 0},
        {"n_events_per_block": 0},
        {"n_workers": 0},
        {"attempts": 0},
        {"time_limit": 0.0},
        {"memory_mb": 0.0},
        {"growth": 1.0},
        {"defects": 0},
        {"time_limit": 60.0, "max_time_limit": 59.0},
        {"memory_mb": 100.0, "max_memory_mb": 99.0},
        {"retry_delay": -1.0},
        {"stragglers": "kill"},
        {"batch": "lsf"},
    ],
)
def test_values_out_of_bounds_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfiguration, match=next(iter(wrong))):
        JobsManager(**wrong)


def test_times_and_memory_are_written_as_in_the_file_of_sites() -> None:
    asked = {"time_limit": "1 h", "max_time_limit": "0.5 d", "retry_delay": "2 min"}
    found = JobsManager(**asked, max_retry_delay="90 s", memory_mb="2 GB", max_memory_mb="3G")
    assert (found.time_limit, found.max_time_limit) == (3600.0, 43200.0)
    assert (found.retry_delay, found.max_retry_delay) == (120.0, 90.0)
    assert (found.memory_mb, found.max_memory_mb) == (2048.0, 3072.0)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"time_limit": "1 hour"}, "time_limit: '1 hour' is no time: use a number and one of s, "),
        ({"memory_mb": "2 TB"}, "memory_mb: '2 TB' is no size: use a number and one of MB, "),
    ],
)
def test_other_spellings_are_told_the_units(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidConfiguration, match=told):
        JobsManager(**wrong)


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ({"batch": "slurm", "partition": "short"}, "'partition' .*slurm"),
        ({"batch": "htcondor", "site": "lxplus"}, "'site' .*htcondor"),
        ({"cores": 4}, "'cores' .*htcondor"),
    ],
)
def test_what_jobs_ask_for_at_a_site_is_told_its_place(asked: dict[str, Any], page: str) -> None:
    with pytest.raises(InvalidConfiguration, match=rf"{page}\.md"):
        JobsManager(**asked)


def test_these_are_settings_of_sites_or_other_names_of_them() -> None:
    other_names = {"site", "partition"}
    assert {*OF_SITES} - other_names <= {*Site.model_fields}
    assert not {*OF_SITES} & {*JobsManager.model_fields}


def test_unknown_key_offers_the_nearest() -> None:
    with pytest.raises(InvalidConfiguration, match="did you mean 'min_completion'"):
        JobsManager(min_complete=0.9)


def test_the_most_is_four_times_the_first_unless_it_is_said() -> None:
    first = Resources(memory_mb=1000.0, time_limit=60.0)
    assert JobsManager().most(first) == Resources(memory_mb=4000.0, time_limit=240.0)
    said = JobsManager(max_memory_mb=1500.0, max_time_limit=3600.0)
    assert said.most(first) == Resources(memory_mb=1500.0, time_limit=3600.0)


def test_the_most_is_never_less_than_the_first() -> None:
    """A sample may ask an engine for more than is allowed in general."""
    first = Resources(memory_mb=9000.0)
    assert JobsManager(max_memory_mb=1500.0).most(first).memory_mb == 9000.0
