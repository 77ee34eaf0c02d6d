"""scale1fb: from the weights that were really processed.

scale1fb [fb] = xs [pb] * bf * filter_efficiency * k_factor * 1000 / D, with D the sum over files:
whole and partial ones count S_read of the ranges processed, a skim counts genEventSumw once when
all its ranges were processed, else nothing.
"""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from higgsflow.errors import NormalizationError
from higgsflow.exact_sums import terms_of
from higgsflow.model.noun import Noun
from higgsflow.model.preserved import ALL
from higgsflow.model.sample import DataSample, SampleYear, SimulatedSample, for_year
from higgsflow.model.systematic import NOMINAL
from higgsflow.preserved import ratios as preserved_ratios

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from higgsflow.events.index import FileIndex, SampleIndex
    from higgsflow.model.systematic import Systematics, WeightSystematic
    from higgsflow.preserved import Ratios
    from higgsflow.records.job_record import RangeSums
    from higgsflow.records.sample_jobs import SampleJobs
    from higgsflow.selection.cutflow import Counter

_TOLERANCE = 1e-4
_SKIM = "where that selection looks at nothing of the weight, say `preserve: {in_skims: true}`"
_SKIM_OF_VECTOR = "say where its `nominal` weight is, or `normalisation: full` for this sample"
Mode = Literal["data", "whole", "skim", "partial", "mixed", "manual"]


class Denominator(Noun):
    """D and what it was made from.

    Attributes:
        value: the sum of weights.
        mode: kind of the files, for reports.
        holds_selection: whether a skim counts, so that sums over the events read are not those
            over all that D counts.
        left_out: uuids of skims of which ranges are missing; none of their events count.
        sum_read: sum of generator weights of all events read.
        sum_runs: genEventSumw of the files that count in D, None where a file has no Runs tree.
        lhe_scale, lhe_pdf: sums of theory weights over the sum of weights of the same files.
    """

    value: float
    mode: Mode
    holds_selection: bool = True
    left_out: tuple[str, ...]
    sum_read: float
    sum_runs: float | None
    lhe_scale: tuple[float, ...] = ()
    lhe_pdf: tuple[float, ...] = ()


class Normalization(Noun):
    """scale1fb of one sample and year.

    Attributes:
        inputs, made_from: digest of what this was made from, and that in words.
        scale1fb: in fb; None for data.
        complete: whether every entry was processed.
        fraction: of entries that were, and count.
        chunks: ids of the chunks whose events count.
        sources: per variation a digest of the jobs that made its events in these chunks.
        weight_ratios: of weights that preserve sums, per variation, weight, direction and bin what
            the factor is multiplied with at the merge.
    """

    inputs: str
    made_from: dict[str, Any] = {}
    sample: str
    year: str
    denominator: Denominator | None
    scale1fb: float | None
    luminosity: float
    complete: bool
    fraction: float
    chunks: tuple[str, ...]
    sources: dict[str, str] = {}
    weight_ratios: dict[str, dict[str, dict[str, tuple[float, ...]]]] = {}

    @property
    def scale(self) -> float:
        """What weights of jobs are multiplied with, so that they add to a yield; 1 for data."""
        return 1.0 if self.scale1fb is None else self.scale1fb * self.luminosity


def normalize(
    pair: SampleYear,
    index: SampleIndex,
    jobs: SampleJobs,
    systematics: Systematics | None = None,
) -> Normalization:
    """The normalisation of one sample and year from what its jobs processed.

    Raises:
        NormalizationError: where no scale1fb exists, or sums contradict each other.
    """
    found = None if pair.is_data else denominator(index, jobs.ranges)
    complete = jobs.completeness.state == "complete"
    return Normalization(
        inputs="",
        sample=pair.sample.name,
        year=pair.year,
        denominator=found,
        scale1fb=None if found is None else scale1fb(pair, found, complete),
        luminosity=pair.era.luminosity,
        complete=complete,
        fraction=jobs.completeness.fraction,
        chunks=jobs.counted,
        weight_ratios={
            variation: _ratios(systematics, found, ledger.kept, variation)
            for variation, ledger in jobs.ledgers.items()
            if systematics is not None and found is not None
        },
    )


