"""The nouns of summary.json; docs/summary.schema.json is made from them.

Every field is described, here or in the docstring of the noun it comes from. A number that does
not exist, such as 0/0, is null.
"""

from __future__ import annotations

from typing import Any, Literal

from higgsflow.model.noun import Noun
from higgsflow.normalization import Normalization
from higgsflow.records.generator_bins import GeneratorBin
from higgsflow.records.losses import Losses
from higgsflow.records.lumi_coverage import SampleCoverage, YearCoverage
from higgsflow.records.profile import Profile
from higgsflow.report.variation_content import (
    Interval,
    SystematicSummary,
    VariationSummary,
    Yield,
)


class JobSpan(Noun):
    """When the last job of a chunk ran, for the picture of jobs over time.

    Attributes:
        status: how it ended.
        started: seconds since 1970.
        wall: seconds, of all the jobs that made the chunk.
    """

    status: Literal["done", "failed"]
    started: float
    wall: float


class JobFailure(Noun):
    """A chunk that is not done, since its last job failed.

    Attributes:
        chunk_id: its id, as in the table of jobs.
        n_entries: that were not processed.
        attempts: how often it was tried.
        error_class: of the last failure.
        message: of the same.
        host: where it ran.
    """

    chunk_id: str
    url: str
    n_entries: int
    attempts: int
    error_class: str
    message: str
    host: str


class JobsSummary(Noun):
    """The jobs of a sample and year in numbers.

    Attributes:
        n_attempts: of all chunks together.
        wall: seconds that the successful jobs took together.
        cpu: seconds of processor time of the same.
        peak_memory_mb: of the job that took most.
        stages: seconds per stage of the jobs.
        profile: where time and memory of the jobs went, if they were told to record it.
        spans: when each job ran.
        failures: chunks that are not done.
    """

    n_chunks: int
    n_done: int
    n_failed: int
    n_missing: int
    n_attempts: int
    wall: float
    cpu: float
    peak_memory_mb: float
    stages: dict[str, float] = {}
    profile: Profile | None = None
    spans: tuple[JobSpan, ...] = ()
    failures: tuple[JobFailure, ...] = ()


class FileSummary(Noun):
    """A file of which events count.

    Attributes:
        ranges: entries that were read, as first and end (not included); neighbours are joined.
        sum_g: of the generator weights in them.
    """

    url: str
    uuid: str
    ranges: tuple[tuple[int, int], ...]
    sum_g: float


class SampleSummary(Noun):
    """One sample and year.

    Attributes:
        kind: data or simulation.
        alternative: whether it stands by itself, and is in no sum and no picture.
        n_entries: events in the files, as indexed.
        n_read: processed, without those that are left out, as in all sums here.
        n_certified: left of those after the golden JSON, less those of other primary datasets.
        n_selected: events that the sequence keeps, nominal.
        n_candidates: rows of the merged nominal file where these are candidates of events; null
            where a row is an event.
        sum_g: sum of the generator weights of all events read.
        sum_g2: sum of their squares.
        efficiency: selected over read events, nominal.
        interval: Clopper-Pearson interval of the efficiency, of 68.3 %.
        complete: whether every entry was processed.
        fraction: of the entries that were, and count.
        lost: addresses and ranges that were not processed.
        left_out: those that were, but do not count: of skims of which others are lost.
        losses: whether losing them may bias numbers; null where nothing was lost.
        normalization: scale1fb, and what it was made from.
        jobs: how many there were, and what they took.
        variations: numbers of nominal and of every other variation.
        systematics: the effect of every direction of every source.
        merged: path of the merged file of each variation.
        lumisections: of data, those processed and those missing.
        files: those that were read, with their ranges.
        negative_fraction: of the sum of absolute generator weights what is negative.
        runs_difference: sum of weights read minus that of the Runs trees of the same files; other
            than zero also where files are skims, partial or not all read.
        runs_difference_relative: the same over the sum of the Runs trees.
        generator_bins: the same sums in declared bins of the generator, by the name of the bins.
        factor_sums: sums before any cut of generator weight times factor; and how many values
            were clamped (`clamped:`), vectors had no variation (`no_variation:`), and events
            belong to other primary datasets.
        factor_means: the same over the sum of generator weights; 1 where a factor keeps the
            number of events. Of simulation only.
        versions: of the programs that the jobs ran with.
    """

    sample: str
    year: str
    kind: str
    process: str
    signal: bool
    alternative: bool = False
    n_entries: int
    n_read: int
    n_certified: int
    n_selected: int
    n_candidates: int | None = None
    efficiency: float | None
    sum_g: float
    sum_g2: float
    complete: bool
    fraction: float
    lost: tuple[tuple[str, int, int], ...]
    normalization: Normalization
    jobs: JobsSummary
    variations: dict[str, VariationSummary]
    systematics: tuple[SystematicSummary, ...]
    merged: dict[str, str]
    lumisections: SampleCoverage | None = None
    left_out: tuple[tuple[str, int, int], ...] = ()
    losses: Losses | None = None
    interval: Interval | None = None
    files: tuple[FileSummary, ...] = ()
    negative_fraction: float | None = None
    runs_difference: float | None = None
    runs_difference_relative: float | None = None
    generator_bins: dict[str, tuple[GeneratorBin, ...]] = {}
    factor_sums: dict[str, float] = {}
    factor_means: dict[str, float] = {}
    versions: dict[str, tuple[str, ...]] = {}


