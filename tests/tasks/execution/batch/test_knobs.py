from __future__ import annotations

from higgsflow.model.engines import Site
from higgsflow.model.jobs import JobsManager
from tasks.execution.batch.knobs import EngineKnobs, knobs_of


def test_they_begin_as_it_is_configured() -> None:
    site = Site(engine="slurm", max_in_flight=100, poll_interval="30 s")
    found = knobs_of(site, JobsManager(attempts=4))
    assert found == EngineKnobs(parallel_jobs=100, retries=3, poll_interval=30.0)


def test_the_queue_can_be_looked_at_less_often() -> None:
    found = EngineKnobs(parallel_jobs=100, retries=2)
    assert found.set("poll_interval=2 min") == "poll_interval is 120 s from now on"
    assert found.poll_interval == 120.0
