from __future__ import annotations

from typing import Any

import pytest

from higgsflow.errors import StoreError
from higgsflow.model.jobs import Resources
from tasks.execution.batch.batch_file import Batch, batches_in, header_of, new_batch, portions_of
from tasks.execution.batch.engine import this_user

ASKED = Resources(memory_mb=1000, time_limit=60)


def written(bench: Any) -> tuple[Batch, str]:
    jobs = bench.prepare().jobs
    wanted, portions = portions_of([[(job, ASKED) for job in jobs[:3]], [(jobs[3], ASKED)]])
    batch = new_batch(bench.places.jobs)
    header = header_of(batch, jobs[0], "slurm", bench.places.jobs, wanted)
    return batch, batch.write(header, portions)


def test_a_node_finds_in_it_what_was_written(bench: Any) -> None:
    batch, seal = written(bench)
    header, job = batch.read(1, seal)
    assert (header.sample, header.year, header.engine) == ("Sig", "2017", "slurm")
    assert str(bench.lab.taggers.parent) in header.analysis.python_path
    assert [len(job.portions) for job in batch.jobs()] == [3, 1]
    assert job.portions[0].stem == bench.jobs[3].stem
    assert header.wanted[0] == bench.jobs[3].wanted


def test_what_somebody_has_changed_is_not_run(bench: Any) -> None:
    batch, seal = written(bench)
    text = batch.path.read_text("utf-8")
    batch.path.write_text(text.replace('"python_path":[', '"python_path":["/evil",'), "utf-8")
    with pytest.raises(StoreError, match="is not what was submitted"):
        batch.read(1, seal)


def test_chunks_that_share_a_job_need_the_time_of_all_and_the_memory_of_one(bench: Any) -> None:
    first, second = written(bench)[0].jobs()
    assert first.resources == Resources(memory_mb=1000, time_limit=180)
    assert second.resources == ASKED
    jobs = list(zip(bench.jobs, (1000, 4000, 2000), strict=False))
    _, (job,) = portions_of([[(one, Resources(memory_mb=memory)) for one, memory in jobs]])
    assert job.resources == Resources(memory_mb=4000)


def test_batches_are_in_the_order_in_which_they_were_written(bench: Any) -> None:
    """Later ones hold later attempts; their names say nothing."""
    tokens = [written(bench)[0].token for _ in range(6)]
    assert [batch.token for batch in batches_in(bench.places.jobs)] == tokens


def test_what_cannot_be_read_is_no_batch(bench: Any) -> None:
    batch, _ = written(bench)
    (batch.path.parent / "damaged.jsonl").write_text("{", encoding="utf-8")
    (batch.path.parent / "empty.jsonl").touch()
    for number, line in enumerate(("null", "[]", "{}", '{"created": 1.0}', '{"engine": "slurm"}')):
        (batch.path.parent / f"foreign_{number}.jsonl").write_text(line, encoding="utf-8")
    assert [found.token for found in batches_in(bench.places.jobs)] == [batch.token]


def test_of_a_batch_that_was_removed_meanwhile_the_engine_is_known(bench: Any) -> None:
    """As by the command that drove its jobs, and ended while this one looked."""
    batch, _ = written(bench)
    found = batches_in(bench.places.jobs)
    batch.path.unlink()
    assert [(one.engine, one.user) for one in found] == [("slurm", this_user())]
