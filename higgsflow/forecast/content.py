"""What an analysis will take, as nouns: the JSON of `higgsflow forecast`."""

from __future__ import annotations

from higgsflow.forecast.cost import Cost
from higgsflow.model.noun import Noun
from higgsflow.model.printed import Printed


class PairForecast(Noun):
    """One sample and year.

    Attributes:
        n_entries: of all files; `is_estimated` from their sizes, where not all were looked into.
        n_probed: events that the probe ran on.
        n_jobs: with `n_events_per_output` as configured.
        cpu_hours, cpu_hours_error: of all jobs, and by how much that may be wrong.
        job_seconds: of the largest job.
        memory_mb: the most that a job needs.
        output_bytes: of all jobs; merged files are about as large.
        suggested: `n_events_per_output` for jobs of the wanted length; 0 where too few events were
            probed to say, or none.
        in_one_job: whether all events are in one job then.
        problem: why there is no forecast.
    """

    sample: str
    year: str
    n_entries: int = 0
    is_estimated: bool = False
    n_probed: int = 0
    n_jobs: int = 0
    cpu_hours: float = 0.0
    cpu_hours_error: float = 0.0
    job_seconds: float = 0.0
    memory_mb: float = 0.0
    output_bytes: float = 0.0
    suggested: int = 0
    in_one_job: bool = False
    cost: Cost | None = None
    problem: str = ""


class Forecast(Printed, Noun):
    """The whole analysis.

    Attributes:
        n_events_per_output: as configured.
        job_length: seconds that were wanted.
        n_workers: local cores, for `wall_hours`; None for a batch engine.
        start_up: seconds of processor time that a new process takes before its first job.
        warm_up: by which that first job takes longer than the next.
        suggested: `n_events_per_output` for all samples: that of the slowest.
        free_bytes: where outputs go.
    """

    analysis: str
    n_events_per_output: int
    job_length: float
    n_workers: int | None
    start_up: float
    warm_up: float
    free_bytes: int
    pairs: tuple[PairForecast, ...]

    def __str__(self) -> str:
        # what the command shows; tables wait until somebody prints one
        from higgsflow.forecast.text import render  # noqa: PLC0415

        return render(self).strip("\n")

    @property
    def suggested(self) -> int:
        """The suggestion for all samples; 0 without one.

        Those with all events in one job do not decide, unless all are so.
        """
        of_several = [p.suggested for p in self.pairs if p.suggested and not p.in_one_job]
        return min(of_several, default=max((p.suggested for p in self.pairs), default=0))

    @property
    def cpu_hours(self) -> float:
        """Of all jobs."""
        return sum(pair.cpu_hours for pair in self.pairs)

    @property
    def cpu_hours_error(self) -> float:
        """By how much that may be wrong: all samples by the same causes."""
        return sum(pair.cpu_hours_error for pair in self.pairs)

    @property
    def n_jobs(self) -> int:
        """Of all samples."""
        return sum(pair.n_jobs for pair in self.pairs)

    @property
    def output_bytes(self) -> float:
        """Of all jobs."""
        return sum(pair.output_bytes for pair in self.pairs)

    @property
    def memory_mb(self) -> float:
        """Of the job that needs most."""
        return max((pair.memory_mb for pair in self.pairs), default=0.0)

    @property
    def wall_hours(self) -> float | None:
        """On the local cores; None where a batch engine decides."""
        return None if self.n_workers is None else self.cpu_hours / self.n_workers