def _ratios(
    systematics: Systematics, found: Denominator, kept: Mapping[str, Counter], variation: str
) -> dict[str, Ratios]:
    """Of every weight that preserves sums and is in the events of the variation."""
    return {
        weight.name: _weight_ratios(weight, found, kept, variation)
        for weight in systematics.weights.values()
        if weight.preserved is not None and (variation == NOMINAL or weight.modify_central_weight)
    }


def _weight_ratios(
    weight: WeightSystematic, found: Denominator, kept: Mapping[str, Counter], variation: str
) -> Ratios:
    """From the sums of all generated events where the Runs trees have them, else of those read."""
    of_runs = ratios_of_runs(weight, found.lhe_scale, found.lhe_pdf)
    if of_runs is not None:
        return of_runs
    if found.holds_selection:
        refuse_selection(weight, f"mode {found.mode}")
    return preserved_ratios(weight, kept, variation)


def ratios_of_runs(
    weight: WeightSystematic, lhe_scale: Sequence[float], lhe_pdf: Sequence[float]
) -> Ratios | None:
    """Of a vector that keeps the rate, from sums of the Runs trees; None where these do not tell.

    Only ratios to the sum of the nominal weight are known: some files have all of them times 43.
    """
    vector = weight.vector
    if vector is None or vector.nominal is None or vector.preserved != ALL:
        return None
    known = {"LHEScaleWeight": lhe_scale, "LHEPdfWeight": lhe_pdf}.get(vector.branch, ())
    needed = (vector.nominal, *vector.positions.values())
    if len(known) != vector.length or not all(known[i] for i in needed):
        return None
    return {d: (known[vector.nominal] / known[i],) for d, i in vector.positions.items()}


def refuse_selection(weight: WeightSystematic, where: str) -> None:
    """Of a weight that needs sums over its events before any cut, where the files hold a skim.

    Raises:
        NormalizationError: unless the weight says that the selection does no harm.
    """
    if not weight.kept_in_skims:
        raise NormalizationError(
            f"'{weight.name}' keeps sums before any cut, but the files hold a selection",
            where,
            _SKIM_OF_VECTOR if weight.vector is not None else _SKIM,
        )


def denominator(index: SampleIndex, ranges: Sequence[RangeSums]) -> Denominator:
    """D of a simulated sample and year.

    Raises:
        NormalizationError: when a fully processed whole file contradicts its Runs tree, or entries
            were processed twice.
    """
    by_file = _by_file(index, ranges)
    # all that adds up to D, which rounds once: the same for any order of files and cut of jobs
    terms: list[float] = []
    left_out, counted = [], []
    for file in index.files:
        parts = by_file.get(file.uuid, [])
        whole = bool(parts) and sum(p.stop - p.start for p in parts) == file.n_entries
        if file.kind != "skim":
            terms += _terms_of_g(parts)
            _check_against_runs(file, parts, whole)
        elif whole and file.runs is not None:
            terms.append(file.runs.sumw)
        elif not whole:
            left_out.append(file.uuid)
            continue
        if parts:
            counted.append(file)
    sums = [file.runs.sumw if file.runs is not None else None for file in counted]
    return Denominator(
        value=terms_of(terms)[0],
        mode=_mode(index),
        holds_selection=any(file.kind == "skim" for file in counted),
        left_out=tuple(left_out),
        sum_read=terms_of(_terms_of_g(ranges))[0],
        sum_runs=None if None in sums else math.fsum(s for s in sums if s is not None),
        lhe_scale=_mean_vector(counted, "lhe_scale_sumw"),
        lhe_pdf=_mean_vector(counted, "lhe_pdf_sumw"),
    )


