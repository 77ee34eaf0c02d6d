"""Jobs that no stage drives: of a change that was taken back, or ended while no command ran."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.execution.batch.batch_file import batches_in
from tasks.execution.driver_lock import driving

LINE = "Sig (2017): cancelled 1 jobs of slurm: all is done\n"


@pytest.fixture
def given_up(bench: Any, queued: Any) -> Any:
    """The file with what is cancelled, where all is done and a job is left."""
    assert bench.lab.run()
    return queued(bench.prepare())


@pytest.mark.parametrize("asked", [{}, {"sample": "Sig"}, {"sample": "Sig", "year": "2017"}])
def test_jobs_are_cancelled_where_there_is_nothing_to_do(
    bench: Any, given_up: Any, capfd: pytest.CaptureFixture[str], asked: dict[str, str]
) -> None:
    stage = "MergeSample" if asked else "RunAnalysis"
    before = bench.lab.state()
    assert bench.lab.run(stage, **asked)
    assert capfd.readouterr().err.count(LINE) == 1
    assert given_up.read_text("ascii") == "--quiet 17\n"
    assert not batches_in(bench.places.jobs)
    assert all("batches" in name for name in bench.lab.changed_since(before))


def test_jobs_that_somebody_drives_or_may_want_are_left(bench: Any, given_up: Any) -> None:
    """Of one variation alone nobody knows whether the others are current; another sample is."""
    with driving(bench.places.jobs, lambda: None):
        assert bench.lab.run()
    assert bench.lab.run("MergeSample", sample="Sig", variation=("nominal",))
    assert bench.lab.run("MergeSample", sample="Data")
    assert batches_in(bench.places.jobs)
    assert not given_up.exists()


def test_what_tells_of_jobs_goes_where_all_have_ended_meanwhile(bench: Any, queued: Any) -> None:
    """A terminal was closed, its jobs went on, and the same command finds them done."""
    assert bench.lab.run("ProcessSample", sample="Sig")
    queued(bench.prepare())
    (batch,) = batches_in(bench.places.jobs)
    ended = bench.places.make_batch_folder(batch.token)
    squeue = bench.lab.folder / "programs" / "squeue"
    squeue.write_text("#!/bin/sh\n", encoding="utf-8")
    assert bench.lab.run("MergeSample", sample="Sig")
    assert not batches_in(bench.places.jobs)
    assert not ended.exists()
