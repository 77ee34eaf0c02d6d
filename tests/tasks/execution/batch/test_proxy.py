from __future__ import annotations

import shutil
import subprocess
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from higgsflow.errors import UserError
from higgsflow.model.engines import Site
from tasks.execution.batch.batch_file import batches_in
from tasks.execution.batch.proxy import proxy_of, refuse_proxy
from tasks.execution.batch.sites import check_proxies

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = 86400.0


def site(proxy: str) -> Site:
    return Site(engine="slurm", proxy=proxy)


@pytest.fixture
def proxy(tmp_path: Path) -> Path:
    """One that is good for a day."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=proxy"]
    made = tmp_path / "x509up"
    subprocess.run(
        [*command, "-keyout", str(tmp_path / "key"), "-out", str(made), "-days", "1"],
        check=True,
        capture_output=True,
    )
    return made


def test_home_and_variables_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXIES", "/proxies")
    assert proxy_of(site("~/x509up")) == Path.home() / "x509up"
    assert proxy_of(site("$PROXIES/x509up")) == Path("/proxies/x509up")


def test_jobs_that_are_given_none_need_none() -> None:
    refuse_proxy(site(""), DAY)


def test_a_folder_is_no_proxy(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"no proxy at {tmp_path}") as told:
        refuse_proxy(site(str(tmp_path)), DAY)
    assert str(told.value).splitlines()[1:] == ["  Is a directory", "  make one: voms-proxy-init"]


def test_one_that_ends_before_a_job_is_refused(proxy: Path) -> None:
    refuse_proxy(site(str(proxy)), DAY / 2)
    with pytest.raises(
        UserError, match=r"the grid proxy lives for 24\.0 h, a job may take 48\.0 h"
    ):
        refuse_proxy(site(str(proxy)), 2 * DAY)


@pytest.mark.parametrize(
    "case",
    [("", DAY / 2, False), ("", 2 * DAY, True), ("2 d", DAY / 2, True), ("12 h", 2 * DAY, False)],
)
def test_it_is_looked_at_before_a_run_for_the_longest_of_its_jobs(
    lab: Any, proxy: Path, monkeypatch: pytest.MonkeyPatch, case: tuple[str, float, bool]
) -> None:
    """The site says how long jobs may take, else the analysis."""
    said, time_limit, refused = case
    site = {"engine": "slurm", "proxy": str(proxy), **({"run_time": said} if said else {})}
    engines = lab.folder / "engines.yaml"
    engines.write_text(yaml.safe_dump({"sites": {"here": site}}), encoding="utf-8")
    monkeypatch.setenv("HIGGSFLOW_ENGINES_FILE", str(engines))
    lab.jobs["time_limit"] = time_limit
    model = lab.task("ProcessSample", sample="Sig").model
    with pytest.raises(UserError, match="lives for") if refused else nullcontext():
        check_proxies(model, "slurm", model.samples.pairs)


def test_it_may_have_come_to_its_end_since_the_run_began(bench: Any, proxy: Path) -> None:
    """Nothing is submitted then, and nothing left that a later command would come back to."""
    bench.lab.jobs["time_limit"] = 2 * DAY
    bench.site = bench.site.model_copy(update={"proxy": str(proxy)})
    with pytest.raises(UserError, match="the grid proxy lives for"):
        bench.prepare().run()
    assert not batches_in(bench.places.jobs)
    assert not bench.engine.jobs


def test_it_is_looked_at_before_files_are(
    bench: Any, queued: Callable[[Any], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    queued(bench.prepare())
    engines = bench.lab.folder / "engines.yaml"
    engines.write_text(engines.read_text("utf-8").replace("slurm,", "slurm, proxy: /nowhere/x,"))
    shutil.rmtree(bench.lab.output("index"))
    with pytest.raises(SystemExit):
        bench.lab.run("MergeSample", sample="Sig", workflow="slurm")
    assert capfd.readouterr().err.startswith("no proxy at /nowhere/x, as engines.yaml says\n")
    assert not bench.lab.output("index").exists()