def _terms_of_g(ranges: Iterable[RangeSums]) -> Iterator[float]:
    return chain.from_iterable(part.terms_of_g for part in ranges)


def _mode(index: SampleIndex) -> Mode:
    kinds: set[Mode] = {file.kind for file in index.files}
    return kinds.pop() if len(kinds) == 1 else "mixed"


def _by_file(index: SampleIndex, ranges: Sequence[RangeSums]) -> dict[str, list[RangeSums]]:
    """The ranges of each file, in order; they are disjoint and of files of the index."""
    known = {file.uuid: file for file in index.files}
    by_file: dict[str, list[RangeSums]] = {}
    for part in sorted(ranges, key=lambda part: (part.uuid, part.start, part.stop)):
        before = by_file.setdefault(part.uuid, [])
        if part.uuid not in known or part.stop > known[part.uuid].n_entries:
            raise NormalizationError(f"{part.url} was processed, but is not in the index like that")
        if before and part.start < before[-1].stop:
            raise NormalizationError(
                f"entries of {part.url} were processed twice",
                f"{before[-1].start} to {before[-1].stop} and {part.start} to {part.stop}",
            )
        before.append(part)
    return by_file


def _check_against_runs(file: FileIndex, parts: Sequence[RangeSums], whole: bool) -> None:
    """Every event of a whole file was read: then both sums must agree."""
    if file.kind != "whole" or file.runs is None or not whole:
        return
    read = math.fsum(part.sum_g for part in parts)
    tolerance = _TOLERANCE * math.fsum(part.sum_abs_g for part in parts)
    if not abs(read - file.runs.sumw) <= tolerance:
        raise NormalizationError(
            f"sum of weights of {file.url}",
            f"{read:.8g} over its events, {file.runs.sumw:.8g} in its Runs tree",
            "is the file complete, or a skim with as many events as generated?",
        )


def _mean_vector(files: Sequence[FileIndex], name: str) -> tuple[float, ...]:
    """R_i = sum_f S_f R_fi / sum_f S_f over the files that have the vector."""
    having = [f.runs for f in files if f.runs is not None and getattr(f.runs, name)]
    total = math.fsum(runs.sumw for runs in having)
    lengths = {len(getattr(runs, name)) for runs in having}
    if len(lengths) != 1 or total == 0:
        return ()
    return tuple(
        math.fsum(getattr(runs, name)[i] for runs in having) / total for i in range(lengths.pop())
    )


def scale1fb(pair: SampleYear, found: Denominator, complete: bool) -> float:
    """scale1fb [fb] of a simulated sample and year.

    Raises:
        NormalizationError: where D is zero, not finite, or negative without a declaration.
    """
    sample = pair.sample
    if isinstance(sample, DataSample):
        raise NormalizationError(f"{pair.name} are data: they have no scale1fb")
    if sample.scale1fb is not None:
        return _manual(pair, sample, complete)
    value = found.value
    if not math.isfinite(value) or value == 0:
        raise NormalizationError(f"sum of weights of {pair.name} is {value}", "no scale1fb exists")
    xs = for_year(sample.xs, pair.year, f"xs of '{sample.name}'")
    if (value < 0 or xs < 0) and not sample.negative_denominator:
        raise NormalizationError(
            f"{pair.name} has sum of weights {value:.6g} and cross section {xs:g}",
            "",
            "declare `negative_denominator: true` if it is an interference",
        )
    factors = (sample.bf, sample.filter_efficiency, sample.k_factor)
    named = zip(("bf", "filter_efficiency", "k_factor"), factors, strict=True)
    return xs * math.prod(for_year(v, pair.year, what) for what, v in named) * 1000 / value


def _manual(pair: SampleYear, sample: SimulatedSample, complete: bool) -> float:
    if not complete:
        raise NormalizationError(
            f"{pair.name} has a scale1fb given by hand", "that needs every entry processed"
        )
    assert sample.scale1fb is not None
    return for_year(sample.scale1fb, pair.year, f"scale1fb of '{sample.name}'")
