"""The program itself, through `law run`, measured by its own job records."""

from __future__ import annotations

import json
import shutil
import sys
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.analysis import YEAR, analysis, write_analysis
from benchmarks.measured import Spent, law
from benchmarks.measured import run as run_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.cases import Case, Scale

SAMPLE = "measured"
_JOBS_OF_A_FILE, _FILES_OF_WORKERS = 5, 4
_OF_SAMPLE = ("--sample", SAMPLE, "--year", YEAR)


class Ran(NamedTuple):
    """What one run of the program took.

    Attributes:
        config, files: what ran, on what.
        warm: processor seconds of each job that was not the first of its worker.
        peak_mb: of the largest job.
        chunks: the outputs of the jobs, in the order of the files.
    """

    config: Path
    files: list[Path]
    warm: list[float]
    peak_mb: float
    chunks: list[Path]


class Profiled(NamedTuple):
    """What the records of a run with `--profile` say, of jobs that were not the first.

    Attributes:
        stages: processor seconds of the last job, by stage.
        opening: processor seconds to open a file and know its columns, per file.
        share: of the bytes of the needed columns that these jobs asked for.
    """

    stages: dict[str, float]
    opening: list[float]
    share: float


class Cold(NamedTuple):
    """Processor seconds of a job as a node runs it, and of a command that does one, whole both."""

    whole: float
    command: float


def run(case: Case, scale: Scale) -> Ran:
    """All files in one worker, one file a job; where their baskets are is known."""
    files = scale.files(case)
    config = configure(case, scale, files)
    store = known_store(case, scale, config)
    spent(config, scale, store, "ProcessSample")
    records = job_records(store)
    return Ran(
        config=config,
        files=files,
        warm=[record["effort"]["cpu"] for record in records[1:]],
        peak_mb=max(record["effort"]["peak_memory_mb"] for record in records),
        chunks=[next(store.rglob(record["output"]["name"])) for record in records],
    )


def profiled(case: Case, scale: Scale) -> Profiled:
    """The same once more with a profile, which takes time itself."""
    config = configure(case, scale, scale.files(case))
    store = known_store(case, scale, config)
    spent(config, scale, store, "ProcessSample", "--profile")
    later = job_records(store)[1:]
    profiles = [record["effort"]["profile"] for record in later]
    return Profiled(
        stages={name: cost["cpu"] for name, cost in profiles[-1]["stages"].items()},
        opening=[profile["stages"]["open"]["cpu"] for profile in profiles],
        share=sum(p["bytes_read"] for p in profiles) / sum(p["bytes_needed"] for p in profiles),
    )


def cold_job(case: Case, scale: Scale) -> Cold:
    """A job without anything that an earlier one left, but for the index of its file.

    Files are indexed already where batch systems run jobs.

    Raises:
        SystemExit: where the node left no record.
    """
    config = configure(case, scale, scale.files(case))
    store = known_store(case, scale, config)
    spent(config, scale, store, "IndexSample")
    log = scale.folder / "logs" / f"{config.stem}_batch.log"
    writer = [sys.executable, "-m", "benchmarks.batch_job", config, SAMPLE, YEAR]
    words = run_process(writer, log, store).output.splitlines()[-3:]
    whole = run_process(["bash", *words], log, store).cpu
    if len(job_records(store)) != 1:
        raise SystemExit(f"no record of the job in {store}")
    shutil.rmtree(store / config.stem / "v1" / "chunks")
    return Cold(whole, spent(config, scale, store, "ProcessSample", "--branch", "0").cpu)


def configure(case: Case, scale: Scale, files: list[Path], suffix: str = "", **jobs: Any) -> Path:
    """Writes the analysis: one worker, one file a job, unless it is said otherwise."""
    jobs = {"n_workers": 1, "n_events_per_output": scale.events, **jobs}
    content = analysis({SAMPLE: files}, case.variations, case.sequence, **jobs)
    return write_analysis(scale.folder / "analyses" / f"{case.name}{suffix}.yaml", content)


def spent(config: Path, scale: Scale, store: Path, stage: str, *options: str) -> Spent:
    """Runs a stage of the sample."""
    log = scale.folder / "logs" / f"{config.stem}_{stage}.log"
    return law(stage, "--analysis", config, *_OF_SAMPLE, *options, log=log, store=store)


def known_store(case: Case, scale: Scale, config: Path) -> Path:
    """A store without outputs, which knows where the baskets of the files are."""
    store = scale.folder / "stores" / f"program_{case.name}"
    if len(list(store.rglob("file_index/places/**/*.json"))) < len(scale.files(case)):
        store.mkdir(parents=True, exist_ok=True)
        spent(config, scale, store, "ProcessSample")
    for outputs in store.glob("*/v1"):
        shutil.rmtree(outputs)
    return store


def fresh_store(scale: Scale, name: str) -> Path:
    """An empty store of this name."""
    store = scale.folder / "stores" / name
    shutil.rmtree(store, ignore_errors=True)
    store.mkdir(parents=True)
    return store


def job_records(store: Path) -> list[dict[str, Any]]:
    """The job records, in the order in which the jobs began."""
    paths = store.rglob("chunks/**/*.json")
    records = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return sorted(records, key=lambda record: record["effort"]["started"])


def peak_of_all_files(case: Case, scale: Scale) -> float:
    """Peak of the memory [MB] of one job that reads all files: it must not grow with the input."""
    store = fresh_store(scale, f"all_{case.name}")
    files = scale.files(case)
    jobs = {"n_events_per_output": scale.events * len(files)}
    spent(configure(case, scale, files, "all", **jobs), scale, store, "ProcessSample")
    (record,) = job_records(store)
    return float(record["effort"]["peak_memory_mb"])


def two_workers(case: Case, scale: Scale) -> Iterator[tuple[str, float]]:
    """Wall seconds of the same jobs in one worker and in two, in the middle of several times each.

    One time is seconds, or less: whatever else the machine does shows in it.
    """
    walls: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(scale.turns):
        for n_workers, found in walls.items():
            found.append(_wall_of_jobs(case, scale, n_workers))
    yield from ((f"workers_{n}.wall", median(found)) for n, found in walls.items())


def _wall_of_jobs(case: Case, scale: Scale, n_workers: int) -> float:
    """From the first start to the last end."""
    store = fresh_store(scale, f"workers_{n_workers}")
    jobs = {"n_workers": n_workers, "n_events_per_output": scale.events // _JOBS_OF_A_FILE}
    files = scale.files(case)[:_FILES_OF_WORKERS]
    config = configure(case, scale, files, f"w{n_workers}", **jobs)
    spent(config, scale, store, "ProcessSample")
    efforts = [record["effort"] for record in job_records(store)]
    end = max(effort["started"] + effort["wall"] for effort in efforts)
    return float(end - efforts[0]["started"])
