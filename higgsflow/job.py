"""One job: reads a chunk, runs every variation on it, writes events and then the record.

This is the function that workers receive, with frozen objects only.
"""

from __future__ import annotations

import functools
import os
import platform
import socket
import time
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import higgsflow
from higgsflow.blocks import Asked, blocks
from higgsflow.code import check_late_imports
from higgsflow.compiled.choice import way
from higgsflow.digests import job_digest
from higgsflow.events.chunks import Chunk
from higgsflow.events.golden import load_golden
from higgsflow.exact_sums import terms_of
from higgsflow.given_files import check_unchanged
from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.noun import Noun
from higgsflow.model.reference import resolve
from higgsflow.model.systematic import NOMINAL
from higgsflow.output.atomic import checksum, publish, temporary_beside, write_text, writing
from higgsflow.output.chunk_file import ChunkWriter
from higgsflow.plan import make_plan
from higgsflow.profiling import peak_memory_mb, recording, span
from higgsflow.records.job_record import Effort, JobRecord, Output, Product, RangeSums
from higgsflow.records.names import Names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.block import BlockResult
    from higgsflow.blocks import Seen
    from higgsflow.events.chunks import Range
    from higgsflow.events.golden import Golden
    from higgsflow.events.lumisections import Lumisections
    from higgsflow.plan import Plan
    from higgsflow.profiling import Recorder
    from higgsflow.records.ledger import Ledger
    from higgsflow.sums import RangeSum


# of the last job of this process
_plans: dict[tuple[Any, ...], tuple[Any, Plan]] = {}


class Job(Noun):
    """What one execution of a chunk is given.

    Attributes:
        wanted: the variations to make, with their digests.
        names: what things are called now, for the record.
        folder: where events and record go, absolute.
        profile: whether the record says where time and memory went.
        known_files: folder that keeps where columns are in files, if there is one.
    """

    analysis: AnalysisModel
    sample: str
    year: str
    chunk: Chunk
    wanted: dict[str, Product]
    names: Names = Names()
    folder: Path
    attempt: int = 1
    profile: bool = False
    known_files: Path | None = None

    @functools.cached_property
    def digest(self) -> str:
        """Names the outputs; a copy for another attempt, which wants the same, has it too."""
        return job_digest(self.chunk.id, self.wanted)

    @property
    def variations(self) -> tuple[str, ...]:
        """The variations to make, nominal first, which has all columns that others have."""
        return tuple(sorted(self.wanted, key=lambda variation: variation != NOMINAL))

    @functools.cached_property
    def stem(self) -> str:
        """The name of the outputs without their ending."""
        return f"{self.chunk.id}.{self.digest}"


def run_job(job: Job) -> JobRecord:
    """Processes the chunk; on return its events and its record are in the folder.

    Raises:
        InputFileError: when the input cannot be read.
    """
    with recording(job.profile) as recorder:
        return _run(job, recorder)


def _run(job: Job, recorder: Recorder | None) -> JobRecord:
    clock = _Clock()
    check_unchanged()
    with span("plan"):
        plan = _plan_of(job)
        golden = _golden_of(plan)
    stem, books = job.stem, _Books()
    path = job.folder / f"{stem}.parquet"
    with temporary_beside(path) as temporary:
        writer = ChunkWriter(temporary, plan.weight_columns)
        asked = Asked(job.chunk, job.variations, job.attempt - 1, job.known_files)
        for result, seen in blocks(asked, plan, golden, books.by_uproot):
            with span("count"):
                books.add(result, seen)
            with span("write"), writing(path):
                writer.add(result.tables)
        clock.lap("process")
        check_late_imports()
        check_unchanged()
        with span("write"), writing(path):
            rows = writer.close()
            # a record never stands beside events that it does not describe
            path.with_suffix(".json").unlink(missing_ok=True)
            publish(temporary, path)
    output = Output(name=path.name, size=path.stat().st_size, checksum=checksum(path), rows=rows)
    clock.lap("write")
    record = JobRecord(
        chunk_id=job.chunk.id, digest=job.digest, attempt=job.attempt, products=job.wanted,
        names=job.names,
        ranges=books.range_sums(), factor_sums=books.factors, ledgers=books.ledgers,
        by_uproot=books.by_uproot, output=output, effort=clock.effort(recorder),
        versions=_versions(),
    )  # fmt: skip
    write_text(job.folder / f"{stem}.json", record.model_dump_json())
    return record


