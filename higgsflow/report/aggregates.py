"""Sums over samples and years; tables and page show the same ones.

In a blinded analysis nothing that counts selected data is shown, whole yields included: together
with the side bands of the pictures they would give what is in the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from higgsflow.model.systematic import NOMINAL
from higgsflow.records.moments import Moments
from higgsflow.report.summary import total_yield
from higgsflow.selection.cutflow import CutFlow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from higgsflow.report.summary import (
        FlowSummary,
        MomentsSummary,
        SampleSummary,
        Summary,
        SystematicSummary,
        VariationSummary,
        Yield,
    )

# of cuts: step, tagger, name, cuts
_Group = tuple[int, str, str, tuple[str, ...]]
# a sample and year, and the effect of each systematic and direction there
_Known = tuple["SampleSummary", "dict[tuple[str, str], SystematicSummary]"]


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


@dataclass(frozen=True)
class SystematicRow:
    """One direction of a systematic over several samples.

    The effect is on the yield of all of them; those it does not apply to stay as they are.
    """

    systematic: str
    direction: str
    kind: str
    n_samples: int
    factor: Moments
    effect: dict[str, float | None]


def is_hidden(summary: Summary, sample: SampleSummary) -> bool:
    """Whether counts of its selected events must not be shown."""
    return summary.blinded is not None and sample.kind == "data"


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
    signal = tuple(s for s in simulated if s.signal)
    found = processes(simulated)
    if 0 < len(signal) < len(simulated):
        found["all signal"] = signal
    if len(found) > 1:
        found["all simulation"] = simulated
    others = {
        "alternative": processes(s for s in samples if s.alternative),
        "data": processes(s for s in samples if s.kind == "data"),
    }
    return found | {f"{k}: {name}": some for k, of in others.items() for name, some in of.items()}


def yield_rows(summary: Summary, year: str | None = None) -> tuple[Row, ...]:
    """Yields of each simulated process, their sums, and of data; of one year or of all."""
    chosen = [s for s in summary.samples if year in (None, s.year)]
    return tuple(_row(name, found, summary) for name, found in groups(chosen).items())


def _row(name: str, samples: Sequence[SampleSummary], summary: Summary) -> Row:
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


def systematic_rows(
    samples: Sequence[SampleSummary], tags: Sequence[str]
) -> tuple[SystematicRow, ...]:
    """Factor and effect of every direction over these simulated samples and years."""
    keys: dict[tuple[str, str, str], int] = {}
    for sample in samples:
        for found in sample.systematics:
            key = (found.systematic, found.direction, found.kind)
            keys[key] = keys.get(key, 0) + 1
    known = effects(samples, tags)
    return tuple(
        SystematicRow(
            *key,
            n_samples,
            factor(samples, f"weight_{key[0]}_{key[1]}") if key[2] == "weight" else Moments(),
            known[key[:2]],
        )
        for key, n_samples in keys.items()
    )


def effects(
    samples: Iterable[SampleSummary], tags: Sequence[str]
) -> dict[tuple[str, str], dict[str, float | None]]:
    """Per systematic and direction the effect on the yield of all these samples, by tag."""
    # looked up, since a hundred systematics would be searched for each of them
    known = [(s, {(one.systematic, one.direction): one for one in s.systematics}) for s in samples]
    names = dict.fromkeys(name for _, systematics in known for name in systematics)
    return {name: {tag: _effect(known, name, tag) for tag in tags} for name in names}


def factor(samples: Sequence[SampleSummary], column: str) -> Moments:
    """The moments of a factor over the selected events of all tags."""
    total = Moments()
    for known in (n for n in map(nominal, samples) if n is not None):
        for columns in known.moments.values():
            if column in columns:
                total = total + as_moments(columns[column])
    return total


def as_moments(found: MomentsSummary) -> Moments:
    """The moments behind their summary, so that they add up."""
    return Moments(
        n=found.n,
        mean=found.mean,
        m2=found.n * (found.std or 0.0) ** 2,
        min=found.min,
        max=found.max,
    )


def _effect(samples: Iterable[_Known], variation: tuple[str, str], tag: str) -> float | None:
    """Relative change of the sum of yields; None where it is zero or one part is not known."""
    total = changed = 0.0
    for sample, systematics in samples:
        known = nominal(sample)
        if known is None or tag not in known.yields:
            continue
        central = known.yields[tag]
        one = systematics.get(variation)
        found = central.value if one is None else _varied(sample, one, tag, central)
        if found is None:
            return None
        total += central.value
        changed += found
    return changed / total - 1 if total else None


def _varied(
    sample: SampleSummary, found: SystematicSummary, tag: str, central: Yield
) -> float | None:
    shifted = sample.variations.get(f"{found.systematic}_{found.direction}")
    if found.kind != "weight" and shifted is not None:
        return shifted.yields[tag].value if tag in shifted.yields else None
    effect = found.effect.get(tag)
    if effect is not None:
        return central.value * (1 + effect)
    return 0.0 if central.n == 0 else None
