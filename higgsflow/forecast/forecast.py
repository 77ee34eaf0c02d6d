"""The forecast of an analysis: each sample and year is probed in a process of its own making."""

from __future__ import annotations

import math
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from higgsflow.catalog.store import store_of
from higgsflow.check.site import free_space
from higgsflow.cores import n_cores
from higgsflow.errors import UnknownName, UserError
from higgsflow.events.chunks import make_chunks
from higgsflow.forecast.content import Forecast, PairForecast
from higgsflow.forecast.cost import cost_of
from higgsflow.forecast.entries import entries_of
from higgsflow.forecast.probe import blocks_of, probe_or_told, told
from higgsflow.how_far import one_by_one
from higgsflow.model.quantities import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.forecast.cost import Cost
    from higgsflow.forecast.entries import Entries
    from higgsflow.forecast.probe import Probe
    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.sample import SampleYear

N_EVENTS = 20_000
JOB_LENGTH = 3600.0
_ENDED = (
    "the process that ran the probe ended\n"
    "  out of memory, a crash in a tagger, or a script without `if __name__ == '__main__':`?"
)


def forecast(
    analysis: AnalysisModel,
    n_events: int = N_EVENTS,
    job_length: float | str = JOB_LENGTH,
    sample: str = "",
    year: str = "",
) -> Forecast:
    """What the jobs of an analysis will take, from jobs on `n_events` of each sample and year.

    Args:
        analysis: what to look at.
        n_events: of each sample and year, all of them where there are fewer.
        job_length: that a job is wanted to take, in seconds or as `2 h`.
        sample: only this one.
        year: only this one.

    Raises:
        UserError: for names that the analysis does not have, and numbers that make no sense.
    """
    if not (_is_number(n_events) and n_events >= 1 and int(n_events) == n_events):
        raise UserError(f"a probe is of a whole number of events, not {n_events!r}")
    n_events, length = int(n_events), _seconds(job_length)
    probed = list(_probed(analysis, _chosen(analysis, sample, year), n_events))
    probes = [done for _, _, done in probed if not isinstance(done, str)]
    manager = analysis.jobs_manager
    is_local = manager.batch == "local"
    start = Start(
        start_up=max((one.start_up for one in probes[:1]), default=0.0),
        warm_up=max((one.first.cpu - one.few[0].cpu for one in probes), default=0.0),
        n_workers=(manager.n_workers or n_cores()) if is_local else None,
    )
    return Forecast(
        analysis=analysis.name,
        n_events_per_output=manager.n_events_per_output,
        job_length=length,
        n_workers=start.n_workers,
        start_up=start.start_up,
        warm_up=start.warm_up,
        free_bytes=free_space(store_of(analysis)),
        pairs=tuple(
            _without(pair, found, done)
            if isinstance(found, str) or isinstance(done, str)
            else _pair_forecast(analysis, pair, (found, done), start, length)
            for pair, found, done in probed
        ),
    )


@dataclass(frozen=True)
class Start:
    """What processes take before they are at work, in seconds.

    Attributes:
        n_workers: processes that run the jobs of a sample one after the other; None where each job
            has its own, at a batch engine.
    """

    start_up: float
    warm_up: float
    n_workers: int | None

    def of_jobs(self, n_jobs: int) -> float:
        """Of all jobs of a sample."""
        return n_jobs * self.of_one

    @property
    def of_one(self) -> float:
        """Of one job; local workers are forked from a process that is warm already."""
        return self.start_up + self.warm_up if self.n_workers is None else 0.0


def _without(pair: SampleYear, found: Entries | str, done: Probe | str) -> PairForecast:
    """A sample and year of which there is none, and why."""
    problem = found if isinstance(found, str) else str(done)
    return PairForecast(sample=pair.sample.name, year=pair.year, problem=problem)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and math.isfinite(value)


def _seconds(job_length: float | str) -> float:
    try:
        length = seconds(job_length)
    except ValueError as error:
        raise UserError(str(error), "job_length") from None
    if not (_is_number(length) and length > 0):
        raise UserError(f"a job has a length above 0 seconds, not {job_length!r}")
    return float(length)