def _plan_of(job: Job) -> Plan:
    """A process that does many jobs does those of one sample: what they do is found out once."""
    specs = (spec for step in job.analysis.tag_sequence.tag_list for spec in step)
    # in a notebook something else may have the name by now; they are kept, and with them their ids
    taggers = tuple(resolve(spec.tagger) for spec in specs)
    # as it is written, since to == true is 1, and 0.0 is -0.0
    key = repr(job.analysis.model_dump()), job.sample, job.year, *map(id, taggers)
    if key not in _plans:
        _plans.clear()
        plan = make_plan(job.analysis, job.analysis.samples.pair(job.sample, job.year))
        _plans[key] = taggers, plan
    return _plans[key][1]


def _golden_of(plan: Plan) -> Golden | None:
    era = plan.pair.era
    if not plan.context.is_data or not era.apply_golden_json:
        return None
    return load_golden(Path(str(era.golden_json)))


class _Books:
    """Sums and ledgers of the blocks of a job, added in their order."""

    def __init__(self) -> None:
        self.by_uproot: dict[str, str] = {}
        self.factors: dict[str, float] = {}
        self.ledgers: dict[str, Ledger] = {}
        self._sums: dict[Range, list[RangeSum]] = {}
        self._lumisections: dict[Range, Lumisections | None] = {}

    def add(self, result: BlockResult, seen: Sequence[Seen]) -> None:
        """Adds one block, with its ranges and the lumisections of their events where they count."""
        if result.sums.ranges:
            for (part, found), sums in zip(seen, result.sums.ranges, strict=True):
                self._sums.setdefault(part, []).append(sums)
                before = self._lumisections.setdefault(part, found)
                self._lumisections[part] = (
                    None if before is None or found is None else before | found
                )
        for name, value in result.sums.factors.items():
            self.factors[name] = self.factors.get(name, 0.0) + value
        for variation, ledger in result.ledgers.items():
            known = self.ledgers.get(variation)
            self.ledgers[variation] = ledger if known is None else known + ledger

    def range_sums(self) -> tuple[RangeSums, ...]:
        """Sums of each range."""
        both = zip(self._sums.items(), self._lumisections.values(), strict=True)
        return tuple(_of_range(part, sums, found) for (part, sums), found in both)


def _of_range(
    part: Range, sums: Sequence[RangeSum], lumisections: Lumisections | None
) -> RangeSums:
    """The sums of a range from those of its blocks."""
    sum_g, *rest = terms_of(chain.from_iterable(s.sum_g for s in sums))
    return RangeSums(
        **part.model_dump(),
        n_certified=sum(s.n_certified for s in sums),
        sum_g=sum_g,
        sum_g_rest=tuple(rest),
        sum_g2=sum(s.sum_g2 for s in sums),
        sum_abs_g=sum(s.sum_abs_g for s in sums),
        lumisections=None if lumisections is None else lumisections.ranges,
    )


class _Clock:
    """Time and memory of a job, by stage."""

    def __init__(self) -> None:
        self._started, self._wall, self._cpu = time.time(), time.monotonic(), time.process_time()
        self._last = self._wall
        self._stages: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Ends a stage."""
        now = time.monotonic()
        self._stages[stage] = now - self._last
        self._last = now

    def effort(self, recorder: Recorder | None) -> Effort:
        """What was spent until now."""
        return Effort(
            started=self._started,
            wall=time.monotonic() - self._wall,
            cpu=time.process_time() - self._cpu,
            peak_memory_mb=peak_memory_mb(),
            host=socket.gethostname(),
            pid=os.getpid(),
            stages=self._stages,
            profile=None if recorder is None else recorder.profile(),
        )


def _versions() -> dict[str, str]:
    return {
        "higgsflow": higgsflow.__version__,
        "python": platform.python_version(),
        "kernels": way(),
    }
