from __future__ import annotations

import os
from typing import Any

import pytest

from higgsflow.errors import UserError
from tasks.execution.batch.batch_file import batches_in
from tasks.execution.batch.cancel import cancel_jobs, cancel_those_of_others
from tasks.execution.driver_lock import driving

Captured = pytest.CaptureFixture[str]


def test_another_engine_gives_up_the_jobs_that_run_here_now(
    bench: Any, queued: Any, capfd: Captured
) -> None:
    cancelled = queued(bench.prepare())
    assert bench.lab.run("ProcessSample", sample="Sig", workflow="local")
    line = "Sig (2017): cancelled 1 jobs of slurm: they run with --workflow local now"
    assert capfd.readouterr().err.count(line) == 1
    assert cancelled.read_text("ascii") == "--quiet 17\n"
    assert not batches_in(bench.places.jobs)


def test_jobs_of_the_engine_itself_are_left_to_it(bench: Any, queued: Any) -> None:
    """Unless none are needed any more."""
    cancelled = queued(bench.prepare())
    cancel_those_of_others(bench.task.model, bench.task.pair, "slurm")
    assert batches_in(bench.places.jobs)
    assert not cancelled.exists()
    cancel_those_of_others(bench.task.model, bench.task.pair, "")
    assert not batches_in(bench.places.jobs)
    assert cancelled.exists()


@pytest.mark.parametrize("broken", ["absent", "silent"])
def test_an_engine_that_cannot_be_asked_is_told_of_and_does_not_stop_others(
    bench: Any, queued: Any, monkeypatch: pytest.MonkeyPatch, capfd: Captured, broken: str
) -> None:
    programs = queued(bench.prepare()).with_name("programs")
    if broken == "absent":
        monkeypatch.setenv("PATH", "/nowhere")
    else:
        squeue = programs / "squeue"
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


def test_jobs_that_a_command_drives_are_not_cancelled_under_it(bench: Any, queued: Any) -> None:
    """It would just submit them again."""
    model = bench.prepare().task.model
    queued(bench)
    with (
        driving(bench.places.jobs, lambda: None),
        pytest.raises(UserError, match="would submit the jobs of Sig"),
    ):
        cancel_jobs(model, model.samples.pairs)


def test_a_folder_that_the_engine_still_writes_to_stays(bench: Any, queued: Any) -> None:
    model = bench.prepare().task.model
    queued(bench)
    (batch,) = batches_in(bench.places.jobs)
    folders = [bench.places.make_batch_folder(token) for token in (batch.token, "old")]
    os.utime(folders[1], (1, 1))
    assert cancel_jobs(model, model.samples.pairs) == "cancelled jobs: 1 of slurm\n"
    assert [folder.exists() for folder in folders] == [True, False]
