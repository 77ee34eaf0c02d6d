"""The translation, and what answers mean; that HTCondor itself agrees is seen in tests/engines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.catalog.engines import load_engines
from higgsflow.errors import InvalidConfiguration
from higgsflow.model.engines import Site
from higgsflow.model.jobs import Resources
from tasks.execution.batch.engine import Request, Seen
from tasks.execution.batch.htcondor import HTCondor, describe, submitted

if TYPE_CHECKING:
    from collections.abc import Callable

    # a program of HTCondor, and what it prints
    Says = Callable[[str, str], None]

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


@pytest.fixture
def says(program: Says, tmp_path: Path) -> Says:
    """Makes programs of an HTCondor that print an answer."""

    def give(name: str, prints: str) -> None:
        answer = tmp_path / f"{name}.answer"
        answer.write_text(prints, encoding="utf-8")
        program(name, f"cat {answer}")

    return give


def entry(number: int, status: int, token: str = "t", **more: Any) -> dict[str, Any]:
    """A job of a cluster, as it is in answers."""
    names = {"HiggsflowBatch": token, "HiggsflowJob": number}
    return {"ClusterId": 7, "ProcId": number, "JobStatus": status, **names, **more}


HTC = HTCondor(Site(engine="htcondor"))


def test_what_the_queue_says_of_jobs_of_these_batches(says: Says, tmp_path: Path) -> None:
    entries = [
        entry(0, 1),
        entry(1, 2, RemoteHost="slot1_1@node7"),
        entry(2, 5, HoldReason="memory limit exceeded", LastRemoteHost="slot1@node8"),
        entry(3, 3, RemoveReason="via condor_rm"),
        entry(4, 3, LastHoldReason="run time limit reached"),
        entry(5, 4, ExitCode=3),
        entry(6, 4, ExitBySignal=True, ExitSignal=11),
        entry(7, 6),
        entry(8, 7),
        entry(9, 2, token="other"),
        {"ClusterId": 8, "ProcId": 0, "JobStatus": 2},
    ]
    says("condor_q", json.dumps(entries))
    found = HTC.look("owner", {"t"})
    assert found == {
        ("t", 0): Seen("7.0", "waiting"),
        ("t", 1): Seen("7.1", "running", host="node7"),
        ("t", 2): Seen("7.2", "held", "held: memory limit exceeded", host="node8"),
        ("t", 3): Seen("7.3", "ended", "removed: via condor_rm"),
        ("t", 4): Seen("7.4", "ended", "held: run time limit reached"),
        ("t", 5): Seen("7.5", "ended", "", 3),
        ("t", 6): Seen("7.6", "ended", "", -11),
        ("t", 7): Seen("7.7", "running"),
        ("t", 8): Seen("7.8", "running"),
    }
    given = (tmp_path / "condor_q").read_text("utf-8")
    assert given.startswith('-constraint HiggsflowSample == "owner" -json -attributes ClusterId,')


def test_where_there_is_no_job_nothing_is_printed_and_without_a_batch_nothing_asked(
    says: Says, tmp_path: Path
) -> None:
    says("condor_q", "")
    assert HTC.look("owner", {"t"}) == {}
    assert len((tmp_path / "condor_q").read_text("utf-8").splitlines()) == 1
    assert HTC.look("owner", ()) == {}
    assert len((tmp_path / "condor_q").read_text("utf-8").splitlines()) == 1


def test_jobs_of_others_are_asked_for_too(says: Says, tmp_path: Path) -> None:
    says("condor_q", "")
    HTC.look("owner", {"t"}, {"ann"})
    assert (tmp_path / "condor_q").read_text("utf-8").startswith("-allusers -constraint ")


def test_what_the_history_says_of_jobs_that_ended(says: Says, tmp_path: Path) -> None:
    says("condor_history", json.dumps([entry(0, 4, ExitCode=0), entry(2, 4, ExitCode=82)]))
    found = HTC.past("owner", {("t", 0), ("t", 2), ("u", 1)})
    assert found == {
        ("t", 0): Seen("7.0", "ended", "", 0),
        ("t", 2): Seen("7.2", "ended", "", 82),
    }
    given = (tmp_path / "condor_history").read_text("utf-8")
    assert (
        'HiggsflowSample == "owner" && '
        '((HiggsflowBatch == "t" && member(HiggsflowJob, {0,2})) || '
        '(HiggsflowBatch == "u" && member(HiggsflowJob, {1})))'
    ) in given
    assert "-match 3 " in given


def test_many_jobs_are_asked_for_in_parts(says: Says, tmp_path: Path) -> None:
    says("condor_history", "")
    HTC.past("owner", {("t", number) for number in range(1200)})
    lines = (tmp_path / "condor_history").read_text("utf-8").splitlines()
    assert [line.split("-match ")[1].split()[0] for line in lines] == ["500", "500", "200"]


def test_only_what_is_in_the_queue_is_cancelled(says: Says, tmp_path: Path) -> None:
    says("condor_q", json.dumps([entry(0, 1), entry(1, 2)]))
    says("condor_rm", "")
    HTC.cancel("owner", {("t", 1), ("t", 9)})
    (given,) = (tmp_path / "condor_rm").read_text("utf-8").splitlines()
    assert given == (
        '-constraint HiggsflowSample == "owner" && '
        '((HiggsflowBatch == "t" && member(HiggsflowJob, {1})))'
    )
    HTC.cancel("owner", {("t", 9)})
    assert len((tmp_path / "condor_rm").read_text("utf-8").splitlines()) == 1


def test_a_batch_is_submitted_as_it_is_described(says: Says, tmp_path: Path) -> None:
    says("condor_submit", "7.0 - 7.1\n")
    folder = tmp_path / "token"
    folder.mkdir()
    with (tmp_path / "lock").open("w") as lock:
        asked = Request("owner", "t", folder, folder / "job.sh", (SMALL, LARGE), lock.fileno())
        assert HTC.submit(asked) == {0: "7.0", 1: "7.1"}
    assert (folder / "job.sub").read_text("utf-8") == describe(asked, Site(engine="htcondor"))
    assert (tmp_path / "condor_submit").read_text("utf-8") == f"-terse {folder / 'job.sub'}\n"


def test_what_is_not_said_is_left_to_the_pool() -> None:
    found = lines(Site(engine="htcondor"), Resources())
    assert not [line for line in found if line.startswith(("request_memory", "+JobFlavour"))]
    assert "0, 0, 0, none" in found


def test_the_longest_flavour_is_used_where_none_is_long_enough() -> None:
    site = load_engines().settings("lxplus", "ProcessSample", "Data", "2017")
    found = lines(site, Resources(time_limit=10**7))
    assert found[-2].endswith(", nextweek")
    chosen = lines(site.model_copy(update={"queue": "workday"}), SMALL)
    assert chosen[-2].endswith(", workday")
