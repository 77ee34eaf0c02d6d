"""How jobs are made and run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from higgsflow.model.noun import Noun

Batch = Literal["local", "htcondor", "slurm"]


class JobsManager(Noun):
    """Where jobs run, how large they are, and how much of a sample may be lost."""

    batch: Batch = "local"
    n_events_per_output: int = Field(default=1_000_000, ge=1, description="events of one chunk")
    n_workers: int | None = Field(default=None, ge=1, description="local cores; all when empty")
    attempts: int = Field(default=3, ge=1, description="tries of a job, infrastructure failures")
    time_limit: float = Field(default=3600.0, gt=0, description="seconds one attempt may take")
    retry_delay: float = Field(default=1.0, ge=0, description="seconds before the next attempt")
    min_completion: float = Field(
        default=1.0, gt=0, le=1, description="fraction of the entries of simulation that suffices"
    )
    stragglers: Literal["wait", "cancel"] = "wait"
    n_events_per_block: int = Field(
        default=50_000, ge=1, description="events in memory at a time; changes no result"
    )
