"""The translation, and what answers mean; that Slurm itself agrees is seen in tests/engines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from higgsflow.model.engines import Site
from higgsflow.model.jobs import Resources
from tasks.execution.batch.engine import EngineError, NoAnswer, Request, Seen, this_user
from tasks.execution.batch.slurm import Slurm, arguments

if TYPE_CHECKING:
    from collections.abc import Callable

    # a program of Slurm, and what it does: lines of a shell
    Program = Callable[[str, str], None]

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


QUEUE = """cat <<'END'
hf.t.0|10|PENDING|Priority|
hf.t.1|11|PENDING|JobHeldUser|
hf.t.2|12|REQUEUE_HOLD|None|
hf.t.3|13|RUNNING|None|node7
hf.t.4|14|COMPLETING|BadConstraints|node7
hf.t.5|15|COMPLETED|None|node7
hf.t.6|16|PENDING|(ReqNodeNotAvail, UnavailableNodes:n|1)|
hf.other.0|20|RUNNING|None|node7
xx.t.0|21|RUNNING|None|node7
hf.t|22|RUNNING|None|node7
hf.t.x|23|RUNNING|None|node7
a line that is cut off
END"""


def test_what_the_queue_says_of_jobs_of_these_batches(program: Program, tmp_path: Path) -> None:
    program("squeue", QUEUE)
    found = Slurm(Site(engine="slurm")).look("owner", {"t"})
    assert found[("t", 0)] == Seen("10", "waiting", "PENDING")
    assert found[("t", 1)] == Seen("11", "held", "held: JobHeldUser")
    assert found[("t", 3)] == Seen("13", "running", "RUNNING", host="node7")
    phases = {number: seen.phase for (_, number), seen in found.items()}
    assert phases == {
        0: "waiting", 1: "held", 2: "held", 3: "running", 4: "running", 5: "ended", 6: "waiting",
    }  # fmt: skip
    assert f"--user {this_user()} " in (tmp_path / "squeue").read_text("utf-8")


def test_jobs_of_others_are_asked_for_too(program: Program, tmp_path: Path) -> None:
    program("squeue", "")
    program("sacct", "")
    Slurm(Site(engine="slurm")).look("owner", {"t"}, {"zoe", "ann"})
    Slurm(Site(engine="slurm")).past("owner", {("t", 0)}, {"zoe", "ann"})
    for name in ("squeue", "sacct"):
        given = (tmp_path / name).read_text("utf-8")
        assert f"--user {this_user()},ann,zoe " in given


PAST = """cat <<'END'
hf.t.0|10|COMPLETED|0:0|node7
hf.t.1|11|FAILED|3:0|node7
hf.t.2|12|CANCELLED by 1000|0:15|node7
hf.t.3|13|OUT_OF_MEMORY|0:125|node7
hf.other.4|14|FAILED|1:0|node7
something|15|FAILED|1:0|node7
END"""


def test_what_the_accounting_says_of_jobs_that_ended(program: Program, tmp_path: Path) -> None:
    program("sacct", PAST)
    asked = {("t", number) for number in range(4)}
    found = Slurm(Site(engine="slurm")).past("owner", asked)
    assert found == {
        ("t", 0): Seen("10", "ended", "COMPLETED", 0, "node7"),
        ("t", 1): Seen("11", "ended", "FAILED", 3, "node7"),
        ("t", 2): Seen("12", "ended", "CANCELLED by 1000", -15, "node7"),
        ("t", 3): Seen("13", "ended", "OUT_OF_MEMORY", -125, "node7"),
    }
    assert "--name hf.t.0,hf.t.1,hf.t.2,hf.t.3 " in (tmp_path / "sacct").read_text("utf-8")


def test_a_cluster_without_accounting_knows_nothing_of_the_past(program: Program) -> None:
    program("sacct", "echo Slurm accounting storage is disabled >&2; exit 1")
    assert Slurm(Site(engine="slurm")).past("owner", {("t", 0)}) == {}


def test_only_what_is_in_the_queue_is_cancelled(program: Program, tmp_path: Path) -> None:
    program("squeue", QUEUE)
    program("scancel", "")
    asked = {("t", 0), ("t", 3), ("t", 99), ("other", 0)}
    Slurm(Site(engine="slurm")).cancel("owner", asked)
    (given,) = (tmp_path / "scancel").read_text("utf-8").splitlines()
    assert sorted(given.split()) == ["--quiet", "10", "13", "20"]
    Slurm(Site(engine="slurm")).cancel("owner", {("t", 99)})
    assert len((tmp_path / "scancel").read_text("utf-8").splitlines()) == 1


def test_many_jobs_are_asked_for_in_parts(program: Program, tmp_path: Path) -> None:
    """A command line has an end."""
    program("sacct", "")
    Slurm(Site(engine="slurm")).past("owner", {("t", number) for number in range(450)})
    lines = (tmp_path / "sacct").read_text("utf-8").splitlines()
    assert [line.count("hf.t.") for line in lines] == [200, 200, 50]


def submit(tmp_path: Path, n: int) -> dict[int, str]:
    folder = tmp_path / "token"
    asked = [Resources()] * n
    with (tmp_path / "lock").open("w") as lock:
        request = Request("owner", "t", folder, folder / "job.sh", asked, lock.fileno())
        return Slurm(Site(engine="slurm")).submit(request)


# says the number of the job, the last of what it is given
ECHO = 'for last; do :; done; echo "10$last;cluster"'
REFUSE = 'for last; do :; done; case $last in {0}) echo "{1}" >&2; exit 1 ;; esac; echo "10$last"'


def test_each_job_has_the_id_that_it_was_given(program: Program, tmp_path: Path) -> None:
    program("sbatch", ECHO)
    assert submit(tmp_path, 5) == {number: f"10{number}" for number in range(5)}


def test_one_job_that_is_refused_is_told(program: Program, tmp_path: Path) -> None:
    program("sbatch", REFUSE.format("3", "Invalid account"))
    with pytest.raises(EngineError, match="sbatch failed: Invalid account") as told:
        submit(tmp_path, 5)
    assert not isinstance(told.value, NoAnswer)


def test_one_job_that_may_have_been_taken_is_what_counts(program: Program, tmp_path: Path) -> None:
    """Whoever submits again has to wait for it."""
    program("sbatch", REFUSE.format("1) echo Invalid >&2; exit 1 ;; 3", "Socket timed out"))
    with pytest.raises(NoAnswer, match="Socket timed out"):
        submit(tmp_path, 5)
