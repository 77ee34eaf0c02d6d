"""Growth: what costs grow with, each alone, as points of (n, processor seconds)."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import program
from benchmarks.analysis import YEAR, analysis, write_analysis
from benchmarks.cases import Case
from benchmarks.inputs.copies import copies
from benchmarks.inputs.generate import Input
from benchmarks.ledger_merge import merge_cost
from benchmarks.measured import law

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from benchmarks.cases import Scale

Points = dict[int, float]
EVENTS, VARIATIONS = "events of a job", "variations of a job"
FILES_INDEX, FILES_JOBS = "small files, index", "small files, jobs"
SAMPLES, RECORDS = "samples, whole analysis", "job records, ledgers added"
_SMALL_EVENTS, _SMALL_BRANCHES = 20, 330
_FILES_OF_A_JOB = 500


@dataclasses.dataclass(frozen=True)
class Steps:
    """At which n each cost is measured."""

    events: tuple[int, ...] = (10_000, 20_000, 50_000, 100_000)
    variations: tuple[int, ...] = (0, 10, 40, 100, 200)
    files: tuple[int, ...] = (10, 100, 1000, 10_000)
    samples: tuple[int, ...] = (1, 4, 16)
    records: tuple[int, ...] = (100, 1000, 10_000)


SHORT = Steps((500, 1000), (0, 2), (2, 4), (1, 2), (10, 20))


class Step(NamedTuple):
    """One run, and the curves of which it gives a point each."""

    curves: tuple[str, ...]
    n: int
    measure: Callable[[], tuple[float, ...]]


def steps_of(scale: Scale, steps: Steps) -> list[Step]:
    """All runs, those that take longest at the end."""
    some, most = scale.some, min(steps.events[-1], scale.events)
    return [
        *(Step((EVENTS,), n, partial(_job, scale, some, n)) for n in steps.events),
        *(Step((RECORDS,), n, partial(_records, scale, n)) for n in steps.records),
        *(Step((SAMPLES,), n, partial(_samples, scale, n)) for n in steps.samples),
        *(Step((VARIATIONS,), n, partial(_job, scale, n, most)) for n in steps.variations),
        *(Step((FILES_INDEX, FILES_JOBS), n, partial(_files, scale, n)) for n in steps.files),
    ]


def growth(
    steps: list[Step], known: Mapping[str, Mapping[int, float]]
) -> Iterator[dict[str, Points]]:
    """All curves after each run that is not known yet, with what is known."""
    curves = {name: dict(known.get(name, {})) for step in steps for name in step.curves}
    yield curves
    for step in steps:
        if all(step.n in curves[name] for name in step.curves):
            continue
        for name, cost in zip(step.curves, step.measure(), strict=True):
            curves[name][step.n] = cost
        yield curves


def _job(scale: Scale, variations: int, events: int) -> tuple[float]:
    """A warm job."""
    sized = dataclasses.replace(scale, events=events, basket=min(scale.basket, events))
    return (program.run(Case("signal", "zstd", variations), sized).warm[-1],)


def _small(scale: Scale) -> Path:
    made = Input("signal", "zstd", _SMALL_EVENTS, _SMALL_EVENTS, _SMALL_BRANCHES)
    return made.make(scale.folder / "inputs")[0]


def _files(scale: Scale, n: int) -> tuple[float, float]:
    """Commands that index n files, and run jobs over many files each."""
    store, case = program.fresh_store(scale, "files"), Case("signal", "zstd", 0)
    paths = copies(_small(scale), scale.folder / "copies", n)
    jobs = {"n_events_per_output": _FILES_OF_A_JOB * _SMALL_EVENTS, "n_workers": 2}
    config = program.configure(case, scale, paths, f"files{n}", **jobs)
    index = program.spent(config, scale, store, "IndexSample").cpu
    return index, program.spent(config, scale, store, "ProcessSample").cpu


def _samples(scale: Scale, n: int) -> tuple[float]:
    """RunAnalysis over n samples of a small file each."""
    store = program.fresh_store(scale, "samples")
    paths = copies(_small(scale), scale.folder / "copies", n)
    samples = {f"sample{number}": [path] for number, path in enumerate(paths)}
    config = write_analysis(scale.folder / "analyses" / f"samples{n}.yaml", analysis(samples, 0))
    log = scale.folder / "logs" / f"samples{n}.log"
    return (law("RunAnalysis", "--analysis", config, "--workers", "2", log=log, store=store).cpu,)


def _records(scale: Scale, n: int) -> tuple[float]:
    """Ledgers of n job records, of a real job with some variations."""
    case = Case("signal", "zstd", scale.some)
    folder = scale.folder / "stores" / f"program_{case.name}"
    record = next(folder.rglob(f"chunks/{program.SAMPLE}/{YEAR}/*.json"))
    return (merge_cost(record, n),)
