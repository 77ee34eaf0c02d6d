from __future__ import annotations

import configparser
import os
import re
import sys
from pathlib import Path

import luigi.configuration
import pytest

from higgsflow.errors import InvalidConfiguration
from tasks.execution import luigi_settings

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def core() -> luigi.configuration.LuigiConfigParser:
    """luigi's configuration without a number of workers, put back afterwards."""
    config = luigi.configuration.get_config()
    if not config.has_section("core"):
        # law, which reads law.cfg, need not have been imported
        config.add_section("core")
    before = config.get("core", "workers", None)
    config.remove_option("core", "workers")
    yield config
    config.remove_option("core", "workers")
    if before is not None:
        config.set("core", "workers", before)


def test_as_many_stages_wait_at_once_as_there_are_samples_and_years(
    core: luigi.configuration.LuigiConfigParser,
) -> None:
    luigi_settings.prepare_run("MergeSample", 18)
    assert core.get("core", "workers") == "18"


def test_jobs_of_an_engine_are_all_submitted_at_once(
    core: luigi.configuration.LuigiConfigParser,
) -> None:
    luigi_settings.prepare_run("RunAnalysis", 400, "slurm")
    assert core.get("core", "workers") == "400"


def test_a_machine_is_not_filled_with_stages_that_wait_for_a_core(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {}
    for n in (2, 64):
        monkeypatch.setattr(luigi_settings, "n_cores", lambda n=n: n)
        found[n] = [luigi_settings.stages_at_once(pairs, "local") for pairs in (1, 18, 400)]
    assert found == {2: [2, 18, 32], 64: [2, 18, 256]}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files to somebody else")
@pytest.mark.parametrize("name", ["luigi.cfg", "client.cfg"])
def test_settings_of_somebody_else_in_the_working_folder_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).touch()
    luigi_settings.prepare_run("MergeSample", 1)
    luigi_settings.reset()
    os.chown(name, 65534, -1)
    with pytest.raises(InvalidConfiguration, match="is of somebody else"):
        luigi_settings.prepare_run("MergeSample", 1)
    (tmp_path / name).rename(tmp_path / "theirs")
    (tmp_path / name).symlink_to("theirs")
    with pytest.raises(InvalidConfiguration, match="is of somebody else"):
        luigi_settings.prepare_run("MergeSample", 1)


def test_only_the_first_task_of_an_invocation_says_so(
    core: luigi.configuration.LuigiConfigParser,
) -> None:
    assert luigi_settings.prepare_run("MergeSample", 5)
    assert not luigi_settings.prepare_run("MonitorJobs", 9)
    assert core.get("core", "workers") == "5"


def test_what_the_user_configured_stays(core: luigi.configuration.LuigiConfigParser) -> None:
    core.set("core", "workers", "3")
    luigi_settings.prepare_run("MergeSample", 18)
    assert core.get("core", "workers") == "3"


def test_preloads_what_jobs_need() -> None:
    luigi_settings.preload()
    for name in ("higgsflow.job", "higgsflow.output.merge", "awkward.highlevel", "uproot.reading"):
        assert name in sys.modules


def test_every_exit_code_is_documented() -> None:
    config = configparser.ConfigParser(allow_no_value=True)
    config.read(ROOT / "law.cfg")
    page = (ROOT / "docs" / "progress.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| (\d+) \|", page, re.MULTILINE))
    assert {*config["luigi_retcode"].values(), "0", "2", "130"} == documented
