from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tasks.execution.batch.engine import EngineError
from tasks.execution.batch.sites import (
    check_engine,
    jobs_in_flight,
    jobs_that_go_on,
    places_of,
    room_of,
    site_of,
)

if TYPE_CHECKING:
    from pathlib import Path

SITES = """
sites:
  here: {engine: slurm, submit_folder: "$HERE/submit"}
rules:
  - {sample: Data, memory: 3 GB}
"""


@pytest.fixture(autouse=True)
def _sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "engines.yaml"
    path.write_text(SITES, encoding="utf-8")
    monkeypatch.setenv("HERE", str(tmp_path))
    monkeypatch.setenv("HIGGSFLOW_ENGINES_FILE", str(path))


def test_rules_are_about_samples() -> None:
    assert site_of("slurm", "Data", "2017").memory == 3072
    assert site_of("slurm", "Sig", "2017").memory is None


def test_commands_that_are_missing_are_told_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EngineError, match="no sbatch"):
        check_engine("slurm")


def test_files_for_the_engine_lie_apart_from_the_store(bench: Any, tmp_path: Path) -> None:
    model = bench.prepare().task.model
    places = places_of(model, site_of("slurm", "Sig", "2017"), "Sig", "2017")
    assert places.submit == tmp_path / "submit"
    assert places.jobs == bench.lab.output("jobs", "Sig", "2017")


def test_what_goes_on_is_the_sum_of_all_samples(bench: Any) -> None:
    model = bench.prepare().task.model
    assert jobs_that_go_on(model, "slurm") == ""
    room_of(model, "slurm", "Sig", "2017").keep(3, 3)
    room_of(model, "slurm", "Data", "2017").keep(4, 4)
    assert jobs_in_flight(model, "slurm") == (7, 7)
    assert "7 jobs of slurm go on" in jobs_that_go_on(model, "slurm")
    assert jobs_that_go_on(model, "local") == ""
    room_of(model, "slurm", "Data", "2017").keep(4, 0)
    assert "3 to 7 jobs of slurm go on" in jobs_that_go_on(model, "slurm")


def test_what_another_version_submitted_is_not_of_this_one(bench: Any) -> None:
    """The name of one may begin with that of the other."""
    model = bench.prepare().task.model
    other = model.model_copy(update={"version": f"{model.version}.2"})
    room_of(model, "slurm", "Sig", "2017").keep(3, 3)
    room_of(other, "slurm", "Sig", "2017").keep(4, 4)
    assert (jobs_in_flight(model, "slurm"), jobs_in_flight(other, "slurm")) == ((3, 3), (4, 4))
