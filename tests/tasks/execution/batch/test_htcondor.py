"""The translation; that HTCondor takes it is seen in tests/engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from higgsflow.catalog.engines import load_engines
from higgsflow.errors import InvalidConfiguration
from higgsflow.model.engines import Site
from higgsflow.model.jobs import Resources
from tasks.execution.batch.engine import Request
from tasks.execution.batch.htcondor import describe, submitted

SMALL = Resources(memory_mb=1000, time_limit=600)
LARGE = Resources(memory_mb=4000, time_limit=10 * 3600)


def request(*resources: Resources) -> Request:
    return Request("owner", "token", Path("/submit/token"), Path("/submit/job.sh"), resources, 3)


def lines(site: Any, *resources: Resources) -> list[str]:
    return describe(request(*resources), site).splitlines()


def test_one_cluster_asks_for_each_job_what_that_one_needs() -> None:
    found = lines(Site(engine="htcondor"), SMALL, LARGE)
    start = found.index("queue number,seconds,memory,flavour from (")
    assert found[start + 1 : start + 3] == ["0, 660, 1000, none", "1, 36060, 4000, none"]
    assert "request_memory = $(memory)" in found


def test_at_lxplus_the_shortest_flavour_that_is_long_enough_is_used() -> None:
    site = load_engines().settings("lxplus", "ProcessSample", "Data", "2017")
    found = lines(site, SMALL, LARGE)
    assert '+JobFlavour = "$(flavour)"' in found
    assert "MY.SendCredential = True" in found
    start = found.index("queue number,seconds,memory,flavour from (")
    assert [line.split(", ")[-1] for line in found[start + 1 : start + 3]] == [
        "espresso",
        "tomorrow",
    ]


def test_at_the_naf_the_run_time_is_said_as_it_is_wanted_there() -> None:
    site = load_engines().settings("naf", "ProcessSample", "Data", "2017")
    assert "+RequestRuntime = $(seconds)" in lines(site, SMALL)


def test_neutral_names_are_translated() -> None:
    site = Site(
        engine="htcondor",
        cores=4,
        account="group_u_CMS",
        container="/cvmfs/image",
        proxy="/tmp/x509up",
        extra_lines=("+Special = True",),
    )
    found = lines(site, SMALL)
    for line in (
        "request_cpus = 4",
        "accounting_group = group_u_CMS",
        'MY.SingularityImage = "/cvmfs/image"',
        "x509userproxy = /tmp/x509up",
        "+Special = True",
    ):
        assert line in found


def test_folder_with_a_dollar_sign_stays_what_it_is() -> None:
    """It fills in `$(number)` wherever it stands."""
    folder = Path("/a $(number)")
    asked = Request("owner", "token", folder, folder / "job.sh", (SMALL,), 3)
    found = describe(asked, Site(engine="htcondor")).splitlines()
    for line in (
        "initialdir = /a $(DOLLAR)(number)",
        "executable = /a $(DOLLAR)(number)/job.sh",
    ):
        assert line in found


def test_held_jobs_do_not_stay() -> None:
    assert any(
        line.startswith("periodic_remove = JobStatus == 5")
        for line in lines(Site(engine="htcondor"), SMALL)
    )


def test_a_queue_means_nothing_without_flavours() -> None:
    with pytest.raises(InvalidConfiguration, match="queue 'short' has no meaning"):
        lines(Site(engine="htcondor", queue="short"), SMALL)


def test_ids_are_those_of_the_answer_in_its_order() -> None:
    assert submitted("7.0 - 7.2\n") == {0: "7.0", 1: "7.1", 2: "7.2"}
    assert submitted("7.0 - 7.1\n8.0 - 8.0\n") == {0: "7.0", 1: "7.1", 2: "8.0"}
    assert submitted("no such answer") == {}
