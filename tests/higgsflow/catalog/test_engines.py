from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from higgsflow.catalog.engines import load_engines
from higgsflow.errors import InvalidConfiguration

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("engine", "host", "site"),
    [
        ("htcondor", "lxplus901.cern.ch", "lxplus"),
        ("htcondor", "naf-cms12.desy.de", "naf"),
        ("htcondor", "my-laptop", "htcondor"),
        ("slurm", "login1", "slurm"),
    ],
)
def test_the_shipped_file_has_a_site_for_every_machine(engine: str, host: str, site: str) -> None:
    engines = load_engines()
    assert engines.site_name(engine, host) == site
    assert engines.settings(site, "ProcessSample", "ttH_M125", "2017").memory == 2048.0


def test_a_file_of_ones_own_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("sites: {here: {engine: slurm, queue: short}}", encoding="utf-8")
    monkeypatch.setenv("HIGGSFLOW_ENGINES_FILE", str(path))
    assert load_engines().settings("here", "ProcessSample", "Data", "2017").queue == "short"


def test_an_unknown_key_names_file_place_and_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("sites: {here: {engine: slurm, partitoin: short, queu: s}}", encoding="utf-8")
    monkeypatch.setenv("HIGGSFLOW_ENGINES_FILE", str(path))
    with pytest.raises(InvalidConfiguration, match=r"mine\.yaml is not valid:\n  sites\.here"):
        load_engines()


def test_a_file_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIGGSFLOW_ENGINES_FILE", "/nowhere/engines.yaml")
    with pytest.raises(InvalidConfiguration, match=r"cannot read /nowhere/engines\.yaml"):
        load_engines()
