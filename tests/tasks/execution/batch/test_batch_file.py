from __future__ import annotations

from typing import Any

import pytest

from higgsflow.model.jobs import Resources
from tasks.execution.batch.batch_file import batches_in, header_of, new_batch, portions_of

ASKED = Resources(memory_mb=1000, time_limit=60)


def written(bench: Any) -> Any:
    jobs = bench.prepare().jobs
    wanted, portions = portions_of([[(job, ASKED) for job in jobs[:3]], [(jobs[3], ASKED)]])
    batch = new_batch(bench.places.jobs)
    header = header_of(batch, jobs[0], "slurm", bench.places.jobs, wanted)
    batch.write(header, portions)
    return batch


def test_a_node_finds_in_it_what_was_written(bench: Any) -> None:
    batch = written(bench)
    header = batch.header()
    assert (header.sample, header.year, batch.engine()) == ("Sig", "2017", "slurm")
    assert str(bench.lab.taggers.parent) in header.analysis.python_path
    assert [len(job.portions) for job in batch.jobs()] == [3, 1]
    assert batch.job(1).portions[0].stem == bench.jobs[3].stem
    assert header.wanted[0] == bench.jobs[3].wanted
    with pytest.raises(ValueError, match="no job 2"):
        batch.job(2)


def test_chunks_that_share_a_job_need_the_time_of_all_and_the_memory_of_one(bench: Any) -> None:
    first, second = written(bench).jobs()
    assert first.resources == Resources(memory_mb=1000, time_limit=180)
    assert second.resources == ASKED


def test_what_cannot_be_read_is_no_batch(bench: Any) -> None:
    batch = written(bench)
    (batch.path.parent / "damaged.jsonl").write_text("{", encoding="utf-8")
    (batch.path.parent / "empty.jsonl").touch()
    for number, line in enumerate(("null", "[]", "{}", '{"created": 1.0}', '{"engine": "slurm"}')):
        (batch.path.parent / f"foreign_{number}.jsonl").write_text(line, encoding="utf-8")
    assert [found.token for found in batches_in(bench.places.jobs)] == [batch.token]
