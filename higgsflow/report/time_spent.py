"""Where the time of jobs went, stage by stage, over all samples and years."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgsflow.records.profile import total

if TYPE_CHECKING:
    from higgsflow.report.content import Summary

REST = "everything else"


@dataclass(frozen=True)
class Spent:
    """What a stage took.

    Attributes:
        wall: seconds.
        share: of the wall time of all jobs.
        cpu, calls, memory_mb: only where the jobs were told to record them.
    """

    stage: str
    wall: float
    share: float
    cpu: float | None = None
    calls: int | None = None
    memory_mb: float | None = None


def time_spent(summary: Summary) -> tuple[Spent, ...]:
    """The stages, the longest first, and what the jobs took outside of them.

    The stages are those of profiles where there are any, else the few that every job times.
    """
    wall = math.fsum(sample.jobs.wall for sample in summary.samples)
    found = _profiled(summary, wall) or _timed(summary, wall)
    rest = wall - math.fsum(one.wall for one in found)
    if found and rest > 0.005 * wall:
        found.append(Spent(REST, rest, rest / wall))
    return tuple(sorted(found, key=lambda one: -one.wall))


def _profiled(summary: Summary, wall: float) -> list[Spent]:
    profile = total([s.jobs.profile for s in summary.samples if s.jobs.profile is not None])
    return [
        Spent(name, cost.wall, _share(cost.wall, wall), cost.cpu, cost.calls, cost.memory_mb)
        for name, cost in (profile.stages.items() if profile is not None else ())
    ]


def _timed(summary: Summary, wall: float) -> list[Spent]:
    names = dict.fromkeys(name for sample in summary.samples for name in sample.jobs.stages)
    seconds = {
        name: math.fsum(sample.jobs.stages.get(name, 0.0) for sample in summary.samples)
        for name in names
    }
    return [Spent(name, value, _share(value, wall)) for name, value in seconds.items()]


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def bytes_read(summary: Summary) -> tuple[int, int] | None:
    """Compressed bytes that profiled jobs read, and that they needed."""
    profile = total([s.jobs.profile for s in summary.samples if s.jobs.profile is not None])
    return (profile.bytes_read, profile.bytes_needed) if profile is not None else None
