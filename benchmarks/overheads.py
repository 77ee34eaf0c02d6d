"""What the program costs beside its jobs: commands that do nothing, and jobs without work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import program
from benchmarks.inputs.generate import Input
from benchmarks.measured import law

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.cases import Case, Scale

_EVENTS_OF_A_JOB, _BRANCHES = 50, 400


def measure(scale: Scale) -> Iterator[tuple[str, float]]:
    """Processor seconds of `--help`, of a run with nothing to do, and per job beside the job."""
    log = scale.folder / "logs" / "help.log"
    yield "program.help", law("RunAnalysis", "--help", log=log, store=scale.folder).cpu
    yield "program.nothing_to_do", nothing_to_do(scale)
    yield "program.job_overhead", job_overhead(scale.signal_none, scale)


def nothing_to_do(scale: Scale) -> float:
    """The second RunAnalysis of the demo."""
    store = program.fresh_store(scale, "demo")
    for number in ("first", "second"):
        log = scale.folder / "logs" / f"demo_{number}.log"
        done = law("RunAnalysis", "--workers", "2", log=log, store=store)
    return done.cpu


def job_overhead(case: Case, scale: Scale) -> float:
    """Per job: all that a command takes and its jobs do not, against one with fewer jobs."""
    few, many = (_beside_jobs(case, scale, n) for n in (1, scale.small_chunks))
    return (many - few) / (scale.small_chunks - 1)


def _beside_jobs(case: Case, scale: Scale, n_jobs: int) -> float:
    store = program.fresh_store(scale, f"overhead_{n_jobs}")
    made = Input(case.kind, case.codec, n_jobs * _EVENTS_OF_A_JOB, _EVENTS_OF_A_JOB, _BRANCHES)
    jobs = {"n_events_per_output": _EVENTS_OF_A_JOB}
    files = made.make(scale.folder / "inputs")
    config = program.configure(case, scale, files, f"overhead{n_jobs}", **jobs)
    program.spent(config, scale, store, "IndexSample")
    whole = program.spent(config, scale, store, "ProcessSample").cpu
    return whole - sum(record["effort"]["cpu"] for record in program.job_records(store))