class Total(Noun):
    """A sum over samples and years.

    Attributes:
        name: a process, `all signal`, `all simulation`, or `alternative: ` or `data: ` and its
            process.
        group: a year, a group of years, or `all`.
        samples: names of what was added.
        years: of what was added.
        complete: whether every entry of all of them was processed.
        fraction: of their entries that were.
        hidden: whether blinding keeps back the numbers.
        yields: per tag, nominal; empty where hidden.
        effects: per direction of each systematic and per tag the relative change of the yield.
    """

    name: str
    group: str
    samples: tuple[str, ...]
    years: tuple[str, ...]
    complete: bool
    fraction: float
    hidden: bool
    yields: dict[str, Yield]
    effects: dict[str, dict[str, float | None]] = {}


Severity = Literal["error", "warning", "note"]


class Finding(Noun):
    """Something that a reader of the numbers should look at.

    Attributes:
        kind: short name of what was looked for.
        where: sample, systematic or tag.
        text: what was found.
        severity: an error makes numbers wrong, a warning may, a note is good to know.
    """

    kind: str
    where: str
    text: str
    severity: Severity


class Summary(Noun):
    """The whole analysis.

    Attributes:
        inputs, made_from: digest of what this was made from, and that in words.
        store: folder of all outputs.
        created: time in UTC.
        higgsflow, commit: version that made the summary, and the git commit of its checkout; empty
            where it was installed without one.
        tags: names of the tags, in order of priority.
        variables: the variables of interest, as columns of the merged files.
        blinded: window of the column in which data are hidden, null when unblinded,
            or without data.
        configuration: the analysis as YAML, as it was used.
        samples: numbers of each sample and year.
        kept_apart: processes of data that hold events of one before them, with one such event:
            no picture and no comparison with simulation has them.
        lumisections: per year, of all samples of data together.
        left_over: folders of merged files that no sample and year of the configuration has.
        totals: sums over years and over the samples of a process.
        findings: what should be looked at, the worst first.
    """

    inputs: str
    made_from: dict[str, Any] = {}
    analysis: str
    version: str
    store: str
    created: str
    higgsflow: str
    commit: str = ""
    tags: tuple[str, ...]
    variables: tuple[str, ...]
    blinded: tuple[str, float, float] | None
    configuration: str
    samples: tuple[SampleSummary, ...]
    kept_apart: dict[str, str] = {}
    lumisections: dict[str, YearCoverage] = {}
    left_over: tuple[str, ...] = ()
    totals: tuple[Total, ...] = ()
    findings: tuple[Finding, ...] = ()
