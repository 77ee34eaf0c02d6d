from __future__ import annotations

from typing import Any

from tasks.execution.batch.engine import Seen
from tasks.execution.batch.flights import Flight
from tasks.execution.batch.news import note
from tasks.execution.pool import Attempt


def test_what_an_engine_says_of_a_job_is_heard_once(bench: Any) -> None:
    """Its id when it is first seen, and that it runs, with where."""
    job = bench.prepare().jobs[0]
    resources = bench.task.model.jobs_manager.resources
    flight = Flight(Attempt(job, resources), ("token", 0), unsure=True)
    for phase in ("waiting", "waiting", "running", "running"):
        note([flight], Seen("17", phase, host="node7"), bench.places, bench.heard)
        assert bool(bench.heard.begun_with) == (phase == "running")
    assert not flight.unsure
    assert bench.heard.submitted_ids == ["17"]
    (begun,) = bench.heard.begun_with
    assert begun == {
        "chunk": job.chunk.id,
        "attempt": 1,
        "asked": resources,
        "host": "node7",
        "engine_id": "17",
        "log": str(bench.places.log(job.stem, 1)),
    }
