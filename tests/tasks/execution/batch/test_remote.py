from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tasks.base import ENGINES
from tasks.execution.batch.batch_file import batches_in

if TYPE_CHECKING:
    from pathlib import Path

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_parameter_alone_chooses_the_engine(bench: Any, engine: str) -> None:
    bench.prepare()
    task = type(bench.task).req(bench.task, workflow=engine)
    assert task.workflow_proxy.workflow_type == engine


def test_without_the_commands_of_an_engine_it_ends_at_the_door(
    bench: Any, monkeypatch: pytest.MonkeyPatch, capfd: Captured
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    bench.prepare()
    with pytest.raises(SystemExit):
        bench.lab.run("MergeSample", sample="Sig", workflow="slurm")
    told = capfd.readouterr().err
    assert "no sbatch on this machine" in told
    assert "Traceback" not in told


def test_without_a_submit_folder_nothing_is_submitted(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Captured
) -> None:
    """Nothing is left of it that a later command would come back to."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sbatch", "squeue", "scancel", "sacct"):
        (programs / name).symlink_to("/bin/false")
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    (tmp_path / "file").touch()
    sites = {"here": {"engine": "slurm", "submit_folder": str(tmp_path / "file" / "submit")}}
    (tmp_path / "engines.yaml").write_text(yaml.safe_dump({"sites": sites}), encoding="utf-8")
    monkeypatch.setenv("HIGGSFLOW_ENGINES_FILE", str(tmp_path / "engines.yaml"))
    bench.prepare()
    assert not bench.lab.run("MergeSample", sample="Sig", workflow="slurm")
    told = capfd.readouterr().err
    assert "set `submit_folder` in engines.yaml to a folder of yours" in told
    assert "Traceback" not in told
    assert not batches_in(bench.places.jobs)
