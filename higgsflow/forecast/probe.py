"""A probe: jobs on some events of a sample, as they will run on all, and what they took."""

from __future__ import annotations

import time
import traceback
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from higgsflow.blocks import together
from higgsflow.digests import products
from higgsflow.errors import UserError
from higgsflow.events.failing import part_of
from higgsflow.job import Job, run_job
from higgsflow.model.noun import Noun
from higgsflow.model.reference import is_installed, look_in
from higgsflow.plan import make_plan
from higgsflow.records.exception_text import message_of

if TYPE_CHECKING:
    from higgsflow.events.chunks import Chunk
    from higgsflow.model.analysis import AnalysisModel

_SHARE = 4  # a quarter of the events, and four times as many blocks
_ROUNDS = 5
_SHORT = 1.0  # seconds; what takes longer is known well enough from one job


class Run(Noun):
    """One job of a probe.

    Attributes:
        cpu, wall: seconds.
        peak_memory_mb: of the process, while the job ran.
        table_bytes: of its output in memory, before it is compressed.
    """

    n_events: int
    n_blocks: int
    cpu: float
    wall: float
    peak_memory_mb: float
    output_bytes: int
    table_bytes: int


class Probe(Noun):
    """The jobs of a probe.

    Attributes:
        start_up: seconds of processor time that the process had used before the first of them.
        first: on a quarter of the events, while what is needed is imported; this is what the first
            job of a process takes, where no other sample was before.
        few, many: on a quarter of the events, and on all in one block; several if they are short.
        cut: on all, in four blocks a file.
    """

    start_up: float
    first: Run
    few: tuple[Run, ...]
    many: tuple[Run, ...]
    cut: Run


def probe(analysis: AnalysisModel, sample: str, year: str, chunk: Chunk) -> Probe:
    """Runs the jobs in this process, which should be one that does nothing else.

    Raises:
        Exception: whatever a job raises, also in code of users.
    """
    look_in(analysis.python_path)
    n = chunk.n_entries
    few = part_of(chunk, 0, max(1, n // _SHARE))
    block = max(1, -(-n // (_SHARE * len(chunk.ranges))))
    start_up = time.process_time()
    with TemporaryDirectory(prefix="higgsflow_probe_") as folder:
        jobs = [_job(analysis, (sample, year), events, Path(folder)) for events in (few, chunk)]
        first = _run(jobs[0], n)
        rounds = [[_run(job, n) for job in jobs]]
        while len(rounds) < _ROUNDS and rounds[0][1].wall < _SHORT:
            rounds.append([_run(job, n) for job in jobs])
        cut = _run(jobs[1], block)
    of_few, of_many = zip(*rounds, strict=True)
    return Probe(start_up=start_up, first=first, few=of_few, many=of_many, cut=cut)


def probe_or_told(analysis: AnalysisModel, sample: str, year: str, chunk: Chunk) -> Probe | str:
    """The same, or what the code of a user has raised, for which another process has no words.

    An exception may be of a class that cannot be made anew there, and an exit would end that one.
    """
    try:
        return probe(analysis, sample, year, chunk)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return told(error)


def told(error: BaseException) -> str:
    """What an error says, and of one that is not ours what it is."""
    if isinstance(error, UserError):
        return str(error)
    return f"{type(error).__name__}: {message_of(error)}{_line_of_user(error)}"


def _line_of_user(error: BaseException) -> str:
    """Where code of a user raised it, or called what did, on a line of its own."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not is_installed(frame.filename)]
    return f"\n  in line {own[-1].lineno} of {own[-1].filename}" if own else ""


def _job(analysis: AnalysisModel, names: tuple[str, str], chunk: Chunk, folder: Path) -> Job:
    plan = make_plan(analysis, analysis.samples.pair(*names))
    return Job(
        analysis=analysis,
        sample=names[0],
        year=names[1],
        chunk=chunk,
        wanted=products(plan),
        folder=folder,
    )


def blocks_of(chunk: Chunk, n_block: int) -> int:
    """How many blocks a chunk is processed in; small files are together in one."""
    groups = together(chunk.ranges, n_block)
    return sum(max(1, -(-sum(p.n_entries for p in group) // n_block)) for group in groups)


def _run(job: Job, n_block: int) -> Run:
    manager = job.analysis.jobs_manager.model_copy(update={"n_events_per_block": n_block})
    analysis = job.analysis.model_copy(update={"jobs_manager": manager})
    with suppress(OSError):
        # from now on the peak is that of this job
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    record = run_job(job.model_copy(update={"analysis": analysis}))
    path = job.folder / record.output.name
    table = pq.read_table(path, use_threads=False, pre_buffer=False)
    path.unlink()
    return Run(
        n_events=job.chunk.n_entries,
        n_blocks=blocks_of(job.chunk, n_block),
        cpu=record.effort.cpu,
        wall=record.effort.wall,
        peak_memory_mb=record.effort.peak_memory_mb,
        output_bytes=record.output.size,
        table_bytes=table.nbytes,
    )
