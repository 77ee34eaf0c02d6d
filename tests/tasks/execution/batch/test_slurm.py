"""The translation; that Slurm takes it is seen in tests/engines."""

from __future__ import annotations

from pathlib import Path

from higgsflow.model.engines import Site
from higgsflow.model.jobs import Resources
from tasks.execution.batch.engine import Request
from tasks.execution.batch.slurm import arguments

ASKED = Resources(memory_mb=1000.5, time_limit=600)


def command(site: Site, asked: Resources = ASKED, submit: str = "/submit") -> list[str]:
    folder = Path(submit) / "token"
    return arguments(Request("owner", "token", folder, folder / "job.sh", [asked], 3), 0, site)


def test_neutral_names_are_translated() -> None:
    site = Site(
        engine="slurm", cores=4, queue="short", account="cms", extra_lines=("--constraint=ssd",)
    )
    found = command(site)
    for option in (
        "--cpus-per-task=4",
        "--partition=short",
        "--account=cms",
        "--mem=1001M",
        "--time=11",
        "--constraint=ssd",
        "--output=/submit/token/0.out",
    ):
        assert option in found
    assert found[-3:] == ["/submit/token/job.sh", "token", "0"]


def test_folder_with_a_percent_sign_stays_what_it_is() -> None:
    """Slurm fills in the number of the job for `%j`, and only where it prints."""
    found = command(Site(engine="slurm"), submit="/50 %j")
    assert "--output=/50 %%j/token/0.out" in found
    assert "--chdir=/50 %j/token" in found


def test_what_is_not_said_is_left_to_the_cluster() -> None:
    found = command(Site(engine="slurm"), Resources())
    assert not [o for o in found if o.startswith(("--mem", "--time", "--partition", "--account"))]


def test_the_engine_waits_for_the_node_to_end_a_job_that_takes_too_long() -> None:
    """Slurm counts in minutes, and starting takes some seconds of one."""
    assert "--time=2" in command(Site(engine="slurm"), Resources(time_limit=10))
