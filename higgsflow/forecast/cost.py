"""What a job of any size costs, as a straight line through the jobs of a probe."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING

from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.forecast.probe import Probe, Run

_MB = 1e6
_NOISE = 0.05  # of the time of a job, where nothing else is known of it
_KNOWN = 0.5  # relative error of what an event takes, above which nothing is derived from it


class Cost(Noun):
    """What jobs of one sample and year take.

    Attributes:
        per_job, per_block, per_event: seconds; a block is what is in memory at a time.
        per_job_error, per_event_error: by how much these may be wrong, seen from repeated jobs.
        memory_mb: of a job without events.
        block_mb: that each event of a block adds.
        table_mb: that each event of a job adds, whose output is in memory until it is written.
        output_per_job, output_per_event: bytes.
    """

    per_job: float
    per_block: float
    per_event: float
    memory_mb: float
    block_mb: float
    table_mb: float
    output_per_job: float
    output_per_event: float
    per_job_error: float = 0.0
    per_event_error: float = 0.0

    @property
    def is_known(self) -> bool:
        """Whether what an event takes stands out from what jobs differ by anyway."""
        return self.per_event_error <= _KNOWN * self.per_event

    def error(self, n_events: int) -> float:
        """By how many seconds a job may be wrong."""
        return self.per_job_error + n_events * self.per_event_error

    def seconds(self, n_events: int, n_blocks: int) -> float:
        """Of one job."""
        return self.per_job + n_blocks * self.per_block + n_events * self.per_event

    def memory(self, n_events: int, n_block: int) -> float:
        """The most memory of one job, in MB."""
        in_block = min(n_events, n_block) * self.block_mb
        return self.memory_mb + in_block + n_events * self.table_mb

    def output(self, n_events: int) -> float:
        """Bytes that one job writes."""
        return self.output_per_job + n_events * self.output_per_event

    def events_in(self, seconds: float, n_block: int) -> int:
        """How many events a job can have and surely not take longer, at least one block's."""
        per_event = self.per_event + self.per_event_error + self.per_block / n_block
        left = max(0.0, seconds - self.per_job - self.per_job_error)
        return max(n_block, _round(left / per_event)) if per_event > 0 else n_block


def cost_of(probe: Probe, is_remote: bool = False) -> Cost:
    """The cost of jobs; of files at servers by wall time, which is mostly waiting for them."""
    (few, few_error), (many, many_error) = (
        _measured([_seconds(run, is_remote) for run in runs]) for runs in (probe.few, probe.many)
    )
    first, last = probe.few[0], probe.many[0]
    more = max(1, last.n_events - first.n_events)
    in_blocks = max(0.0, _seconds(probe.cut, is_remote) - many)
    per_block = in_blocks / max(1, probe.cut.n_blocks - last.n_blocks)
    between = (last.n_blocks - first.n_blocks) * per_block
    per_event = max(0.0, many - few - between) / more
    table = (last.table_bytes - first.table_bytes) / more
    memory = max(0.0, last.peak_memory_mb - first.peak_memory_mb) / more
    output = max(0, last.output_bytes - first.output_bytes) / more
    n_few = first.n_events
    return Cost(
        per_job=max(0.0, few - first.n_blocks * per_block - n_few * per_event),
        per_block=per_block,
        per_event=per_event,
        memory_mb=max(0.0, first.peak_memory_mb - n_few * memory),
        block_mb=memory,
        # while it is written it is there twice
        table_mb=2 * max(0.0, table) / _MB,
        output_per_job=max(0.0, first.output_bytes - n_few * output),
        output_per_event=output,
        per_job_error=few_error,
        per_event_error=(few_error + many_error) / more,
    )


def _measured(seconds: Sequence[float]) -> tuple[float, float]:
    """The least of several, since whatever disturbs a job makes it longer; and its error."""
    least = min(seconds)
    return least, max(median(seconds) - least, _NOISE * least)


def _seconds(run: Run, is_remote: bool) -> float:
    return max(run.cpu, run.wall) if is_remote else run.cpu


def _round(value: float) -> int:
    """Down to two digits, which is all that a forecast knows."""
    if value < 10:
        return int(value)
    step = 10 ** (math.floor(math.log10(value)) - 1)
    return int(value // step * step)
