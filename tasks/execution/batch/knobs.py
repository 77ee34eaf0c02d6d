"""What can be changed while jobs of an engine run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.execution.knobs import Knobs

if TYPE_CHECKING:
    from higgsflow.model.engines import Site
    from higgsflow.model.jobs import JobsManager


@dataclass
class EngineKnobs(Knobs):
    """Those of jobs on an engine.

    Attributes:
        poll_interval: seconds between two looks at its queue.
    """

    poll_interval: float = 60.0


def knobs_of(site: Site, settings: JobsManager) -> EngineKnobs:
    """What is configured."""
    return EngineKnobs(
        parallel_jobs=site.max_in_flight,
        retries=settings.attempts - 1,
        poll_interval=site.poll_interval,
    )
