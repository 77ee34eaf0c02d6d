from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.errors import UserError
from tasks.execution.batch.batch_file import batches_in, header_of, new_batch, portions_of
from tasks.execution.batch.cancel import cancel_jobs, cancel_those_of_others
from tasks.execution.driver_lock import driving

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.execution.batch.batch_file import Batch

Captured = pytest.CaptureFixture[str]


SITES = """
sites:
  here: {{engine: slurm, submit_folder: "{0}"}}
"""
# of a cluster whose queue has one job, which waits
COMMANDS = {
    "squeue": "echo 'hf.{token}.0|17|PENDING|Priority|'",
    "scancel": 'echo "$@" >> {folder}/cancelled',
    "sbatch": "exit 1",
    "sacct": "exit 1",
}


def submitted(bench: Any) -> Batch:
    """A batch of one job, as a process left it that was interrupted."""
    batch = new_batch(bench.places.jobs)
    settings = bench.task.model.jobs_manager
    wanted, portions = portions_of([[(bench.jobs[0], settings.resources)]])
    header = header_of(batch, bench.jobs[0], "slurm", bench.places.jobs)
    batch.write(header.model_copy(update={"wanted": wanted}), portions)
    return batch


def cluster(folder: Path, batch: Batch, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands of a Slurm that has the job; what is cancelled is in the file that is returned."""
    programs = folder / "programs"
    programs.mkdir()
    for name, text in COMMANDS.items():
        lines = f"#!/bin/sh\n{text.format(token=batch.token, folder=folder)}\n"
        (programs / name).write_text(lines, encoding="utf-8")
        (programs / name).chmod(0o755)
    (folder / "engines.yaml").write_text(SITES.format(folder / "submit"), encoding="utf-8")
    monkeypatch.setenv("HIGGSFLOW_ENGINES_FILE", str(folder / "engines.yaml"))
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return folder / "cancelled"


def test_another_engine_gives_up_the_jobs_that_run_here_now(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Captured
) -> None:
    cancelled = cluster(tmp_path, submitted(bench.prepare()), monkeypatch)
    assert bench.lab.run("ProcessSample", sample="Sig", workflow="local")
    line = "Sig (2017): cancelled 1 jobs of slurm: they run with --workflow local now"
    assert capfd.readouterr().err.count(line) == 1
    assert cancelled.read_text("ascii") == "--quiet 17\n"
    assert not batches_in(bench.places.jobs)


def test_jobs_of_the_engine_itself_are_left_to_it(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless none are needed any more."""
    cancelled = cluster(tmp_path, submitted(bench.prepare()), monkeypatch)
    cancel_those_of_others(bench.task, "slurm")
    assert batches_in(bench.places.jobs)
    assert not cancelled.exists()
    cancel_those_of_others(bench.task, "")
    assert not batches_in(bench.places.jobs)
    assert cancelled.exists()


@pytest.mark.parametrize("broken", ["absent", "silent"])
def test_an_engine_that_cannot_be_asked_is_told_of_and_does_not_stop_others(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Captured, broken: str
) -> None:
    cluster(tmp_path, submitted(bench.prepare()), monkeypatch)
    if broken == "absent":
        monkeypatch.setenv("PATH", "/nowhere")
    else:
        squeue = tmp_path / "programs" / "squeue"
        squeue.write_text("#!/bin/sh\necho no answer >&2; exit 1\n", encoding="utf-8")
    reason = {"absent": "no sbatch on this machine", "silent": "squeue failed: no answer"}[broken]
    assert bench.lab.run("ProcessSample", sample="Sig", workflow="local")
    assert (
        "Sig (2017): earlier jobs of slurm may go on, since they cannot be cancelled from here: "
        f"{reason}"
    ) in capfd.readouterr().err
    assert batches_in(bench.places.jobs)


def test_nothing_in_a_queue_is_said(bench: Any) -> None:
    model = bench.prepare().task.model
    assert cancel_jobs(model, model.samples.pairs) == (
        "cancelled jobs: none, there are none in a queue\n"
    )


def test_jobs_that_a_command_drives_are_not_cancelled_under_it(bench: Any) -> None:
    """It would just submit them again."""
    model = bench.prepare().task.model
    submitted(bench)
    with (
        driving(bench.places.jobs, lambda: None),
        pytest.raises(UserError, match="would submit the jobs of Sig"),
    ):
        cancel_jobs(model, model.samples.pairs)
