"""Sums over samples and years; tables and page show the same ones.

In a blinded analysis nothing that counts selected data is shown, whole yields included: together
with the side bands of the pictures they would give what is in the window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from higgsflow.model.systematic import NOMINAL
from higgsflow.records.moments import Moments
from higgsflow.report.variation_content import Yield
from higgsflow.selection.cutflow import CutFlow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from higgsflow.report.content import SampleSummary, Summary
    from higgsflow.report.variation_content import FlowSummary, MomentsSummary, VariationSummary

ALL_SIGNAL, ALL_SIMULATION = "all signal", "all simulation"

# of cuts: step, tagger, name, cuts
_Group = tuple[int, str, str, tuple[str, ...]]


@dataclass(frozen=True)
class Row:
    """Yields per tag of a process or a sum of them; `yields` is empty where they are hidden."""

    name: str
    complete: bool
    fraction: float
    hidden: bool
    yields: dict[str, Yield]


@dataclass(frozen=True)
class FlowRow:
    """The cut flow of a sample over its years; None where it is hidden."""

    sample: str
    complete: bool
    fraction: float
    flow: CutFlow | None


@dataclass(frozen=True)
class FlowTable:
    """One group of cuts of one tagger, for every sample that has exactly these cuts."""

    step: int
    tagger: str
    group: str
    cuts: tuple[str, ...]
    rows: tuple[FlowRow, ...]


@dataclass(frozen=True)
class Overlap:
    """Events per tag before and after overlap removal, and the matrix, of a process."""

    name: str
    complete: bool
    fraction: float
    before: tuple[int, ...]
    after: tuple[int, ...]
    matrix: tuple[tuple[int, ...], ...]


def is_hidden(summary: Summary, sample: SampleSummary) -> bool:
    """Whether counts of its selected events must not be shown."""
    return summary.blinded is not None and sample.kind == "data"


def has_candidates(summary: Summary) -> bool:
    """Whether rows of merged files are not events, but candidates of such."""
    return any(sample.n_candidates is not None for sample in summary.samples)


def label(sample: SampleSummary) -> str:
    """How a sample and year is called."""
    return f"{sample.sample} ({sample.year})"


def simulation(summary: Summary) -> tuple[SampleSummary, ...]:
    """The samples and years that are simulation."""
    return tuple(s for s in summary.samples if s.kind != "data")


def added_simulation(summary: Summary) -> tuple[SampleSummary, ...]:
    """The samples and years of simulation that are added up."""
    return tuple(s for s in simulation(summary) if not s.alternative)


def has_data(summary: Summary) -> bool:
    """Whether there are data, which may be blinded."""
    return any(sample.kind == "data" for sample in summary.samples)


def years(summary: Summary) -> tuple[str, ...]:
    """The years, in the order in which they come."""
    return tuple(dict.fromkeys(s.year for s in summary.samples))


def luminosity(summary: Summary) -> float:
    """Integrated luminosity [fb^-1] of all years."""
    return sum({s.year: s.normalization.luminosity for s in summary.samples}.values())


def processes(samples: Iterable[SampleSummary]) -> dict[str, tuple[SampleSummary, ...]]:
    """The samples and years of each process, in the order of first appearance."""
    found: dict[str, tuple[SampleSummary, ...]] = {}
    for sample in samples:
        found[sample.process] = (*found.get(sample.process, ()), sample)
    return found


def is_complete(samples: Iterable[SampleSummary]) -> bool:
    """Whether every entry of all of them was processed."""
    return all(sample.complete for sample in samples)


def processed(samples: Sequence[SampleSummary]) -> float:
    """The fraction of their entries that was processed, taken together."""
    n = sum(sample.n_entries for sample in samples)
    return sum(sample.fraction * sample.n_entries for sample in samples) / n if n else 1.0


def groups(samples: Sequence[SampleSummary]) -> dict[str, tuple[SampleSummary, ...]]:
    """What is added up: each simulated process, all signal, all simulation, and data.

    Alternatives are in no sum but their own.
    """
    simulated = tuple(s for s in samples if s.kind != "data" and not s.alternative)
    sums = {ALL_SIGNAL: tuple(s for s in simulated if s.signal), ALL_SIMULATION: simulated}
    found = processes(simulated) | {name: some for name, some in sums.items() if some}
    others = {
        "alternative": processes(s for s in samples if s.alternative),
        "data": processes(s for s in samples if s.kind == "data"),
    }
    return found | {f"{k}: {name}": some for k, of in others.items() for name, some in of.items()}


def yield_rows(summary: Summary, *years: str) -> tuple[Row, ...]:
    """What tables show of some years, or of all: a sum that only repeats a row is left out."""
    chosen = [s for s in summary.samples if not years or s.year in years]
    found = groups(chosen)
    repeated = _repeated(found)
    return tuple(row(name, some, summary) for name, some in found.items() if name not in repeated)


def _repeated(found: dict[str, tuple[SampleSummary, ...]]) -> set[str]:
    """The sums that say what another row says."""
    signal, simulation = found.get(ALL_SIGNAL), found.get(ALL_SIMULATION, ())
    if signal is not None and signal != simulation:
        return set()
    return {ALL_SIGNAL} if len(processes(simulation)) > 1 else {ALL_SIGNAL, ALL_SIMULATION}


def row(name: str, samples: Sequence[SampleSummary], summary: Summary) -> Row:
    """The yields of what is added up, and what they say about themselves."""
    hidden = any(is_hidden(summary, sample) for sample in samples)
    return Row(
        name=name,
        complete=is_complete(samples),
        fraction=processed(samples),
        hidden=hidden,
        yields={} if hidden else nominal_yields(samples, summary.tags),
    )


def nominal_yields(samples: Iterable[SampleSummary], tags: Iterable[str]) -> dict[str, Yield]:
    """Yields per tag, added."""
    known = [n.yields for n in map(nominal, samples) if n is not None]
    return {t: total_yield([y[t] for y in known if t in y]) for t in tags}


def total_yield(yields: Sequence[Yield]) -> Yield:
    """The sum of independent yields."""
    return Yield(
        n=sum(y.n for y in yields),
        value=math.fsum(y.value for y in yields),
        error=math.sqrt(math.fsum(y.error**2 for y in yields)),
    )


def nominal(sample: SampleSummary) -> VariationSummary | None:
    """The nominal numbers of a sample and year."""
    return sample.variations.get(NOMINAL)


def flow_tables(summary: Summary) -> tuple[FlowTable, ...]:
    """Nominal cut flows, summed over years; samples with other cuts get another table."""
    tables: dict[_Group, dict[str, list[tuple[SampleSummary, CutFlow]]]] = {}
    for sample in summary.samples:
        known = nominal(sample)
        for found in known.flows if known is not None else ():
            flow = as_flow(found)
            rows = tables.setdefault((found.step, found.tagger, found.group, flow.cuts), {})
            rows.setdefault(sample.sample, []).append((sample, flow))
    return tuple(
        FlowTable(*key, tuple(_flow_row(parts, summary) for parts in tables[key].values()))
        for key in sorted(tables, key=_step)
    )


def _step(key: _Group) -> int:
    return key[0]


def _flow_row(parts: Sequence[tuple[SampleSummary, CutFlow]], summary: Summary) -> FlowRow:
    samples = [sample for sample, _ in parts]
    hidden = any(is_hidden(summary, sample) for sample in samples)
    return FlowRow(
        samples[0].sample,
        is_complete(samples),
        processed(samples),
        None if hidden else reduce(add, (flow for _, flow in parts)),
    )


def as_flow(found: FlowSummary) -> CutFlow:
    """The additive counters behind a summarised cut flow."""
    return CutFlow(
        cuts=tuple(cut.name for cut in found.cuts),
        total=found.total,
        passed=found.passed,
        alone=tuple(cut.alone for cut in found.cuts),
        prefix=tuple(cut.prefix for cut in found.cuts),
        others=tuple(cut.others for cut in found.cuts),
    )


def overlaps(summary: Summary) -> tuple[Overlap, ...]:
    """Nominal overlap of the tags per process, in events; hidden ones are left out."""
    shown = [s for s in summary.samples if not is_hidden(summary, s)]
    data = processes(s for s in shown if s.kind == "data")
    return (
        *(_overlap(n, found, summary) for n, found in processes(simulation(summary)).items()),
        *(_overlap(f"data: {n}", found, summary) for n, found in data.items()),
    )


def _overlap(name: str, samples: Sequence[SampleSummary], summary: Summary) -> Overlap:
    known = [n for n in map(nominal, samples) if n is not None]
    indices = range(len(summary.tags))
    return Overlap(
        name=name,
        complete=is_complete(samples),
        fraction=processed(samples),
        before=tuple(sum(n.before.get(t, 0) for n in known) for t in summary.tags),
        after=tuple(sum(n.after.get(t, 0) for n in known) for t in summary.tags),
        matrix=tuple(
            tuple(sum(n.overlap[i][j] for n in known if n.overlap) for j in indices)
            for i in indices
        ),
    )


def as_moments(found: MomentsSummary) -> Moments:
    """The moments behind their summary, so that they add up."""
    return Moments(
        n=found.n,
        mean=found.mean or 0.0,
        m2=found.n * (found.std or 0.0) ** 2,
        min=found.min,
        max=found.max,
    )