def _chosen(analysis: AnalysisModel, sample: str, year: str) -> list[SampleYear]:
    pairs = list(analysis.samples.of_sample(sample) if sample else analysis.samples.pairs)
    if year and year not in {pair.year for pair in pairs}:
        raise UnknownName("year", year, {pair.year for pair in pairs}, sample or "the analysis")
    return [pair for pair in pairs if year in ("", pair.year)]


def _probed(
    analysis: AnalysisModel, pairs: list[SampleYear], n_events: int
) -> Iterator[tuple[SampleYear, Entries | str, Probe | str]]:
    """The events of each sample and year, and its probe; what is in the way of them as text.

    One after the other: side by side they would be in the way of each other. The process is a new
    one, so that its memory and start are those of a job.
    """
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(1, mp_context=context)
    try:
        named = [(pair.name, pair) for pair in pairs]
        for pair in one_by_one("probing", named):
            try:
                found = entries_of(analysis, pair)
            except UserError as error:
                yield pair, str(error), ""
                continue
            asked = (pair.sample.name, pair.year, found.first(n_events))
            try:
                done = executor.submit(probe_or_told, analysis, *asked).result()
            except BrokenProcessPool:
                executor = ProcessPoolExecutor(1, mp_context=context)
                done = _ENDED
            # what cannot be handed to another process is told, and the other samples go on
            except Exception as error:  # noqa: BLE001
                done = told(error)
            yield pair, found, done
    finally:
        executor.shutdown(cancel_futures=True)


def _pair_forecast(
    analysis: AnalysisModel,
    pair: SampleYear,
    what: tuple[Entries, Probe],
    start: Start,
    job_length: float,
) -> PairForecast:
    entries, probed = what
    manager = analysis.jobs_manager
    cost = cost_of(probed, is_remote=entries.is_remote)
    block = manager.n_events_per_block
    sizes = _sizes(entries, manager.n_events_per_output, block)
    seconds = [cost.seconds(n, n_blocks) for n, n_blocks in sizes]
    suggested = _suggested(cost, manager.memory_mb, job_length - start.of_one, block)
    in_one_job = suggested >= entries.n_entries
    return PairForecast(
        sample=pair.sample.name,
        year=pair.year,
        n_entries=entries.n_entries,
        is_estimated=entries.index is None,
        n_probed=probed.many[0].n_events,
        n_jobs=len(sizes),
        cpu_hours=(math.fsum(seconds) + start.of_jobs(len(sizes))) / 3600,
        cpu_hours_error=math.fsum(cost.error(n) for n, _ in sizes) / 3600,
        job_seconds=max(seconds) + start.of_one,
        memory_mb=max(cost.memory(n, block) for n, _ in sizes),
        output_bytes=math.fsum(cost.output(n) for n, _ in sizes),
        suggested=min(suggested, entries.n_entries) if cost.is_known or in_one_job else 0,
        in_one_job=in_one_job,
        cost=cost,
    )


def _sizes(entries: Entries, n_events: int, n_block: int) -> list[tuple[int, int]]:
    """The events and blocks of each job."""
    if entries.index is not None:
        chunks = make_chunks(entries.index, n_events)
        return [(chunk.n_entries, blocks_of(chunk, n_block)) for chunk in chunks]
    n_jobs = max(1, -(-entries.n_entries // n_events))
    size = entries.n_entries // n_jobs
    return [(size, max(1, -(-size // n_block)))] * n_jobs


def _suggested(cost: Cost, memory_mb: float | None, seconds: float, block: int) -> int:
    """Events of a job of the wanted length, which must also fit the memory that jobs are given."""
    n_events = cost.events_in(seconds, block)
    if memory_mb is None:
        return n_events
    while n_events > block and cost.memory(n_events, block) > memory_mb:
        n_events = max(block, n_events // 2)
    return n_events
