from __future__ import annotations

from typing import Any

import pytest

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize("engine", ["local", "htcondor", "slurm"])
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
