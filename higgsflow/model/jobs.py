"""How jobs are made and run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from higgsflow.model.noun import Noun
from higgsflow.model.quantities import Megabytes, Seconds, TimeLimit
from higgsflow.model.told import Told

Batch = Literal["local", "htcondor", "slurm"]
# what jobs ask for at a site, as people call it; not imported from there, which every command pays
OF_SITES = ("account", "chunks_per_job", "container", "cores", "environment", "extra_lines",
            "flavours", "hosts", "partition", "proxy", "queue", "setup", "site",
            "submit_folder")  # fmt: skip
# how much more than at first a job may be given, where nothing else is said
_MOST = 4.0


class Resources(Noun):
    """What one attempt of a job may use; None where nothing is asked for.

    Attributes:
        memory_mb: resident memory.
        time_limit: wall time in seconds.
    """

    memory_mb: float | None = Field(default=None, gt=0)
    time_limit: float | None = Field(default=None, gt=0)


class JobsManager(Noun, metaclass=Told):
    """Where jobs run, how large they are, what is tried again, and how much may be lost."""

    batch: Batch = "local"
    n_events_per_output: int = Field(default=1_000_000, ge=1, description="events of one chunk")
    n_workers: int | None = Field(
        default=None, ge=1, description="cores of this machine; all when empty, 4 beside an engine"
    )
    attempts: int = Field(default=3, ge=1, description="tries of a job, infrastructure failures")
    time_limit: TimeLimit = Field(default=3600.0, description="seconds the first attempt has")
    max_time_limit: TimeLimit | None = Field(
        default=None, description="seconds an attempt may have after one too short; 4 times"
    )
    memory_mb: Megabytes | None = Field(
        default=None, description="MB the first attempt may use; no limit when empty"
    )
    max_memory_mb: Megabytes | None = Field(
        default=None, description="MB an attempt may have after one too small; 4 times"
    )
    growth: float = Field(
        default=2.0, gt=1, description="how much more memory or time after too little of it"
    )
    retry_delay: Seconds = Field(
        default=1.0, description="seconds before the second attempt; doubles each time"
    )
    max_retry_delay: Seconds = Field(default=600.0, description="seconds, the longest delay")
    defects: int = Field(
        default=3, ge=1, description="jobs with the same exception in user code that stop a sample"
    )
    min_completion: float = Field(
        default=1.0, gt=0, le=1, description="fraction of the entries of simulation that suffices"
    )
    stragglers: Literal["wait", "cancel"] = "wait"
    n_events_per_block: int = Field(
        default=100_000, ge=1, description="events in memory at a time; changes no result"
    )
    profile: bool = Field(
        default=False, description="job records say where time and memory went, and bytes read"
    )

    @model_validator(mode="before")
    @classmethod
    def _says_nothing_of_sites(cls, value: Any) -> Any:
        for key in value if isinstance(value, Mapping) else ():
            if key in OF_SITES:
                raise ValueError(f"'{key}' is for sites, in engines.yaml: see docs/{_page(value)}")
        return value

    @model_validator(mode="after")
    def _most_is_more(self) -> JobsManager:
        for name in ("memory_mb", "time_limit"):
            first, most = getattr(self, name), getattr(self, f"max_{name}")
            if first is not None and most is not None and most < first:
                raise ValueError(f"max_{name} {most:g} is less than {name} {first:g}")
        return self

    @property
    def resources(self) -> Resources:
        """What the first attempt of a job has."""
        return Resources(memory_mb=self.memory_mb, time_limit=self.time_limit)

    def most(self, first: Resources) -> Resources:
        """The most that a later attempt may have, given what the first one had."""
        return Resources(
            memory_mb=_bound(self.max_memory_mb, first.memory_mb),
            time_limit=_bound(self.max_time_limit, first.time_limit),
        )


def _page(content: Mapping[str, Any]) -> str:
    return "slurm.md" if content.get("batch") == "slurm" else "htcondor.md"


def _bound(configured: float | None, first: float | None) -> float | None:
    if first is None:
        return configured
    return max(first, _MOST * first if configured is None else configured)
