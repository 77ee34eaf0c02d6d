"""What a job of any size costs, as a straight line through the jobs of a probe."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from higgsflow.forecast.probe import Probe, Run

_MB = 1e6


class Cost(Noun):
    """What jobs of one sample and year take.

    Attributes:
        per_job, per_block, per_event: seconds; a block is what is in memory at a time.
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
        """How many events a job of this length can have, at least one block's."""
        per_event = self.per_event + self.per_block / n_block
        left = max(0.0, seconds - self.per_job)
        return max(n_block, _round(left / per_event)) if per_event > 0 else n_block


def cost_of(probe: Probe, is_remote: bool = False) -> Cost:
    """The cost of jobs; of files at servers by wall time, which is mostly waiting for them."""
    few, many, cut = (_seconds(run, is_remote) for run in (probe.few, probe.many, probe.cut))
    more = max(1, probe.many.n_events - probe.few.n_events)
    per_block = max(0.0, cut - many) / max(1, probe.cut.n_blocks - probe.many.n_blocks)
    between = (probe.many.n_blocks - probe.few.n_blocks) * per_block
    per_event = max(0.0, many - few - between) / more
    table = (probe.many.table_bytes - probe.few.table_bytes) / more
    memory = max(0.0, probe.many.peak_memory_mb - probe.few.peak_memory_mb) / more
    output = max(0, probe.many.output_bytes - probe.few.output_bytes) / more
    n_few = probe.few.n_events
    return Cost(
        per_job=max(0.0, few - probe.few.n_blocks * per_block - n_few * per_event),
        per_block=per_block,
        per_event=per_event,
        memory_mb=max(0.0, probe.few.peak_memory_mb - n_few * memory),
        block_mb=memory,
        # while it is written it is there twice
        table_mb=2 * max(0.0, table) / _MB,
        output_per_job=max(0.0, probe.few.output_bytes - n_few * output),
        output_per_event=output,
    )


def _seconds(run: Run, is_remote: bool) -> float:
    return max(run.cpu, run.wall) if is_remote else run.cpu


def _round(value: float) -> int:
    """Down to two digits, which is all that a forecast knows."""
    if value < 10:
        return int(value)
    step = 10 ** (math.floor(math.log10(value)) - 1)
    return int(value // step * step)
